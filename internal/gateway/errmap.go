package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/dispatch/problem"
	"fettle/geo"
	"fettle/internal/auth"
	"fettle/internal/feed"
	"fettle/internal/policy"
	"fettle/internal/territory"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/rental/fault"
)

// What the edge itself refuses.
var (
	errNoCredential = errors.New("credential is missing: send Authorization: Bearer TOKEN")
	errForbidden    = errors.New("the roles of the credential may not call this method")
	errNoKey        = errors.New("the header Idempotency-Key is required: a string of your choice, new for each wish")
	errNoIfMatch    = errors.New("the header If-Match is required: the etag that the change is based on")
	errTooLarge     = errors.New("the request is too large")
	errMediaType    = errors.New("the body must be application/json in UTF-8, not compressed")
	errNoRoute      = errors.New("there is no such path")
	errWrongMethod  = errors.New("the path has no such method")
	errShed         = errors.New("your org sends more than its share: slow down, or ask the operator for a higher --rate")
	errInternal     = errors.New("something went wrong on our side")
)

// rule says how an error is shown.
type rule struct {
	err    error
	code   codes.Code
	http   int
	reason string
	title  string
	retry  time.Duration // 0 means that trying again does not help
}

// statusClientClosed is what proxies log for a caller who hung up. Nobody reads it.
const statusClientClosed = 499

// errmap is the one table from errors to statuses. The reasons are part of the API.
var errmap = []rule{
	{err: engine.ErrNotFound, code: codes.NotFound, http: http.StatusNotFound, reason: "NOT_FOUND", title: "Not found"},
	{err: engine.ErrExists, code: codes.AlreadyExists, http: http.StatusConflict, reason: "ALREADY_EXISTS", title: "Already exists"},
	{err: engine.ErrStale, code: codes.Aborted, http: http.StatusPreconditionFailed, reason: "STALE_ETAG", title: "Changed since it was read"},
	{err: ledger.ErrInFlight, code: codes.Aborted, http: http.StatusConflict, reason: "IDEMPOTENCY_KEY_IN_FLIGHT", title: "First request is under way", retry: time.Second},
	{err: engine.ErrFull, code: codes.ResourceExhausted, http: http.StatusInsufficientStorage, reason: "DISK_FULL", title: "Disk is full"},
	{err: engine.ErrUnavailable, code: codes.Unavailable, http: http.StatusServiceUnavailable, reason: "STORE_UNAVAILABLE", title: "Store is unavailable", retry: time.Second},
	{err: ledger.ErrNoIndex, code: codes.Unavailable, http: http.StatusServiceUnavailable, reason: "INDEX_MISSING", title: "An index is missing"},
	{err: ledger.ErrTaken, code: codes.AlreadyExists, http: http.StatusConflict, reason: "VALUE_TAKEN", title: "Already exists"},
	{err: territory.ErrKeyReused, code: codes.FailedPrecondition, http: http.StatusUnprocessableEntity, reason: "IDEMPOTENCY_KEY_REUSED", title: "Idempotency key was used for another request"},
	{err: territory.ErrBusy, code: codes.ResourceExhausted, http: http.StatusTooManyRequests, reason: "BUSY", title: "Too many requests", retry: time.Second},
	{err: errShed, code: codes.ResourceExhausted, http: http.StatusTooManyRequests, reason: "RATE_LIMITED", title: "Too many requests", retry: time.Second},
	{err: territory.ErrClosed, code: codes.Unavailable, http: http.StatusServiceUnavailable, reason: "STOPPING", title: "Service is stopping", retry: time.Second},
	{err: feed.ErrTooMany, code: codes.ResourceExhausted, http: http.StatusTooManyRequests, reason: "TOO_MANY_STREAMS", title: "Too many streams", retry: 10 * time.Second},
	{err: auth.ErrUnknown, code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "CREDENTIAL_UNKNOWN", title: "Not authenticated"},
	{err: auth.ErrWrongCode, code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "WRONG_CODE", title: "Not authenticated"},
	{err: auth.ErrTooOften, code: codes.ResourceExhausted, http: http.StatusTooManyRequests, reason: "TOO_MANY_ATTEMPTS", title: "Too many attempts", retry: time.Minute},
	{err: auth.ErrTenantsRead, code: codes.ResourceExhausted, http: http.StatusTooManyRequests, reason: "TENANTS_READ_LIMIT", title: "Too many tenants", retry: 10 * time.Minute},
	{err: auth.ErrNoCodes, code: codes.FailedPrecondition, http: http.StatusConflict, reason: "NO_CHANNEL", title: "Codes cannot be sent"},
	{err: errNoCredential, code: codes.Unauthenticated, http: http.StatusUnauthorized, reason: "CREDENTIAL_MISSING", title: "Not authenticated"},
	{err: errForbidden, code: codes.PermissionDenied, http: http.StatusForbidden, reason: "ROLE_MAY_NOT", title: "Not allowed"},
	{err: errNoKey, code: codes.InvalidArgument, http: http.StatusBadRequest, reason: "IDEMPOTENCY_KEY_REQUIRED", title: "Idempotency key is missing"},
	{err: errNoIfMatch, code: codes.FailedPrecondition, http: http.StatusPreconditionRequired, reason: "IF_MATCH_REQUIRED", title: "If-Match is missing"},
	{err: errTooLarge, code: codes.ResourceExhausted, http: http.StatusRequestEntityTooLarge, reason: "REQUEST_TOO_LARGE", title: "Request is too large"},
	{err: errMediaType, code: codes.InvalidArgument, http: http.StatusUnsupportedMediaType, reason: "UNSUPPORTED_MEDIA_TYPE", title: "Unsupported media type"},
	{err: errNoRoute, code: codes.NotFound, http: http.StatusNotFound, reason: "NO_SUCH_PATH", title: "Not found"},
	{err: errWrongMethod, code: codes.Unimplemented, http: http.StatusMethodNotAllowed, reason: "METHOD_NOT_ALLOWED", title: "Method not allowed"},
	{err: context.DeadlineExceeded, code: codes.DeadlineExceeded, http: http.StatusServiceUnavailable, reason: "DEADLINE_EXCEEDED", title: "Took too long", retry: time.Second},
	{err: context.Canceled, code: codes.Canceled, http: statusClientClosed, reason: "CANCELED", title: "Canceled"},
	{err: errInternal, code: codes.Internal, http: http.StatusInternalServerError, reason: "INTERNAL", title: "Internal error"},
}

