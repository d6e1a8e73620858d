package policy

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/internal/auth"
)

// FieldError says that a request sets a field that its sender may not set.
type FieldError struct {
	Field string // path, as JSON spells it
	// Role says that the roles of the sender may not; otherwise only the service does.
	Role bool
}

// Error implements error.
func (e *FieldError) Error() string { return e.Field + ": " + e.Want() }

// Want says what is wanted of the field.
func (e *FieldError) Want() string {
	if e.Role {
		return "left out: the roles of the credential may not set it"
	}
	return "left out: only the service writes it"
}

// Writable returns a FieldError when a request sets, or names in its update mask, a field that its sender may not set.
func (f *Fields) Writable(m proto.Message, roles []auth.Role) error {
	p := f.planOf(m.ProtoReflect().Descriptor(), setOf(roles), true)
	if p == nil {
		return nil
	}
	if err := p.written(m.ProtoReflect(), ""); err != nil {
		return err
	}
	return p.masked(m.ProtoReflect())
}

func (p *plan) written(m protoreflect.Message, at string) error {
	for i := range p.steps {
		s := &p.steps[i]
		if !m.Has(s.fd) {
			continue
		}
		here := at + s.fd.JSONName()
		if s.do != descend {
			return &FieldError{Field: here, Role: s.do == forbid}
		}
		var err error
		n := 0
		into(m, s.fd, func(inner protoreflect.Message) {
			below := here
			if s.fd.IsList() {
				below = fmt.Sprintf("%s[%d]", here, n)
			}
			n++
			if err == nil {
				err = s.next.written(inner, below+".")
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// masked judges the paths of an update mask: they would clear what they name.
func (p *plan) masked(m protoreflect.Message) error {
	mask := m.Descriptor().Fields().ByName("update_mask")
	if mask == nil || mask.Message() == nil || mask.Message().FullName() != "google.protobuf.FieldMask" || !m.Has(mask) {
		return nil
	}
	paths := m.Get(mask).Message()
	list := paths.Get(paths.Descriptor().Fields().ByName("paths")).List()
	for i := range p.steps {
		s := &p.steps[i]
		if s.next == nil || s.fd.IsList() || s.fd.IsMap() {
			continue
		}
		for j := range list.Len() {
			if err := s.next.named(list.Get(j).String()); err != nil {
				return err
			}
		}
	}
	return nil
}

// named judges one path against the fields of a resource. "*" names all that callers write.
func (p *plan) named(path string) error {
	name, _, _ := strings.Cut(path, ".")
	for i := range p.steps {
		s := &p.steps[i]
		exact := name == string(s.fd.Name()) || name == s.fd.JSONName()
		switch {
		case s.do == descend:
		case exact, path == "*" && s.do == forbid:
			return &FieldError{Field: "updateMask." + s.fd.JSONName(), Role: s.do == forbid}
		}
	}
	return nil
}
