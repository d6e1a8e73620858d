package policy

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// about reads what a method is about from its path: "/v1/KIND/{FIELD}..." or "/v1/KIND:verb".
func (p *Policy) about() error {
	parts := strings.Split(strings.TrimPrefix(p.Path, "/v1/"), "/")
	p.Kind, _, _ = strings.Cut(parts[0], ":")
	if len(parts) == 1 {
		return nil
	}
	field, isField := strings.CutPrefix(parts[1], "{")
	if !isField {
		return nil
	}
	field, _, _ = strings.Cut(field, "}")
	var err error
	p.object, err = pathOf(p.Request, field)
	return err
}

// Object is the id of what a request is about, "" when its path names none.
func (p *Policy) Object(m protoreflect.Message) string {
	if len(p.object) == 0 {
		return ""
	}
	last := len(p.object) - 1
	for _, fd := range p.object[:last] {
		m = m.Get(fd).Message()
	}
	return m.Get(p.object[last]).String()
}
