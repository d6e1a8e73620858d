// Package trace sends what a call went through to a collector by OTLP over HTTP: the edge, the territory, its commit. It is
// off unless an address is given, and then costs a call some microseconds. Spans hold methods, codes, orgs and times, never
// what a caller wrote.
package trace

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"
)

// Tracer makes spans. A nil Tracer makes none. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
}

// Open begins to send spans to a collector, as http://127.0.0.1:4318. A collector that is away costs spans, nothing else. A
// call whose id is 32 hexadecimal digits has that as the id of its trace; idOf tells it.
func Open(ctx context.Context, address string, idOf func(context.Context) string) (*Tracer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--otlp %s: want a URL as http://127.0.0.1:4318", address)
	}
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(strings.TrimSuffix(address, "/")+"/v1/traces"))
	if err != nil {
		return nil, fmt.Errorf("--otlp %s: %w", address, err)
	}
	p := sdk.NewTracerProvider(
		sdk.WithBatcher(out), sdk.WithIDGenerator(ids{idOf}),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "fettle"))),
	)
	return &Tracer{provider: p, tracer: p.Tracer("fettle")}, nil
}

// ids makes the ids of spans: a trace has that of its call.
type ids struct{ of func(context.Context) string }

// NewIDs implements sdk.IDGenerator.
func (g ids) NewIDs(ctx context.Context) (t otel.TraceID, s otel.SpanID) {
	t, err := otel.TraceIDFromHex(g.of(ctx))
	if err != nil { // the caller has named it otherwise
		_, _ = rand.Read(t[:])
	}
	return t, g.NewSpanID(ctx, t)
}

// NewSpanID implements sdk.IDGenerator.
func (ids) NewSpanID(context.Context, otel.TraceID) (s otel.SpanID) {
	_, _ = rand.Read(s[:]) // does not fail
	return s
}

// Call begins the span of a call at the edge; end ends it with a gRPC code.
func (t *Tracer) Call(ctx context.Context, method, org string) (_ context.Context, end func(code string)) {
	if t == nil {
		return ctx, func(string) {}
	}
	ctx, span := t.tracer.Start(ctx, strings.TrimPrefix(method, "/"), otel.WithSpanKind(otel.SpanKindServer),
		otel.WithAttributes(attribute.String("rpc.system", "grpc"), attribute.String("fettle.org", org)))
	return ctx, func(code string) {
		span.SetAttributes(attribute.String("rpc.grpc.status", code))
		if code != "OK" {
			span.SetStatus(codes.Error, code)
		}
		span.End()
	}
}

// Steps tells of a request that a territory has served: sent to it, decided with others of its batch, committed.
func (t *Tracer) Steps(ctx context.Context, sent, decided, committed time.Time) {
	if t == nil {
		return
	}
	ctx, whole := t.tracer.Start(ctx, "territory", otel.WithTimestamp(sent))
	_, commit := t.tracer.Start(ctx, "commit", otel.WithTimestamp(decided))
	commit.End(otel.WithTimestamp(committed))
	whole.End(otel.WithTimestamp(committed))
}

// Close sends what is left, as long as ctx lasts.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last spans: %w", err)
	}
	return nil
}
