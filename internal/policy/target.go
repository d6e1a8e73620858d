package policy

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
)

// Target is a field of a request that names a resource.
type Target struct {
	Field    string // as the policy spells it: "positions.technician_id"
	Resource policyv1.Resource
	Rule     policyv1.Target_Rule

	path []protoreflect.FieldDescriptor
}

// scope reads which roles reach only what is theirs, and how the request names it.
func (p *Policy) scope(in *policyv1.MethodPolicy) error {
	for _, r := range in.GetOwn() {
		role := auth.Role(r.String())
		if !p.roles[role] {
			return fmt.Errorf("own names %s, which may not call it", role)
		}
		p.own[role] = true
	}
	for _, t := range in.GetTargets() {
		path, err := pathOf(p.Request, t.GetField())
		if err != nil {
			return err
		}
		p.Targets = append(p.Targets, Target{Field: t.GetField(), Resource: t.GetResource(), Rule: t.GetRule(), path: path})
	}
	if len(p.own) > 0 && len(p.Targets) == 0 && !p.Streaming {
		return errors.New("own needs targets: the fields that name what has to be theirs")
	}
	return nil
}

// pathOf finds a field of text by its path.
func pathOf(m protoreflect.MessageDescriptor, field string) ([]protoreflect.FieldDescriptor, error) {
	var path []protoreflect.FieldDescriptor
	for name := range strings.SplitSeq(field, ".") {
		if m == nil {
			return nil, fmt.Errorf("target %s: %s is not in a message", field, name)
		}
		fd := m.Fields().ByName(protoreflect.Name(name))
		if fd == nil || fd.IsMap() {
			return nil, fmt.Errorf("target %s: message %s has no field %s", field, m.FullName(), name)
		}
		path, m = append(path, fd), fd.Message()
	}
	if path[len(path)-1].Kind() != protoreflect.StringKind {
		return nil, fmt.Errorf("target %s: want a field of text", field)
	}
	return path, nil
}

// Each hands every id that a request names to f and writes back what f returns in its place. It ends at the first error.
func (t *Target) Each(m protoreflect.Message, f func(id string) (string, error)) error {
	return eachAt(m, t.path, f)
}

func eachAt(m protoreflect.Message, path []protoreflect.FieldDescriptor, f func(string) (string, error)) error {
	fd := path[0]
	if len(path) == 1 {
		return eachID(m, fd, f)
	}
	if !fd.IsList() {
		if !m.Has(fd) {
			return nil
		}
		return eachAt(m.Mutable(fd).Message(), path[1:], f)
	}
	list := m.Get(fd).List()
	for i := range list.Len() {
		if err := eachAt(list.Get(i).Message(), path[1:], f); err != nil {
			return err
		}
	}
	return nil
}

func eachID(m protoreflect.Message, fd protoreflect.FieldDescriptor, f func(string) (string, error)) error {
	if fd.IsList() {
		list := m.Get(fd).List()
		for i := range list.Len() {
			id, err := f(list.Get(i).String())
			if err != nil {
				return err
			}
			list.Set(i, protoreflect.ValueOfString(id))
		}
		return nil
	}
	before := m.Get(fd).String()
	id, err := f(before)
	if err == nil && id != before {
		m.Set(fd, protoreflect.ValueOfString(id))
	}
	return err
}
