// Package auth tells who sends a request: a bearer token becomes a Principal with an org and roles. What a principal may do
// is written beside each method of the API (internal/policy).
package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"

	"fettle/org"
)

// ErrUnknown says that nobody has such a credential.
var ErrUnknown = errors.New("credential is not known")

// ErrTenantsRead says that somebody reads more tenants than one person does.
var ErrTenantsRead = errors.New("more tenants than one person reads; an export by permission, or a key that may read all, is for that")

// Role is what a credential may act as. The values are the names of fettle.policy.v1.Role.
type Role string

// The roles.
const (
	OrgAdmin   Role = "ORG_ADMIN"
	Dispatcher Role = "DISPATCHER"
	Supervisor Role = "SUPERVISOR"
	Technician Role = "TECHNICIAN"
	Finance    Role = "FINANCE"
	FrontDesk  Role = "FRONT_DESK"
	Planner    Role = "PLANNER"
	Auditor    Role = "AUDITOR"
	Tenant     Role = "TENANT"
)

// AllRoles lists every role: what the token of the first start has.
func AllRoles() []Role {
	return []Role{OrgAdmin, Dispatcher, Supervisor, Technician, Finance, FrontDesk, Planner, Auditor, Tenant}
}

// Principal is who sends a request.
type Principal struct {
	Name  string // as it stands in the log
	Org   org.ID
	Roles []Role
	// Technician is who a technician is, "" when it is nobody: such a principal owns nothing.
	Technician string
	// Order and Unit are what the link of a tenant is about: one order, or the reports that are made with it for a dwelling.
	Order, Unit string
	// Lease and Renewal are what a link is about that offers to stay: a lease, and a proposal to renew it.
	Lease, Renewal string
	// Signature is what a link is about by which somebody signs: an envelope.
	Signature string
	// Session is what somebody signed in with, "" for other credentials.
	Session string
	// AllTenants says that no limit holds for how many tenants are read: a program that an admin has let.
	AllTenants bool
	// Place is where the dwelling of a link is, degrees north and east; nil when the link does not say.
	Place *[2]float64
}

// Same reports whether two principals may do the same: what keeps an open stream open.
func (p *Principal) Same(q *Principal) bool {
	return p.Name == q.Name && p.Org == q.Org && slices.Equal(p.Roles, q.Roles) &&
		p.Technician == q.Technician && p.Order == q.Order && p.Unit == q.Unit && p.Lease == q.Lease && p.Renewal == q.Renewal &&
		p.Signature == q.Signature && p.AllTenants == q.AllTenants
}

// Has reports whether the principal has a role.
func (p *Principal) Has(r Role) bool { return slices.Contains(p.Roles, r) }

type contextKey struct{}

// NewContext returns a context that carries a principal, and its org.
func NewContext(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(org.NewContext(ctx, p.Org), contextKey{}, p)
}

// FromContext returns the principal of a context; false when it has none.
func FromContext(ctx context.Context) (*Principal, bool) {
	p, ok := ctx.Value(contextKey{}).(*Principal)
	return p, ok
}

// Tokens are bearer tokens that are kept as hashes. It is safe for concurrent use.
type Tokens struct {
	mu    sync.RWMutex
	known []credential
}

type credential struct {
	sum       [sha256.Size]byte
	principal *Principal
}

// Add makes a token known. The token itself is not kept.
func (t *Tokens) Add(token string, p Principal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = append(t.known, credential{sum: sha256.Sum256([]byte(token)), principal: &p})
}

// Remove makes a token unknown.
func (t *Tokens) Remove(token string) {
	sum := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = slices.DeleteFunc(t.known, func(c credential) bool { return c.sum == sum })
}

// Authenticate returns whose token it is, or ErrUnknown. Every known token is compared, each in constant time, so that the
// time taken tells nothing about them.
func (t *Tokens) Authenticate(_ context.Context, token string) (*Principal, error) {
	sum := sha256.Sum256([]byte(token))
	t.mu.RLock()
	defer t.mu.RUnlock()
	var found *Principal
	for i := range t.known {
		if subtle.ConstantTimeCompare(sum[:], t.known[i].sum[:]) == 1 {
			found = t.known[i].principal
		}
	}
	if found == nil || token == "" {
		return nil, ErrUnknown
	}
	return found, nil
}
