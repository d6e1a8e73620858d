package problem

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// frame is one open object or array of checkShape.
type frame struct {
	object bool
	keys   [][]byte            // of an object, in order
	many   map[string]struct{} // the same, once there are too many to compare one by one
	index  int                 // of an array
}

// manyKeys is the number of keys of one object from which a map is faster than comparing.
const manyKeys = 24

// shape is the state of checkShape: the open objects and arrays.
type shape []frame

// checkShape refuses deep nesting and repeated keys in one pass. Malformed JSON passes: the decoder says it better.
func checkShape(name string, data []byte) error {
	var open shape
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if len(open) == maxJSONDepth {
				return &Error{File: name, Line: lineAt(data, i), Msg: fmt.Sprintf("nesting deeper than %d", maxJSONDepth)}
			}
			open = open.push(data[i] == '{')
		case '}', ']':
			open = open[:max(0, len(open)-1)]
		case ',':
			if len(open) > 0 {
				open[len(open)-1].index++
			}
		case '"':
			end := stringEnd(data, i)
			if isKey(data, end) && !open.add(data[i+1:end]) {
				return &Error{File: name, Line: lineAt(data, i), Field: open.path(), Msg: "this field is given twice"}
			}
			i = end
		}
	}
	return nil
}

// push opens an object or array; it takes the buffers of an earlier one.
func (s shape) push(object bool) shape {
	if len(s) < cap(s) {
		s = s[:len(s)+1]
	} else {
		s = append(s, frame{})
	}
	f := &s[len(s)-1]
	f.object, f.keys, f.many, f.index = object, f.keys[:0], nil, 0
	return s
}

// add notes a key of the innermost object and reports whether it is new there.
func (s shape) add(key []byte) bool {
	return len(s) == 0 || !s[len(s)-1].object || s[len(s)-1].add(key)
}

// isKey reports whether the string that ends at end is a key: a colon follows.
func isKey(data []byte, end int) bool {
	next := end + 1
	for next < len(data) && isBlank(data[next]) {
		next++
	}
	return next < len(data) && data[next] == ':'
}

// stringEnd is the index of the quote that closes the string opened at i, or of the last byte.
func stringEnd(data []byte, i int) int {
	for k := i + 1; k < len(data); k++ {
		switch data[k] {
		case '\\':
			k++
		case '"':
			return k
		}
	}
	return max(len(data)-1, i+1)
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// add notes a key and reports whether it is new in its object.
func (f *frame) add(key []byte) bool {
	known := false
	if f.many != nil {
		_, known = f.many[string(key)]
		f.many[string(key)] = struct{}{}
	} else {
		known = slices.ContainsFunc(f.keys, func(k []byte) bool { return bytes.Equal(k, key) })
	}
	f.keys = append(f.keys, key)
	if f.many == nil && len(f.keys) == manyKeys {
		f.many = make(map[string]struct{}, 2*manyKeys)
		for _, k := range f.keys {
			f.many[string(k)] = struct{}{}
		}
	}
	return !known
}

// path is that of the key that was read last.
func (s shape) path() string {
	var b strings.Builder
	for i := range s {
		f := &s[i]
		if !f.object {
			fmt.Fprintf(&b, "[%d]", f.index)
			continue
		}
		if len(f.keys) == 0 { // malformed: an object inside nothing
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.Write(f.keys[len(f.keys)-1])
	}
	return b.String()
}
