package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/dispatch"
	"fettle/internal/auth"
	"fettle/internal/fair"
	"fettle/internal/guard"
	"fettle/internal/policy"
	"fettle/internal/throttle"
	"fettle/internal/wire"
	"fettle/ledger"
	"fettle/org"
)

// Headers of calls, as metadata spells them.
const (
	keyHeader       = "idempotency-key"
	ifMatchHeader   = "if-match"
	requestIDHeader = "x-request-id"
	authHeader      = "authorization"
)

// maxKey is the longest idempotency key in characters.
const maxKey = 255

// Authenticator tells whose token it is; auth.ErrUnknown when nobody's.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (*auth.Principal, error)
}

// gate is what every call passes, in this order: recover, request id, authenticate, authorise, deadline, required headers,
// validation, ownership; and on the way back what the caller may see, and the table of errors.
type gate struct {
	methods policy.Table
	auth    Authenticator
	guard   *guard.Guard
	log     *slog.Logger
	panics  atomic.Int64
	shed    atomic.Int64
	quiet   atomic.Int64 // second in which the log was last told of a call that was refused
	clock   Clock
	// recheck is how often an open stream asks whether its caller may still have it.
	recheck time.Duration
	fair    *fair.Limiter
	// strangers counts calls without a credential, by address.
	strangers *throttle.Limiter
	trace     func(ctx context.Context, method, org string) (context.Context, func(code string))
	broken    func() bool
	audit     Audit
	looked    Looked
	counted   Shown
	// ended is told of each call that has ended.
	ended func(method, code string, stream bool, took time.Duration)
}

type (
	requestKey struct{}
	admitKey   struct{}
)

// requestID is the id of a call, for the log and the answer.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// withRequestID gives a call an id: that of the caller when it is a plain one, else a new one.
func withRequestID(ctx context.Context, given string) context.Context {
	if !plainID(given) {
		var b [16]byte // as many as a trace id has
		// crypto/rand.Read does not fail: the program ends when the system has no randomness.
		_, _ = rand.Read(b[:])
		given = hex.EncodeToString(b[:])
	}
	return context.WithValue(ctx, requestKey{}, given)
}

func plainID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(plainLetters, r) }) < 0
}

// plainLetters may stand in an id that callers give.
const plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

// admit finds out who calls and whether they may. Object is what the call is about, as far as that is known.
func (g *gate) admit(ctx context.Context, p *policy.Policy, authorization, object string) (context.Context, error) {
	if p == nil {
		return ctx, errForbidden // a method that nobody has thought about
	}
	if p.Open {
		return g.admitStranger(ctx, p)
	}
	who, err := g.authenticate(ctx, authorization)
	if err != nil {
		return ctx, err
	}
	ctx = auth.NewContext(ctx, who)
	if !p.Allows(who) {
		if ctx, err = g.takeIn(ctx, fair.Normal); err != nil {
			return ctx, err
		}
		return ctx, g.noted(ctx, p, object, "", errForbidden)
	}
	return g.take(context.WithValue(ctx, admitKey{}, p), p)
}

// authenticate finds out whose credential stands in a header.
func (g *gate) authenticate(ctx context.Context, authorization string) (*auth.Principal, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, errNoCredential
	}
	return g.auth.Authenticate(ctx, token)
}

// enter is the first half of the gate. A REST call that was admitted before its body was read is not asked again.
func (g *gate) enter(ctx context.Context, method string, req any) (context.Context, *policy.Policy, error) {
	p := g.methods[method]
	md, _ := metadata.FromIncomingContext(ctx)
	if requestID(ctx) == "" {
		ctx = withRequestID(ctx, first(md, requestIDHeader))
	}
	if admitted, ok := ctx.Value(admitKey{}).(*policy.Policy); ok && admitted == p && p != nil {
		return ctx, p, nil
	}
	object := ""
	if m, ok := req.(proto.Message); ok && p != nil {
		object = p.Object(m.ProtoReflect())
	}
	ctx, err := g.admit(ctx, p, first(md, authHeader), object)
	return ctx, p, err
}

func first(md metadata.MD, name string) string {
	if v := md.Get(name); len(v) > 0 {
		return v[0]
	}
	return ""
}

// unary is the gate of calls with one request and one answer.
func (g *gate) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	began, end := g.clock.Now(), func(string) {}
	defer func() {
		if cause := recover(); cause != nil {
			err = g.recovered(ctx, info.FullMethod, cause)
		}
		err = g.shown(ctx, info.FullMethod, err)
		end(status.Code(err).String())
		g.done(ctx, info.FullMethod, err, false, g.clock.Now().Sub(began))
	}()
	ctx, p, err := g.enter(ctx, info.FullMethod, req)
	if err != nil {
		return nil, err
	}
	o, _ := org.FromContext(ctx)
	ctx, end = g.trace(ctx, info.FullMethod, string(o))
	leave, err := g.begin(ctx, p, req)
	if err != nil {
		return nil, err
	}
	defer leave()
	if p.Deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Deadline)
		defer cancel()
	}
	m, ok := req.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("request of %s is a %T", info.FullMethod, req)
	}
	resp, err = g.checked(ctx, p, m, handler)
	if err = g.noted(ctx, p, p.Object(m.ProtoReflect()), purposeOf(m), err); err != nil {
		return nil, err
	}
	return resp, nil
}

