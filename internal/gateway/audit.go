package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
	"fettle/internal/policy"
	"fettle/ledger"
	"fettle/org"
)

// Audit writes an entry of the audit down, durably; it sets the entry's time.
type Audit func(ctx context.Context, o org.ID, e ledger.Entry) error

// auditTime is how long an entry may take when its call has ended.
const auditTime = 3 * time.Second

// noted writes down how a call ended, where its policy asks for that: err, or that it succeeded. A call whose entry cannot be
// written does not succeed. What noted returns is what the caller is told.
func (g *gate) noted(ctx context.Context, p *policy.Policy, object, purpose string, err error) error {
	if p == nil || errors.Is(err, errShed) || errors.Is(err, auth.ErrTenantsRead) {
		return err // a flood must not fill the audit
	}
	switch p.Audit {
	case policyv1.Audit_READS:
	case policyv1.Audit_FAILURES, policyv1.Audit_ACTS:
		if err == nil {
			return nil
		}
	default:
		if !errors.Is(err, errForbidden) {
			return err
		}
	}
	result := ledger.OK
	if err != nil {
		s, _ := statusOf(err)
		result = ruleOf(s).reason
	}
	failed := g.write(ctx, p, object, purpose, result)
	if err == nil {
		return failed
	}
	if failed != nil {
		g.log.LogAttrs(ctx, slog.LevelError, "audit entry of a call that failed is lost", slog.String("method", p.Method),
			slog.String("requestId", requestID(ctx)), slog.Any("error", failed))
	}
	return err
}

// write writes an entry about a call, though its caller may have gone.
func (g *gate) write(ctx context.Context, p *policy.Policy, object, purpose, result string) error {
	who, ok := auth.FromContext(ctx)
	if !ok || who.Org == "" {
		return nil // nobody has called, or a stranger: the org is not known
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTime)
	defer cancel()
	return g.audit(ctx, who.Org, ledger.Entry{
		Actor: who.Name, Method: p.Method, Kind: p.Kind, ID: object, Result: result, Reason: purpose, RequestID: requestID(ctx),
	})
}

// purposeOf is the purpose that a request gives, "" when it has no such field.
func purposeOf(m proto.Message) string { return textOf(m, "purpose") }

// objectIn is the id in a path, "/v1/KIND/ID...": what a call is about that was refused before it was decoded.
func objectIn(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/v1/"), "/")
	if len(parts) < 2 {
		return ""
	}
	id, _, _ := strings.Cut(parts[1], ":")
	if !plainID(id) {
		return ""
	}
	return id
}
