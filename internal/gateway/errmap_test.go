package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/problem"
	"fettle/geo"
	"fettle/internal/auth"
	"fettle/internal/feed"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/rental/fault"
)

// shownAs is how an error reaches callers.
type shownAs struct {
	code   codes.Code
	http   int
	reason string
	retry  time.Duration
}

func TestErrorsAreShownAsTabled(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want shownAs
	}{
		"not found":        {engine.ErrNotFound, shownAs{codes.NotFound, 404, "NOT_FOUND", 0}},
		"exists":           {engine.ErrExists, shownAs{codes.AlreadyExists, 409, "ALREADY_EXISTS", 0}},
		"stale":            {engine.ErrStale, shownAs{codes.Aborted, 412, "STALE_ETAG", 0}},
		"full":             {engine.ErrFull, shownAs{codes.ResourceExhausted, 507, "DISK_FULL", 0}},
		"no index":         {ledger.ErrNoIndex, shownAs{codes.Unavailable, 503, "INDEX_MISSING", 0}},
		"unavailable":      {engine.ErrUnavailable, shownAs{codes.Unavailable, 503, "STORE_UNAVAILABLE", time.Second}},
		"state":            {&engine.ConflictError{Reason: "ILLEGAL_STATE", State: engine.StateNew}, shownAs{codes.FailedPrecondition, 409, "ILLEGAL_STATE", 0}},
		"taken":            {&ledger.TakenError{Kind: "users", Name: "subject"}, shownAs{codes.AlreadyExists, 409, "VALUE_TAKEN", 0}},
		"key reused":       {territory.ErrKeyReused, shownAs{codes.FailedPrecondition, 422, "IDEMPOTENCY_KEY_REUSED", 0}},
		"busy":             {territory.ErrBusy, shownAs{codes.ResourceExhausted, 429, "BUSY", time.Second}},
		"shed":             {errShed, shownAs{codes.ResourceExhausted, 429, "RATE_LIMITED", time.Second}},
		"closed":           {territory.ErrClosed, shownAs{codes.Unavailable, 503, "STOPPING", time.Second}},
		"streams":          {feed.ErrTooMany, shownAs{codes.ResourceExhausted, 429, "TOO_MANY_STREAMS", 10 * time.Second}},
		"unknown token":    {auth.ErrUnknown, shownAs{codes.Unauthenticated, 401, "CREDENTIAL_UNKNOWN", 0}},
		"a wrong code":     {auth.ErrWrongCode, shownAs{codes.Unauthenticated, 401, "WRONG_CODE", 0}},
		"too often":        {auth.ErrTooOften, shownAs{codes.ResourceExhausted, 429, "TOO_MANY_ATTEMPTS", time.Minute}},
		"read too many":    {auth.ErrTenantsRead, shownAs{codes.ResourceExhausted, 429, "TENANTS_READ_LIMIT", 10 * time.Minute}},
		"no codes":         {auth.ErrNoCodes, shownAs{codes.FailedPrecondition, 409, "NO_CHANNEL", 0}},
		"no token":         {errNoCredential, shownAs{codes.Unauthenticated, 401, "CREDENTIAL_MISSING", 0}},
		"role":             {errForbidden, shownAs{codes.PermissionDenied, 403, "ROLE_MAY_NOT", 0}},
		"in flight":        {ledger.ErrInFlight, shownAs{codes.Aborted, 409, "IDEMPOTENCY_KEY_IN_FLIGHT", time.Second}},
		"no key":           {errNoKey, shownAs{codes.InvalidArgument, 400, "IDEMPOTENCY_KEY_REQUIRED", 0}},
		"no If-Match":      {errNoIfMatch, shownAs{codes.FailedPrecondition, 428, "IF_MATCH_REQUIRED", 0}},
		"large":            {errTooLarge, shownAs{codes.ResourceExhausted, 413, "REQUEST_TOO_LARGE", 0}},
		"type":             {errMediaType, shownAs{codes.InvalidArgument, 415, "UNSUPPORTED_MEDIA_TYPE", 0}},
		"path":             {errNoRoute, shownAs{codes.NotFound, 404, "NO_SUCH_PATH", 0}},
		"method":           {errWrongMethod, shownAs{codes.Unimplemented, 405, "METHOD_NOT_ALLOWED", 0}},
		"deadline":         {context.DeadlineExceeded, shownAs{codes.DeadlineExceeded, 503, "DEADLINE_EXCEEDED", time.Second}},
		"canceled":         {context.Canceled, shownAs{codes.Canceled, 499, "CANCELED", 0}},
		"internal":         {errInternal, shownAs{codes.Internal, 500, "INTERNAL", 0}},
		"field":            {&dispatch.InvalidError{Field: "a"}, shownAs{codes.InvalidArgument, 400, "INVALID_ARGUMENT", 0}},
		"fields":           {&wire.InvalidFields{Faults: []dispatch.InvalidError{{Field: "a"}}}, shownAs{codes.InvalidArgument, 400, "INVALID_ARGUMENT", 0}},
		"place":            {&geo.InvalidError{Field: "lat"}, shownAs{codes.InvalidArgument, 400, "INVALID_ARGUMENT", 0}},
		"file":             {&problem.Error{Field: "visits"}, shownAs{codes.InvalidArgument, 400, "INVALID_ARGUMENT", 0}},
		"rule":             {fault.New("endDate", "", "a day"), shownAs{codes.InvalidArgument, 422, "RULE_BROKEN", 0}},
		"rental state":     {&fault.StateError{State: "RENEWED"}, shownAs{codes.FailedPrecondition, 409, "ILLEGAL_STATE", 0}},
		"of the library":   {status.Error(codes.ResourceExhausted, "too large"), shownAs{codes.ResourceExhausted, 429, "DISK_FULL", 0}},
		"nobody's mistake": {errors.New("a secret"), shownAs{codes.Internal, 500, "INTERNAL", 0}},
	}
	tabled := map[error]bool{}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{tt.err, fmt.Errorf("order wo_1: %w", tt.err)} {
				s, _ := statusOf(err)
				r := ruleOf(s)
				got := shownAs{s.Code(), r.http, r.reason, r.retry}
				if got.reason = r.reason; name == "of the library" {
					got.reason = tt.want.reason // of no interest: the library names none
				}
				if got != tt.want {
					t.Errorf("%v: got %+v, want %+v", err, got, tt.want)
				}
			}
		})
		tabled[tt.err] = true
		for _, r := range errmap {
			tabled[r.err] = tabled[r.err] || errors.Is(tt.err, r.err)
		}
	}
	for _, r := range errmap {
		if !tabled[r.err] {
			t.Errorf("no test says how %v is shown", r.err)
		}
	}
}

