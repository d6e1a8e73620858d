package problem

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"fettle/dispatch"
)

// Limits of a JSON input: far above any real file, low enough that a hostile one costs little.
const (
	maxJSONBytes = 1 << 29
	maxJSONDepth = 64
)

// decodeStrict decodes one JSON value into a struct and refuses what encoding/json lets pass: unknown fields, fields that
// are given twice, text after the value, nesting deeper than 64. Every fault is an *Error with file, line and field path
// ("visits[3].place.latitude"). The good path costs one scan more than encoding/json; a fault is located by a second,
// slower walk.
func decodeStrict(name string, data []byte, into any) error {
	if len(data) > maxJSONBytes {
		return &Error{File: name, Msg: fmt.Sprintf("%d bytes: want at most %d", len(data), maxJSONBytes)}
	}
	if err := checkShape(name, data); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return nil
		}
		at := int(dec.InputOffset())
		return &Error{File: name, Line: lineAt(data, at+skipBlank(data[min(at, len(data)):])), Msg: "text after the end of the JSON value"}
	}
	return locateFault(name, data, into, err)
}

// fieldError is an *Error for a field of a JSON file, with the line on which the field (or the nearest thing around it
// that the file holds) stands.
func fieldError(name string, data []byte, field, msg string) *Error {
	return &Error{File: name, Line: lineOfField(data, field), Field: field, Msg: msg}
}

// invalidField puts file and line to what Problem.Validate found in a problem that keeps the order of a JSON file. A field
// that the file calls otherwise is renamed at the front.
func invalidField(name string, data []byte, err error, from, to string) error {
	var fault *dispatch.InvalidError
	if !errors.As(err, &fault) {
		return &Error{File: name, Msg: err.Error()}
	}
	field, msg := fault.Field, "want "+fault.Want
	if rest, ok := strings.CutPrefix(field, from+"["); ok {
		field = to + "[" + rest
	}
	if fault.Value != "" {
		msg = "is " + fault.Value + ", " + msg
	}
	return fieldError(name, data, field, msg)
}

// lineAt is the 1-based line of a byte offset.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:max(0, min(offset, len(data)))], []byte{'\n'})
}

func skipBlank(data []byte) int {
	n := 0
	for n < len(data) && strings.IndexByte(" \t\r\n,", data[n]) >= 0 {
		n++
	}
	return n
}

// locateFault turns an error of encoding/json into an *Error: it walks the text beside the type and names the first value
// that does not fit.
func locateFault(name string, data []byte, into any, cause error) error {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		var syntax *json.SyntaxError
		offset := len(data)
		if errors.As(err, &syntax) {
			offset = int(syntax.Offset)
		}
		return &Error{File: name, Line: lineAt(data, offset-1), Msg: "not JSON: " + strings.TrimPrefix(err.Error(), "json: ")}
	}
	w := &walker{name: name, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	if err := w.value(reflect.TypeOf(into), ""); err != nil {
		return err
	}
	return &Error{File: name, Msg: strings.TrimPrefix(cause.Error(), "json: ")}
}

// walker reads valid JSON beside a Go type.
type walker struct {
	name string
	data []byte
	dec  *json.Decoder
}

var (
	unmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// at is the line of the value or key that comes next.
func (w *walker) at() int {
	off := int(w.dec.InputOffset())
	for off < len(w.data) && (isBlank(w.data[off]) || w.data[off] == ',' || w.data[off] == ':') {
		off++
	}
	return lineAt(w.data, off)
}

func (w *walker) fault(line int, path, format string, args ...any) error {
	return &Error{File: w.name, Line: line, Field: path, Msg: fmt.Sprintf(format, args...)}
}

// value checks the next value against t.
func (w *walker) value(t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer && !t.Implements(unmarshaler) {
		t = t.Elem()
	}
	line := w.at()
	if custom(t) {
		return w.custom(t, path, line)
	}
	tok, err := w.dec.Token()
	if err != nil {
		return w.fault(line, path, "%v", err)
	}
	if tok == nil { // null leaves a field as it is
		return nil
	}
	if d, ok := tok.(json.Delim); ok {
		return w.nested(d, t, path, line)
	}
	if msg := scalarFault(tok, t); msg != "" {
		return w.fault(line, path, "%s", msg)
	}
	return nil
}

func custom(t reflect.Type) bool {
	return t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler) || reflect.PointerTo(t).Implements(textUnmarshaler)
}

