package tenancyserver

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	tenancyv1 "fettle/api/gen/fettle/tenancy/v1"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/invalid"
	"fettle/org"
)

// DefaultReads is how many tenants somebody reads within an hour, unless the operator says otherwise.
const DefaultReads = 500

// readWindow is for how long a tenant that was read counts.
const readWindow = time.Hour

// ReadLimits are how many different tenants one person may read within an hour, by role; 0 is for any number. A person with several
// roles has the limit of the widest.
type ReadLimits struct {
	Usual  int
	ByRole map[auth.Role]int
}

// ParseReadLimits reads a number, and numbers by role: "500,FINANCE=100,SUPERVISOR=0". "" is DefaultReads for everybody.
func ParseReadLimits(text string) (ReadLimits, error) {
	out := ReadLimits{Usual: DefaultReads, ByRole: map[auth.Role]int{}}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		role, number, named := strings.Cut(part, "=")
		if !named {
			number = role
		}
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || named && !limited(auth.Role(role)) {
			return out, &invalid.Error{Field: "tenant reads", Value: part, Want: "a number of tenants an hour, or ROLE=NUMBER of DISPATCHER, SUPERVISOR, TECHNICIAN, FINANCE or FRONT_DESK; 0 for no limit"}
		}
		if named {
			out.ByRole[auth.Role(role)] = n
		} else {
			out.Usual = n
		}
	}
	return out, nil
}

// limited reports whether a limit holds for a role at all: org admins and auditors answer for everybody, others see no tenants.
func limited(r auth.Role) bool {
	switch r {
	case auth.Dispatcher, auth.Supervisor, auth.Technician, auth.Finance, auth.FrontDesk:
		return true
	}
	return false
}

// of is how many tenants a person may read within an hour; 0 for any number.
func (l *ReadLimits) of(who *auth.Principal) (most int) {
	if who.AllTenants {
		return 0
	}
	for _, r := range who.Roles {
		n, named := l.ByRole[r]
		switch {
		case r == auth.OrgAdmin || r == auth.Auditor:
			return 0
		case !limited(r):
			continue
		case !named:
			n = l.Usual
		}
		if n == 0 {
			return 0
		}
		most = max(most, n)
	}
	return most
}

// Readers counts which tenants were shown to whom within an hour, in memory: after a start nobody has read any.
type Readers struct {
	limits ReadLimits
	clock  call.Clock

	mu    sync.Mutex
	all   map[reading]*shown
	swept time.Time
}

// reading is somebody who reads.
type reading struct {
	org org.ID
	who string
}

// shown is what somebody was shown, and when it was told last that it was too much.
type shown struct {
	tenants map[string]time.Time
	told    time.Time
}

// NewReaders makes one.
func NewReaders(l ReadLimits, c call.Clock) *Readers {
	return &Readers{limits: l, clock: c, all: map[reading]*shown{}}
}

// Shown counts the tenants in an answer to somebody, before it goes out. It refuses, with auth.ErrTenantsRead, one that would show more
// of them than one person reads; first says that it is the first such answer within an hour. Answers to changes do not count.
func (r *Readers) Shown(who *auth.Principal, m proto.Message) (first bool, err error) {
	ids := tenantsIn(m)
	if len(ids) == 0 {
		return false, nil
	}
	most := r.limits.of(who)
	if most == 0 {
		return false, nil
	}
	now := r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	key := reading{who.Org, who.Name}
	s := r.all[key]
	if s == nil {
		s = &shown{tenants: map[string]time.Time{}}
		r.all[key] = s
	}
	fresh := 0
	for _, id := range ids {
		if _, known := s.tenants[id]; !known {
			fresh++
		}
	}
	if fresh > 0 && len(s.tenants)+fresh > most {
		if first = s.told.IsZero() || now.Sub(s.told) >= readWindow; first {
			s.told = now
		}
		return first, fmt.Errorf("%w: %d within an hour, at most %d", auth.ErrTenantsRead, len(s.tenants)+fresh, most)
	}
	for _, id := range ids {
		if s.tenants[id].IsZero() {
			s.tenants[id] = now
		}
	}
	return false, nil
}

// Counter is Shown for the edge; told hears of the first answer within an hour that is refused to somebody.
func (r *Readers) Counter(told func(context.Context, *auth.Principal)) func(context.Context, *auth.Principal, proto.Message) (bool, error) {
	return func(ctx context.Context, who *auth.Principal, m proto.Message) (bool, error) {
		first, err := r.Shown(who, m)
		if first {
			told(ctx, who)
		}
		return first, err
	}
}

// sweep forgets, once a minute, what was shown longer ago than counts.
func (r *Readers) sweep(now time.Time) {
	if since := now.Sub(r.swept); since >= 0 && since < time.Minute {
		return
	}
	r.swept = now
	for key, s := range r.all {
		for id, at := range s.tenants {
			if now.Sub(at) >= readWindow {
				delete(s.tenants, id)
			}
		}
		if len(s.tenants) == 0 && now.Sub(s.told) >= readWindow {
			delete(r.all, key)
		}
	}
}

// tenantsIn are the tenants that an answer shows.
func tenantsIn(m proto.Message) (out []string) {
	switch m := m.(type) {
	case *tenancyv1.Tenant:
		out = append(out, m.GetId())
	case *tenancyv1.ListTenantsResponse:
		for _, t := range m.GetTenants() {
			out = append(out, t.GetId())
		}
	case *tenancyv1.SearchTenantsResponse:
		for _, t := range m.GetTenants() {
			out = append(out, t.GetId())
		}
	case *tenancyv1.TenantNumbers:
		out = append(out, m.GetId())
	case *tenancyv1.OrderContacts:
		for _, t := range m.GetContacts() {
			out = append(out, t.GetId())
		}
	}
	return out
}
