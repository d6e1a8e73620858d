package main

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// method is what the document says about one REST method.
type method struct {
	desc                    protoreflect.MethodDescriptor
	verb, path              string // as "post", "/v1/workOrders/{id}:accept"
	body                    string // the field that is the body, "*" for the rest of the request
	roles                   []string
	idempotencyKey, ifMatch bool
}

// methods returns every method with a REST path, sorted by path and verb.
func methods(files *protoregistry.Files) []method {
	var found []method
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			all := f.Services().Get(i).Methods()
			for k := range all.Len() {
				if m := readMethod(all.Get(k)); m.path != "" {
					found = append(found, m)
				}
			}
		}
		return true
	})
	slices.SortFunc(found, func(a, b method) int { return strings.Compare(a.path+a.verb, b.path+b.verb) })
	return found
}

// readMethod takes the path and the policy from the options of a method.
func readMethod(desc protoreflect.MethodDescriptor) method {
	m := method{desc: desc}
	desc.Options().ProtoReflect().Range(func(option protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch option.FullName() {
		case "google.api.http":
			v.Message().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
				if fd.ContainingOneof() != nil && fd.Kind() == protoreflect.StringKind {
					m.verb, m.path = string(fd.Name()), v.String()
				}
				if fd.Name() == "body" {
					m.body = v.String()
				}
				return true
			})
		case "fettle.policy.v1.method":
			m.readPolicy(v.Message())
		}
		return true
	})
	return m
}

// readPolicy takes what the document shows of a policy.
func (m *method) readPolicy(policy protoreflect.Message) {
	fields := policy.Descriptor().Fields()
	roles := fields.ByName("roles")
	for list, i := policy.Get(roles).List(), 0; i < list.Len(); i++ {
		m.roles = append(m.roles, string(roles.Enum().Values().ByNumber(list.Get(i).Enum()).Name()))
	}
	m.idempotencyKey = policy.Get(fields.ByName("idempotency_key")).Bool()
	m.ifMatch = policy.Get(fields.ByName("if_match")).Bool()
}

// jsonPath returns the path with the names of fields as JSON has them, and of
// a field in the body its last part: /v1/workOrders/{work_order.id} is
// /v1/workOrders/{id}, since two templates of one path may not differ in names.
func jsonPath(path string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(path, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString("{" + name[strings.LastIndexByte(name, '.')+1:] + "}")
		path = after
	}
}