func TestUnknownErrorsTellNothing(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	fail(withRequestID(t.Context(), "abc"), w, errors.New("password is hunter2"), "")
	want := `{"type":"urn:fettle:problem:internal","title":"Internal error","status":500,"detail":"something went wrong on our side","reason":"INTERNAL","traceId":"abc"}`
	if got := w.Body.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}

func TestPointers(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"": "", "home": "/home", "positions[3].location.latitude": "/positions/3/location/latitude", "a/b~c": "/a~1b~0c",
	} {
		if got := pointer(field); got != want {
			t.Errorf("pointer(%q) = %q, want %q", field, got, want)
		}
	}
}

func FuzzPathAt(f *testing.F) {
	f.Add(`{"a":[1,{"b":2}]}`, 1, 12)
	f.Add("{\n\"a\":\n[", 3, 1)
	f.Add(`]`, 1, 1)
	f.Add(`{"a":}}`, 9, 9)
	f.Fuzz(func(_ *testing.T, text string, line, column int) { _ = pathAt([]byte(text), line, column) })
}

func TestPathAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, mark, want string }{
		{`{"location":{"latitude":"x"}}`, `"x"`, "location.latitude"},
		{`{"positions":[{},{"time":7}]}`, `7`, "positions[1].time"},
		{`{"a":1,"b":[[1,2],[3]]}`, `3`, "b[1][0]"},
		{`{"a":1,"colour":2}`, `"colour"`, "colour"},
		{`7`, `7`, ""},
	} {
		for i := range tt.text {
			if tt.text[i:min(i+len(tt.mark), len(tt.text))] == tt.mark {
				if got := pathAt([]byte(tt.text), 1, i+1); got != tt.want {
					t.Errorf("%s at %s: got %q, want %q", tt.text, tt.mark, got, tt.want)
				}
				break
			}
		}
	}
}
