package sift

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.einride.tech/aip/filtering"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Messages that are values to a filter.
const (
	timestampName protoreflect.FullName = "google.protobuf.Timestamp"
	durationName  protoreflect.FullName = "google.protobuf.Duration"
)

func scalar(d protoreflect.MessageDescriptor) bool {
	return d.FullName() == timestampName || d.FullName() == durationName
}

// holder decides whether a value of a field stands to another as an operator says; nil, and what is wanted, when they cannot be
// compared.
func holder(fd protoreflect.FieldDescriptor, op, text string) (holds func(protoreflect.Value) bool, want string) {
	if fd.Message() != nil && !scalar(fd.Message()) {
		return nil, "a part of " + fd.JSONName() + ", which is no value; or " + fd.JSONName() + ":*"
	}
	switch fd.Kind() { //nolint:exhaustive // the rest are numbers
	case protoreflect.StringKind:
		return texts(op, text)
	case protoreflect.EnumKind:
		return names(fd, op, text)
	case protoreflect.BoolKind:
		b, err := strconv.ParseBool(text)
		if err != nil || !equality(op) {
			return nil, "= true or = false"
		}
		return func(v protoreflect.Value) bool { return v.Bool() == b }, ""
	case protoreflect.BytesKind, protoreflect.GroupKind:
		return nil, "a field that can be compared"
	}
	number, want, ok := measure(fd, text)
	if !ok {
		return nil, want
	}
	return func(v protoreflect.Value) bool { return stands(op, cmp.Compare(size(fd, v), number)) }, ""
}

// equality reports whether an operator asks for the same.
func equality(op string) bool {
	return op == filtering.FunctionEquals || op == filtering.FunctionNotEquals || op == filtering.FunctionHas
}

// stands reports whether a comparison that came out as c is what an operator asks for. != asks for the same: what differs from
// all values is found by whoever turns it round.
func stands(op string, c int) bool {
	switch op {
	case filtering.FunctionLessThan:
		return c < 0
	case filtering.FunctionLessEquals:
		return c <= 0
	case filtering.FunctionGreaterThan:
		return c > 0
	case filtering.FunctionGreaterEquals:
		return c >= 0
	}
	return c == 0
}

// texts compares texts. "has" finds a part of one, whatever the case.
func texts(op, text string) (func(protoreflect.Value) bool, string) {
	if op == filtering.FunctionHas {
		part := strings.ToLower(strings.Trim(text, "*"))
		return func(v protoreflect.Value) bool { return strings.Contains(strings.ToLower(v.String()), part) }, ""
	}
	if !equality(op) || !strings.Contains(text, "*") {
		return func(v protoreflect.Value) bool { return stands(op, cmp.Compare(v.String(), text)) }, ""
	}
	before, open := strings.CutPrefix(text, "*")
	middle, ends := strings.CutSuffix(before, "*")
	if strings.Contains(middle, "*") {
		return nil, "* at the ends of a text alone"
	}
	return func(v protoreflect.Value) bool {
		switch s := v.String(); {
		case open && ends:
			return strings.Contains(s, middle)
		case open:
			return strings.HasSuffix(s, middle)
		default:
			return strings.HasPrefix(s, middle)
		}
	}, ""
}

// names compares names of an enum.
func names(fd protoreflect.FieldDescriptor, op, text string) (func(protoreflect.Value) bool, string) {
	values := fd.Enum().Values()
	found := values.ByName(protoreflect.Name(text))
	if found == nil || !equality(op) {
		var all []string
		for i := 1; i < values.Len(); i++ {
			all = append(all, string(values.Get(i).Name()))
		}
		return nil, "= or != with one of " + strings.Join(all, ", ")
	}
	return func(v protoreflect.Value) bool { return v.Enum() == found.Number() }, ""
}

// measure reads what a field of numbers, times or lengths is compared with.
func measure(fd protoreflect.FieldDescriptor, text string) (number float64, want string, ok bool) {
	if fd.Message() == nil {
		n, err := strconv.ParseFloat(text, 64)
		return n, "a number", err == nil && !math.IsNaN(n)
	}
	if fd.Message().FullName() == timestampName {
		t, err := time.Parse(time.RFC3339Nano, text)
		return float64(t.UnixMicro()), `a time in quotes such as "2026-03-01T08:00:00Z"`, err == nil
	}
	d, err := time.ParseDuration(text)
	return d.Seconds(), `a duration in quotes such as "3600s"`, err == nil && strings.HasSuffix(text, "s")
}

// size is a value as a number: microseconds of a time, seconds of a length.
func size(fd protoreflect.FieldDescriptor, v protoreflect.Value) float64 {
	if d := fd.Message(); d != nil {
		m := v.Message()
		seconds, nanos := float64(m.Get(d.Fields().ByNumber(1)).Int()), float64(m.Get(d.Fields().ByNumber(2)).Int())
		if d.FullName() == timestampName {
			return seconds*1e6 + nanos/1e3
		}
		return seconds + nanos/1e9
	}
	switch fd.Kind() { //nolint:exhaustive // the rest are no numbers
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		return v.Float()
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind, protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return float64(v.Uint())
	}
	return float64(v.Int())
}

// compareValues orders two values of a field.
func compareValues(fd protoreflect.FieldDescriptor, a, b protoreflect.Value) int {
	switch fd.Kind() { //nolint:exhaustive // the rest are numbers
	case protoreflect.StringKind:
		return cmp.Compare(a.String(), b.String())
	case protoreflect.EnumKind:
		return cmp.Compare(a.Enum(), b.Enum())
	case protoreflect.BoolKind:
		of := func(v protoreflect.Value) int { return slices.Index([]bool{false, true}, v.Bool()) }
		return cmp.Compare(of(a), of(b))
	}
	return cmp.Compare(size(fd, a), size(fd, b))
}
