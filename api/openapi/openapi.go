// Package openapi holds the OpenAPI document of the service, which
// scripts/generate makes from the protos.
package openapi

import _ "embed"

// document is what GET /openapi.json answers with.
//
//go:embed fettle.openapi.json
var document []byte

// JSON returns a copy of the document: OpenAPI 3.1 as JSON in UTF-8.
func JSON() []byte { return append([]byte(nil), document...) }
