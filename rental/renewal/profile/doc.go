// Package profile is what is known of those who rent a dwelling: facts from five sources, each with its source, its time and the
// basis on which it may be kept, and tags that follow from them, each with its proof and its end.
//
// A source is a Connector: a documented file format that becomes facts. Five are built in (Connectors). What a tenant has not
// agreed to is refused at the door; a source that is switched off has no facts, and a Profile says which signals it lacks instead
// of filling them in. Read fact.go, connector.go, tag.go.
package profile
