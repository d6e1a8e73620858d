package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"fettle/dispatch"
)

// maxDepth is how deep a body may nest.
const maxDepth = 100

// readBody reads a body of at most limit bytes that says it is JSON, or that may be anything (raw).
func readBody(w http.ResponseWriter, r *http.Request, limit int, raw bool) ([]byte, error) {
	if r.ContentLength > int64(limit) {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are taken", errTooLarge, r.ContentLength, limit)
	}
	data, err := readWhole(http.MaxBytesReader(w, r.Body, int64(limit)))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, fmt.Errorf("%w: at most %d bytes are taken", errTooLarge, limit)
	case err != nil:
		return nil, &dispatch.InvalidError{Want: "a whole body"}
	case len(data) == 0:
		return nil, nil
	case raw:
		return data, checkEncoding(r.Header)
	}
	return data, checkType(r.Header)
}

// readStep is how much is read at a time, in bytes.
const readStep = 256 << 10

// readWhole reads all of a body: piece by piece, joined at the end, so that a large one is there twice at most, and as much room is made
// as has come and not as was announced.
func readWhole(r io.Reader) ([]byte, error) {
	var whole [][]byte
	for {
		data, err := io.ReadAll(io.LimitReader(r, readStep))
		if err != nil {
			return nil, err
		}
		if len(data) < readStep && len(whole) == 0 {
			return data, nil
		}
		whole = append(whole, data)
		if len(data) < readStep {
			return bytes.Join(whole, nil), nil
		}
	}
}

// textBody is a body that was read already.
type textBody struct {
	*bytes.Reader
	data []byte
}

func newTextBody(data []byte) *textBody { return &textBody{bytes.NewReader(data), data} }

// Close implements io.Closer.
func (*textBody) Close() error { return nil }

// all is what is in a body.
func all(r io.Reader) ([]byte, error) {
	if b, ok := r.(*textBody); ok {
		return b.data, nil
	}
	return io.ReadAll(r)
}

// checkEncoding refuses bodies that grow when they are read.
func checkEncoding(h http.Header) error {
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return fmt.Errorf("%w; it is encoded as %q", errMediaType, e)
	}
	return nil
}

func checkType(h http.Header) error {
	if err := checkEncoding(h); err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return fmt.Errorf("%w; Content-Type is %q", errMediaType, h.Get("Content-Type"))
	}
	return nil
}

// jsonFormat reads and writes messages as JSON, strictly: unknown fields, doubled fields and what follows the value are
// errors that name the field.
type jsonFormat struct{}

// ContentType implements runtime.Marshaler.
func (jsonFormat) ContentType(v any) string {
	if b, ok := v.(*httpbody.HttpBody); ok {
		return b.GetContentType()
	}
	return "application/json"
}

// Marshal implements runtime.Marshaler.
func (jsonFormat) Marshal(v any) ([]byte, error) {
	if b, ok := v.(*httpbody.HttpBody); ok {
		return b.GetData(), nil
	}
	if m, ok := v.(proto.Message); ok {
		return protojson.Marshal(m)
	}
	return json.Marshal(v)
}

// Unmarshal implements runtime.Marshaler.
func (jsonFormat) Unmarshal(data []byte, v any) error {
	m, err := messageIn(v)
	if err != nil {
		return err
	}
	if err := (protojson.UnmarshalOptions{RecursionLimit: maxDepth}).Unmarshal(data, m); err != nil {
		return faultOf(data, err)
	}
	return nil
}

// messageIn is the message that v is, or that v points to; a nil one is made.
func messageIn(v any) (proto.Message, error) {
	if m, ok := v.(proto.Message); ok {
		return m, nil
	}
	p := reflect.ValueOf(v)
	if p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.Pointer {
		if p.Elem().IsNil() {
			p.Elem().Set(reflect.New(p.Elem().Type().Elem()))
		}
		if m, ok := p.Elem().Interface().(proto.Message); ok {
			return m, nil
		}
	}
	return nil, fmt.Errorf("cannot read JSON into a %T", v)
}

// NewDecoder implements runtime.Marshaler.
func (f jsonFormat) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		if file, ok := r.(*fileBody); ok {
			return file.decode(v)
		}
		data, err := all(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(data)) == 0 {
			return io.EOF
		}
		return f.Unmarshal(data, v)
	})
}