// Rules for errors that are known by their type.
var (
	invalidRule  = rule{code: codes.InvalidArgument, http: http.StatusBadRequest, reason: "INVALID_ARGUMENT", title: "Invalid request"}
	fieldRule    = rule{code: codes.PermissionDenied, http: http.StatusForbidden, reason: "FIELD_NOT_WRITABLE", title: "Not allowed"}
	conflictRule = rule{code: codes.FailedPrecondition, http: http.StatusConflict, reason: "CONFLICT", title: "State forbids it"}
	stateRule    = rule{code: codes.FailedPrecondition, http: http.StatusConflict, reason: "ILLEGAL_STATE", title: "State forbids it"}
	brokenRule   = rule{code: codes.InvalidArgument, http: http.StatusUnprocessableEntity, reason: "RULE_BROKEN", title: "Against a rule"}
)

// httpByCode is for statuses that did not come from the table, as those of the gRPC library.
var httpByCode = map[codes.Code]int{
	codes.InvalidArgument: http.StatusBadRequest, codes.NotFound: http.StatusNotFound, codes.AlreadyExists: http.StatusConflict,
	codes.FailedPrecondition: http.StatusConflict, codes.Aborted: http.StatusPreconditionFailed, codes.OutOfRange: http.StatusBadRequest,
	codes.PermissionDenied: http.StatusForbidden, codes.Unauthenticated: http.StatusUnauthorized, codes.Unimplemented: http.StatusNotFound,
	codes.ResourceExhausted: http.StatusTooManyRequests, codes.Unavailable: http.StatusServiceUnavailable,
	codes.DeadlineExceeded: http.StatusServiceUnavailable, codes.Canceled: statusClientClosed,
}

// errorDomain is the domain of the reasons in ErrorInfo.
const errorDomain = "fettle"

// statusOf maps an error of the domain to a status. Known says that it was in the table; an unknown error is Internal with a
// fixed text, and its cause belongs in the log.
func statusOf(err error) (s *status.Status, known bool) {
	if s, ok := status.FromError(err); ok {
		return s, s.Code() != codes.Internal && s.Code() != codes.Unknown
	}
	if s := rentalStatus(err); s != nil {
		return s, true
	}
	if fields := fieldsOf(err); fields != nil {
		return detailed(invalidRule, err.Error(), nil, &errdetails.BadRequest{FieldViolations: fields}), true
	}
	var field *policy.FieldError
	if errors.As(err, &field) {
		return detailed(fieldRule, field.Error(), nil, violations(field.Field, field.Want())), true
	}
	var conflict *engine.ConflictError
	if errors.As(err, &conflict) {
		r := conflictRule
		r.reason = conflict.Reason
		return detailed(r, conflict.Error(), map[string]string{"state": string(conflict.State)}), true
	}
	for _, r := range errmap {
		if errors.Is(err, r.err) {
			text := err.Error()
			if r.http >= http.StatusInternalServerError {
				text = r.err.Error() // what is behind it, as the address of a database, is not for callers
			}
			return detailed(r, text, nil), true
		}
	}
	return internalStatus(), false
}

