package gateway

import (
	"net/url"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func protoName(s string) protoreflect.Name { return protoreflect.Name(s) }

// textOf is a field of text of a message, "" when there is none.
func textOf(m proto.Message, name string) string {
	fd := m.ProtoReflect().Descriptor().Fields().ByName(protoName(name))
	if fd == nil || fd.Kind() != protoreflect.StringKind || fd.IsList() {
		return ""
	}
	return m.ProtoReflect().Get(fd).String()
}

// nextPage is the path of the page that follows.
func nextPage(c *restCall, token string) string {
	q, err := url.ParseQuery(c.query)
	if err != nil {
		q = url.Values{}
	}
	q.Del("page_token")
	q.Set("pageToken", token)
	return (&url.URL{Path: c.path, RawQuery: q.Encode()}).String()
}