// NewEncoder implements runtime.Marshaler.
func (f jsonFormat) NewEncoder(w io.Writer) runtime.Encoder {
	return runtime.EncoderFunc(func(v any) error {
		data, err := f.Marshal(v)
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
}

// decodeFault is a fault of the body. The gateway library passes on no more than its text, so the text carries the field.
type decodeFault struct{ field, text string }

// faultMark begins the text of a decodeFault; no other text begins so.
const faultMark = "\x00fault\x00"

// Error implements error.
func (e *decodeFault) Error() string { return faultMark + e.field + "\x00" + e.text }

// faultIn finds a decodeFault, or a parameter of a path that is none, in the text of an error.
func faultIn(text string) (*dispatch.InvalidError, bool) {
	if at := pathFault.FindStringSubmatch(text); at != nil {
		return &dispatch.InvalidError{Field: at[1], Want: "a number"}, true
	}
	rest, ok := strings.CutPrefix(text, faultMark)
	if !ok {
		return nil, false
	}
	field, want, _ := strings.Cut(rest, "\x00")
	return &dispatch.InvalidError{Field: field, Want: want}, true
}

// pathFault matches what the routes say of a parameter of a path that is no number, the one type but text that paths have.
var pathFault = regexp.MustCompile(`^type mismatch, parameter: ([\w.]+), error: `)

var (
	protoPlace = regexp.MustCompile(`\(line (\d+):(\d+)\): `)
	protoField = regexp.MustCompile(`(?:field|field with number|name) "?([A-Za-z0-9_.]+)"?`)
)

// faultOf says what protojson found wrong, and where.
func faultOf(data []byte, err error) error {
	// protojson writes its name with a space or a hard one, at random, so that nobody compares its texts.
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	text = strings.TrimPrefix(strings.TrimPrefix(text, "proto: "), "syntax error ")
	out := &decodeFault{}
	if at := protoPlace.FindStringSubmatch(text); at != nil {
		line, _ := strconv.Atoi(at[1])
		column, _ := strconv.Atoi(at[2])
		out.field = pathAt(data, line, column)
		text = strings.Replace(text, at[0], "", 1)
	}
	if named := protoField.FindStringSubmatch(text); named != nil && !strings.HasSuffix(out.field, named[1]) && out.field == "" {
		out.field = named[1]
	}
	out.text = "JSON that fits the API: " + strings.ToValidUTF8(text, "?")
	return out
}

// pathAt is the path of the value or name at a line and column, both from 1, as far as the text can be read.
func pathAt(data []byte, line, column int) string {
	target := 0
	for ; line > 1 && target < len(data); target++ {
		if data[target] == '\n' {
			line--
		}
	}
	target += column - 1
	dec := json.NewDecoder(bytes.NewReader(data))
	var path jsonPlace
	for dec.InputOffset() <= int64(target) {
		t, err := dec.Token()
		if err != nil {
			break
		}
		path.step(t, dec.InputOffset() > int64(target))
	}
	return path.String()
}

// jsonPlace follows tokens and knows where it is.
type jsonPlace struct {
	stack []jsonLevel
}

type jsonLevel struct {
	array bool
	index int
	name  string
	value bool // a value comes next, after its name
}

// step takes a token in; last says that the place looked for lies in it.
func (p *jsonPlace) step(t json.Token, last bool) {
	top := len(p.stack) - 1
	if d, ok := t.(json.Delim); ok && (d == '}' || d == ']') {
		if !last {
			p.stack = p.stack[:top]
			p.done()
		}
		return
	}
	if top >= 0 && !p.stack[top].array && !p.stack[top].value {
		p.stack[top].name, _ = t.(string)
		p.stack[top].value = true
		return
	}
	if last {
		return
	}
	if d, ok := t.(json.Delim); ok {
		p.stack = append(p.stack, jsonLevel{array: d == '['})
		return
	}
	p.done()
}

// done says that a value has ended.
func (p *jsonPlace) done() {
	top := len(p.stack) - 1
	if top < 0 {
		return
	}
	p.stack[top].index++
	p.stack[top].value = false
}

// String writes the place as "positions[2].time".
func (p *jsonPlace) String() string {
	var b strings.Builder
	for _, l := range p.stack {
		switch {
		case l.array:
			fmt.Fprintf(&b, "[%d]", l.index)
		case l.name != "":
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(l.name)
		}
	}
	return b.String()
}

// queryParser reads the parameters of a query and refuses those that the method does not have.
type queryParser struct{ runtime.DefaultQueryParser }

// Parse implements runtime.QueryParameterParser.
func (q *queryParser) Parse(m proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	fields := m.ProtoReflect().Descriptor().Fields()
	for name := range values {
		head, _, _ := strings.Cut(name, ".")
		if fields.ByJSONName(head) == nil && fields.ByName(protoreflect.Name(head)) == nil {
			return &decodeFault{field: name, text: "no such parameter: this method does not have it"}
		}
	}
	for name, value := range values {
		if err := q.DefaultQueryParser.Parse(m, url.Values{name: value}, filter); err != nil {
			return &decodeFault{field: name, text: "a value of its type: " + err.Error()}
		}
	}
	return nil
}