// checked calls the method with a request that is as the contract wants it.
func (g *gate) checked(ctx context.Context, p *policy.Policy, m proto.Message, handler grpc.UnaryHandler) (any, error) {
	if err := required(ctx, p, m); err != nil {
		return nil, err
	}
	if err := wire.Validate(m); err != nil {
		return nil, err
	}
	return g.guarded(ctx, p, m, handler)
}

// guarded calls the method for what is the caller's, and takes out of its answer what is not.
func (g *gate) guarded(ctx context.Context, p *policy.Policy, m proto.Message, handler grpc.UnaryHandler) (any, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	ctx = guard.WithMemo(ctx)
	md, _ := metadata.FromIncomingContext(ctx)
	if err := g.guard.Request(ctx, p, who, m, first(md, keyHeader)); err != nil {
		return nil, err
	}
	if p.Audit == policyv1.Audit_ACTS {
		if err := g.write(ctx, p, p.Object(m.ProtoReflect()), purposeOf(m), ledger.OK); err != nil {
			return nil, err
		}
	}
	resp, err := handler(ctx, m)
	if err != nil {
		return nil, err
	}
	if out, ok := resp.(proto.Message); ok {
		if err := g.guard.Answer(ctx, p, who, out); err != nil {
			return nil, err
		}
		if err := g.count(ctx, p, who, out); err != nil {
			return nil, err
		}
		return out, g.look(ctx, p, who, out)
	}
	return resp, nil
}

// required checks the headers that a method needs, and moves If-Match into the message.
func required(ctx context.Context, p *policy.Policy, m proto.Message) error {
	md, _ := metadata.FromIncomingContext(ctx)
	if err := checkKey(md, p.IdempotencyKey); err != nil {
		return err
	}
	etag := m.ProtoReflect().Descriptor().Fields().ByName("etag")
	if etag == nil {
		return nil
	}
	if err := ifMatch(md, m.ProtoReflect(), etag); err != nil {
		return err
	}
	if p.IfMatch && m.ProtoReflect().Get(etag).String() == "" {
		return errNoIfMatch
	}
	return nil
}

func checkKey(md metadata.MD, needed bool) error {
	keys := md.Get(keyHeader)
	if len(keys) == 0 || keys[0] == "" {
		if needed {
			return errNoKey
		}
		return nil
	}
	bad := len(keys) > 1 || len(keys[0]) > maxKey
	for _, r := range keys[0] {
		bad = bad || r < ' ' || r > '~'
	}
	if bad {
		return &dispatch.InvalidError{Field: "Idempotency-Key", Want: fmt.Sprintf("one header of up to %d characters of ASCII", maxKey)}
	}
	return nil
}

// ifMatch moves the header into the field that carries it.
func ifMatch(md metadata.MD, m protoreflect.Message, etag protoreflect.FieldDescriptor) error {
	header := strings.TrimSpace(first(md, ifMatchHeader))
	if header == "" {
		return nil
	}
	given := m.Get(etag).String()
	weak := strings.HasPrefix(header, "W/") // never equal in the strong comparison that If-Match asks for
	value := strings.Trim(header, `"`)
	if strings.Contains(value, `"`) && !weak || given != "" && given != value {
		return &dispatch.InvalidError{Field: "If-Match", Value: header, Want: "one etag, the same as in the body"}
	}
	m.Set(etag, protoreflect.ValueOfString(value))
	return nil
}

func (g *gate) recovered(ctx context.Context, method string, cause any) error {
	g.panics.Add(1)
	// What a panic says may hold what a caller wrote; what the runtime says does not.
	text := fmt.Sprintf("%T", cause)
	var own runtime.Error
	if err, ok := cause.(error); ok && errors.As(err, &own) {
		text = own.Error()
	}
	g.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("method", method), slog.String("requestId", requestID(ctx)),
		slog.String("cause", text), slog.String("stack", string(debug.Stack())))
	return errInternal
}

// shown maps an error for the caller, and writes those that nobody foresaw to the log.
func (g *gate) shown(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	s, known := statusOf(err)
	if !known {
		g.log.LogAttrs(ctx, slog.LevelError, "call failed", slog.String("method", method),
			slog.String("requestId", requestID(ctx)), slog.Any("error", err))
		s = internalStatus()
	}
	if known && ruleOf(s).http >= http.StatusInternalServerError {
		g.log.LogAttrs(ctx, slog.LevelWarn, "call was not served", slog.String("method", method),
			slog.String("requestId", requestID(ctx)), slog.Any("error", err))
	}
	if s.Code() == codes.OK {
		return status.Error(codes.Internal, errInternal.Error())
	}
	return s.Err()
}
