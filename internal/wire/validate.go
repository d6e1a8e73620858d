package wire

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/dispatch"
)

// InvalidFields says which fields of a message break the rules that are written beside them in api/proto.
type InvalidFields struct {
	Faults []dispatch.InvalidError
}

// Error implements error.
func (e *InvalidFields) Error() string {
	texts := make([]string, len(e.Faults))
	for i := range e.Faults {
		texts[i] = e.Faults[i].Error()
	}
	return strings.Join(texts, "; ")
}

// Validate checks a message against the rules in api/proto. The error is *InvalidFields.
func Validate(m proto.Message) error {
	err := protovalidate.Validate(m)
	var broken *protovalidate.ValidationError
	if !errors.As(err, &broken) {
		return err
	}
	out := &InvalidFields{}
	for _, v := range broken.Violations {
		out.Faults = append(out.Faults, dispatch.InvalidError{Field: jsonPath(v.Proto.GetField()), Want: want(v)})
	}
	return out
}

// want is what a rule asks for, without the words with which the library begins.
func want(v *protovalidate.Violation) string {
	text, rule := v.Proto.GetMessage(), v.Proto.GetRuleId()
	switch f := v.FieldDescriptor; {
	case rule == "required":
		return "a value"
	case strings.HasPrefix(rule, "enum.") && f != nil && f.Enum() != nil:
		return "one of " + strings.Join(valuesOf(f.Enum()), ", ")
	}
	for _, lead := range []string{"must be ", "must have ", "must ", "value must be ", "value must "} {
		if rest, ok := strings.CutPrefix(text, lead); ok {
			text = rest
		}
	}
	if text == "" {
		text = rule
	}
	return text
}

// valuesOf are the values of an enum but for the one that says nothing.
func valuesOf(e protoreflect.EnumDescriptor) (all []string) {
	for i := range e.Values().Len() {
		if v := e.Values().Get(i); v.Number() != 0 {
			all = append(all, string(v.Name()))
		}
	}
	return all
}

// jsonPath writes a path as JSON spells it: "workOrder.timeWindows[0].startTime".
func jsonPath(p *validate.FieldPath) string {
	var b strings.Builder
	for _, e := range p.GetElements() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(CamelCase(e.GetFieldName()))
		switch s := e.GetSubscript().(type) {
		case *validate.FieldPathElement_Index:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case *validate.FieldPathElement_StringKey:
			fmt.Fprintf(&b, "[%q]", s.StringKey)
		}
	}
	return b.String()
}

// CamelCase spells a field of a proto as JSON does: "page_size" is "pageSize". Paths with dots are spelled part by part.
func CamelCase(name string) string {
	var b strings.Builder
	upper := false
	for _, r := range name {
		switch {
		case r == '_':
			upper = true
		case upper && r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
			upper = false
		default:
			b.WriteRune(r)
			upper = false
		}
	}
	return b.String()
}