// rentalStatus is the status of a rule or a state of the rental domain that forbids something; nil for other errors.
func rentalStatus(err error) *status.Status {
	var broken *fault.RuleError
	if errors.As(err, &broken) {
		return detailed(brokenRule, err.Error(), nil, violations(broken.Fault.Field, wanted(broken.Fault)))
	}
	var state *fault.StateError
	if errors.As(err, &state) {
		return detailed(stateRule, err.Error(), map[string]string{"state": state.State})
	}
	return nil
}

func internalStatus() *status.Status {
	return detailed(rule{code: codes.Internal, reason: "INTERNAL"}, errInternal.Error(), nil)
}

// detailed makes a status that carries its reason, and when to try again.
func detailed(r rule, text string, facts map[string]string, more ...protoadapt.MessageV1) *status.Status {
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: r.reason, Domain: errorDomain, Metadata: facts}}, more...)
	if r.retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(r.retry)})
	}
	s := status.New(r.code, text)
	if with, err := s.WithDetails(details...); err == nil {
		return with
	}
	return s
}

func violations(field, text string) *errdetails.BadRequest {
	return &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: text}}}
}

// fieldsOf lists the fields that an error names, nil when it is not about fields.
func fieldsOf(err error) []*errdetails.BadRequest_FieldViolation {
	violation := func(field, text string) *errdetails.BadRequest_FieldViolation {
		return &errdetails.BadRequest_FieldViolation{Field: field, Description: text}
	}
	var (
		many  *wire.InvalidFields
		one   *dispatch.InvalidError
		place *geo.InvalidError
		file  *problem.Error
		own   *policy.FieldError
	)
	switch {
	case errors.As(err, &own) && !own.Role:
		return []*errdetails.BadRequest_FieldViolation{violation(own.Field, own.Want())}
	case errors.As(err, &many):
		out := make([]*errdetails.BadRequest_FieldViolation, len(many.Faults))
		for i := range many.Faults {
			out[i] = violation(many.Faults[i].Field, wanted(&many.Faults[i]))
		}
		return out
	case errors.As(err, &one):
		return []*errdetails.BadRequest_FieldViolation{violation(one.Field, wanted(one))}
	case errors.As(err, &place):
		return []*errdetails.BadRequest_FieldViolation{violation(place.Field, fmt.Sprintf("is %v: want %s", place.Value, place.Want))}
	case errors.As(err, &file):
		return []*errdetails.BadRequest_FieldViolation{violation(file.Field, file.Msg)}
	}
	return nil
}

func wanted(e *dispatch.InvalidError) string {
	if e.Value == "" {
		return "want " + e.Want
	}
	return fmt.Sprintf("is %s: want %s", e.Value, e.Want)
}

// ruleOf finds how a status is shown over HTTP.
func ruleOf(s *status.Status) rule {
	var info *errdetails.ErrorInfo
	var again *errdetails.RetryInfo
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			info = d
		case *errdetails.RetryInfo:
			again = d
		}
	}
	out := rule{code: s.Code(), reason: info.GetReason(), retry: again.GetRetryDelay().AsDuration()}
	for _, r := range errmap {
		if r.reason == out.reason && r.code == out.code {
			out.http, out.title = r.http, r.title
			return out
		}
	}
	if out.reason == brokenRule.reason {
		out.http, out.title = brokenRule.http, brokenRule.title
		return out
	}
	switch s.Code() {
	case codes.InvalidArgument:
		out.http, out.title = invalidRule.http, invalidRule.title
	case codes.PermissionDenied:
		out.http, out.title = fieldRule.http, fieldRule.title
	case codes.FailedPrecondition:
		out.http, out.title = conflictRule.http, conflictRule.title
	default:
		out.http = httpByCode[s.Code()]
	}
	if out.http == 0 {
		out.http = http.StatusInternalServerError
	}
	if out.title == "" {
		out.title = http.StatusText(out.http)
	}
	if out.reason == "" {
		out.reason = reasonOf(s.Code())
	}
	return out
}

// reasonOf is the reason of a status that names none.
func reasonOf(c codes.Code) string {
	if c == codes.InvalidArgument {
		return invalidRule.reason
	}
	for _, r := range errmap {
		if r.code == c {
			return r.reason
		}
	}
	return "INTERNAL"
}
