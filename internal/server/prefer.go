package server

import (
	"strings"

	"google.golang.org/protobuf/proto"
)

// message is any message of the API.
type message = proto.Message

// matches reports whether a header If-None-Match names an etag: a list, weak or strong, or *.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || strings.Trim(strings.TrimPrefix(part, "W/"), `"`) == etag {
			return true
		}
	}
	return false
}