func (w *walker) custom(t reflect.Type, path string, line int) error {
	var raw json.RawMessage
	if err := w.dec.Decode(&raw); err != nil {
		return w.fault(line, path, "%v", err)
	}
	if err := json.Unmarshal(raw, reflect.New(t).Interface()); err != nil {
		return w.fault(line, path, "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// nested checks an object or array whose first delimiter was read.
func (w *walker) nested(d json.Delim, t reflect.Type, path string, line int) error {
	kind := t.Kind()
	if d == '[' {
		if kind != reflect.Slice && kind != reflect.Array && kind != reflect.Interface {
			return w.fault(line, path, "is an array, want %s", wanted(t))
		}
		for i := 0; w.dec.More(); i++ {
			if err := w.value(element(t), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		_, err := w.dec.Token()
		return err
	}
	if kind != reflect.Struct && kind != reflect.Map && kind != reflect.Interface {
		return w.fault(line, path, "is an object, want %s", wanted(t))
	}
	for w.dec.More() {
		if err := w.member(t, path); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

// member checks one key and its value.
func (w *walker) member(t reflect.Type, path string) error {
	line := w.at()
	tok, err := w.dec.Token()
	if err != nil {
		return w.fault(line, path, "%v", err)
	}
	key, _ := tok.(string)
	inner := key
	if path != "" {
		inner = path + "." + key
	}
	if t.Kind() != reflect.Struct {
		return w.value(element(t), inner)
	}
	fields := jsonFields(t)
	for _, f := range fields {
		if strings.EqualFold(f.name, key) {
			return w.value(f.typ, inner)
		}
	}
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return w.fault(line, inner, "unknown field, want one of %s", strings.Join(names, ", "))
}

// element is the type of what a slice, array or map holds; an interface holds interfaces.
func element(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Interface {
		return t
	}
	return t.Elem()
}

type jsonField struct {
	name string
	typ  reflect.Type
}

// jsonFields lists the fields of a struct, in order, by the names that encoding/json gives them.
func jsonFields(t reflect.Type) []jsonField {
	var out []jsonField
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || !f.IsExported() || (f.Anonymous && tag == "") {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		out = append(out, jsonField{tag, f.Type})
	}
	return out
}

// scalarFault says why a string, number or boolean does not fit a type; "" when it does.
func scalarFault(tok any, t reflect.Type) string {
	kind := t.Kind()
	switch v := tok.(type) {
	case string:
		if kind == reflect.String || kind == reflect.Interface {
			return ""
		}
		return fmt.Sprintf("is %q, want %s", v, wanted(t))
	case bool:
		if kind == reflect.Bool || kind == reflect.Interface {
			return ""
		}
		return fmt.Sprintf("is %v, want %s", v, wanted(t))
	case json.Number:
		if !numberFits(v.String(), t) {
			return fmt.Sprintf("is %s, want %s", v, wanted(t))
		}
	}
	return ""
}

func numberFits(s string, t reflect.Type) bool {
	var err error
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		_, err = strconv.ParseInt(s, 10, t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		_, err = strconv.ParseUint(s, 10, t.Bits())
	case reflect.Float32, reflect.Float64:
		_, err = strconv.ParseFloat(s, t.Bits())
	case reflect.Interface:
		_, err = strconv.ParseFloat(s, 64)
	default:
		return t == reflect.TypeFor[json.Number]()
	}
	return err == nil
}

// wanted describes a type to the person who wrote the file.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number that is not negative"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	default:
		return "an object"
	}
}

// lineOfField finds the line of a field by its path; when the file does not hold it, of the last part of the path that it
// does hold; 1 when nothing of it is there.
func lineOfField(data []byte, field string) int {
	dec := json.NewDecoder(bytes.NewReader(data))
	w := &walker{data: data, dec: dec}
	line := w.at()
	for field != "" {
		tok, err := dec.Token()
		d, ok := tok.(json.Delim)
		if err != nil || !ok {
			return line
		}
		at, rest, found := w.step(d, field)
		if !found {
			return line
		}
		line, field = at, rest
	}
	return line
}

// step goes into the member of an open object or array that a path names first; rest is the path from there.
func (w *walker) step(d json.Delim, field string) (line int, rest string, found bool) {
	var skipped json.RawMessage
	for i := 0; w.dec.More(); i++ {
		line = w.at()
		part := fmt.Sprintf("[%d]", i)
		if d == '{' {
			tok, err := w.dec.Token()
			if err != nil {
				return 0, "", false
			}
			part, _ = tok.(string)
			field = strings.TrimPrefix(field, ".")
		}
		if after, ok := strings.CutPrefix(field, part); ok && (after == "" || after[0] == '.' || after[0] == '[') {
			return line, after, true
		}
		if w.dec.Decode(&skipped) != nil {
			return 0, "", false
		}
	}
	return 0, "", false
}
