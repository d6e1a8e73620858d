package gateway

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
)

// problemBody is an error as RFC 9457 has it.
type problemBody struct {
	Type    string         `json:"type"`
	Title   string         `json:"title"`
	Status  int            `json:"status"`
	Detail  string         `json:"detail,omitempty"`
	Reason  string         `json:"reason"`
	State   string         `json:"state,omitempty"` // of the resource, when it forbids
	Errors  []problemField `json:"errors,omitempty"`
	TraceID string         `json:"traceId,omitempty"`
}

// problemField is what is wrong with a field. Pointer is where it is in the body (RFC 6901).
type problemField struct {
	Field   string `json:"field"`
	Pointer string `json:"pointer,omitempty"`
	Detail  string `json:"detail"`
}

// typePrefix begins the stable names of problems.
const typePrefix = "urn:fettle:problem:"

// fail writes an error. body is the field that the body of the request fills, as in the policy of its method.
func fail(ctx context.Context, w http.ResponseWriter, err error, body string) {
	s, known := statusOf(err)
	if !known {
		s = internalStatus()
	}
	r := ruleOf(s)
	p := problemBody{
		Type:  typePrefix + strings.ToLower(strings.ReplaceAll(r.reason, "_", "-")),
		Title: r.title, Status: r.http, Detail: s.Message(), Reason: r.reason, TraceID: requestID(ctx),
	}
	p.Errors, p.State = facts(s, body)
	h := w.Header()
	h.Del("ETag")
	h.Set("Content-Type", "application/problem+json")
	if r.http == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="fettle"`)
	}
	if r.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.retry.Seconds()))))
	}
	data, err := json.Marshal(p)
	if err != nil {
		data = []byte(`{"type":"about:blank","status":500}`)
	}
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(r.http)
	_, _ = w.Write(data) // the caller may have gone
}

func facts(s *status.Status, body string) (fields []problemField, state string) {
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				fields = append(fields, fieldOf(v, body))
			}
		case *errdetails.ErrorInfo:
			state = d.GetMetadata()["state"]
		}
	}
	return fields, state
}

// fieldOf names a field as the sender of the body knows it: without the name that the whole body has in the request.
func fieldOf(v *errdetails.BadRequest_FieldViolation, body string) problemField {
	f := problemField{Field: v.GetField(), Detail: v.GetDescription()}
	switch body {
	case "":
		return f
	case "*":
	default:
		if f.Field == body {
			f.Field = ""
		}
		f.Field = strings.TrimPrefix(f.Field, body+".")
	}
	if !strings.Contains(f.Field, "-") { // a header
		f.Pointer = pointer(f.Field)
	}
	return f
}

// pointer writes a path as a JSON pointer: "positions[3].time" is "/positions/3/time".
func pointer(field string) string {
	if field == "" {
		return ""
	}
	field = strings.NewReplacer("~", "~0", "/", "~1").Replace(field)
	return "/" + strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(field)
}

// readTime is how long the head of a request and its body may take to come in, writeTime how long an answer to go out after
// its deadline.
const (
	headTime  = 5 * time.Second
	readTime  = 15 * time.Second
	writeTime = 30 * time.Second
)
