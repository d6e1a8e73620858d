package sift

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/invalid"
)

// maxKeys is by how many fields a list may be ordered.
const maxKeys = 5

// Order compares messages. The zero value orders nothing.
type Order struct{ keys []key }

type key struct {
	path       []protoreflect.FieldDescriptor
	descending bool
}

// ParseOrder reads an order over messages of a type, as "urgency desc, createTime". The error is an *invalid.Error of the field
// "orderBy".
func ParseOrder(text string, d protoreflect.MessageDescriptor) (*Order, error) {
	o := &Order{}
	if strings.TrimSpace(text) == "" {
		return o, nil
	}
	for i, part := range strings.Split(text, ",") {
		words := strings.Fields(part)
		bad := func(want string) error {
			return &invalid.Error{Field: "orderBy", Value: fmt.Sprintf("%.60q (part %d)", strings.TrimSpace(part), i+1), Want: want}
		}
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && words[1] != "asc" && words[1] != "desc" {
			return nil, bad("a field, then asc or desc or nothing")
		}
		if i == maxKeys {
			return nil, bad(fmt.Sprintf("at most %d fields", maxKeys))
		}
		path, want := sortable(words[0], d)
		if want != "" {
			return nil, bad(want)
		}
		o.keys = append(o.keys, key{path, len(words) == 2 && words[1] == "desc"})
	}
	return o, nil
}

// sortable is the fields that a name leads through, or what is wanted instead.
func sortable(name string, at protoreflect.MessageDescriptor) (path []protoreflect.FieldDescriptor, want string) {
	for _, part := range strings.Split(name, ".") {
		if at == nil {
			return nil, "a field without parts"
		}
		fd := at.Fields().ByJSONName(part)
		if fd == nil {
			fd = at.Fields().ByTextName(part)
		}
		switch {
		case fd == nil:
			return nil, fmt.Sprintf("a field of %s; there is no %s", at.Name(), part)
		case fd.IsList() || fd.IsMap() || fd.Kind() == protoreflect.BytesKind:
			return nil, part + " has no order"
		}
		path, at = append(path, fd), nil
		if fd.Message() != nil && !scalar(fd.Message()) {
			at = fd.Message()
		}
	}
	if at != nil {
		return nil, "a part of " + name
	}
	return path, ""
}

// Empty reports whether nothing is ordered.
func (o *Order) Empty() bool { return len(o.keys) == 0 }

// Compare orders two messages: what is not set comes first, last where the order is descending.
func (o *Order) Compare(a, b protoreflect.ProtoMessage) int {
	for _, k := range o.keys {
		x, has := follow(a.ProtoReflect(), k.path)
		y, too := follow(b.ProtoReflect(), k.path)
		c := 0
		switch {
		case has && too:
			c = compareValues(k.path[len(k.path)-1], x, y)
		case has:
			c = 1
		case too:
			c = -1
		}
		if k.descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// follow is the value that a path leads to; false where something on the way is not set.
func follow(m protoreflect.Message, path []protoreflect.FieldDescriptor) (v protoreflect.Value, ok bool) {
	each(m, path, func(found protoreflect.Value) { v, ok = found, true })
	return v, ok
}
