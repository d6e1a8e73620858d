// Package guard is the one place that decides what is theirs: between the policy, which says of which fields and for which
// roles it is asked, and the methods, which know nothing of it. Calls by REST, by gRPC and in process pass it on their way in
// (Request) and out (Answer), messages of streams too.
//
// What is not theirs is not there: the answer is the one for an id that nobody ever had.
package guard

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/policy"
	"fettle/internal/wire"
	"fettle/org"
)

// Store is what a guard reads: committed rows, the log, and the answers that are kept under keys.
type Store interface {
	Order(ctx context.Context, o org.ID, id dispatch.WorkOrderID) (*engine.Order, error)
	OrderEvents(ctx context.Context, o org.ID, id dispatch.WorkOrderID, after int64, limit int) ([]engine.Event, error)
	Key(ctx context.Context, o org.ID, key string) (engine.IdempotencyRecord, error)
}

// Guard decides. It is safe for concurrent use.
type Guard struct {
	store  Store
	fields policy.Fields
}

// New makes a guard.
func New(s Store) *Guard { return &Guard{store: s} }

// Request judges a request before its method sees it. It may fill in what a caller may leave out. key is the idempotency key
// that came with it, "" for none. The errors are engine.ErrNotFound and *policy.FieldError, and those of the store.
func (g *Guard) Request(ctx context.Context, p *policy.Policy, who *auth.Principal, m proto.Message, key string) error {
	if err := g.fields.Writable(m, who.Roles); err != nil {
		return err
	}
	if !p.Own(who) {
		return nil
	}
	lost := false
	for i := range p.Targets {
		t := &p.Targets[i]
		err := t.Each(m.ProtoReflect(), func(id string) (string, error) { return g.target(ctx, t, who, id, m) })
		if errors.Is(err, engine.ErrNotFound) {
			lost = true // the others are still filled in: the request is compared with the one before
			continue
		}
		if err != nil {
			return err
		}
	}
	if lost && !g.answered(ctx, p, who, m, key) {
		return engine.ErrNotFound
	}
	return nil
}

// target judges one id, and returns what the method shall see in its place.
func (g *Guard) target(ctx context.Context, t *policy.Target, who *auth.Principal, id string, m proto.Message) (string, error) {
	switch {
	case id == "" && t.Rule == policyv1.Target_OPTIONAL:
		return "", nil
	case id == "" && t.Rule == policyv1.Target_FILL:
		if id = mine(who, t.Resource); id == "" {
			return "", engine.ErrNotFound
		}
		return id, nil
	}
	ok, err := g.owns(ctx, who, t.Resource, id)
	if err == nil && !ok && t.Resource == policyv1.Resource_TAPPED_ORDER && tapped(m) {
		ok, err = g.had(ctx, who, dispatch.WorkOrderID(id))
	}
	switch {
	case err != nil:
		return "", err
	case ok:
		return id, nil
	case t.Rule == policyv1.Target_EACH:
		return "", nil // as unknown as any id that nobody has
	}
	return "", engine.ErrNotFound
}

// mine is what a caller means who leaves out which one.
func mine(who *auth.Principal, r policyv1.Resource) string {
	switch r {
	case policyv1.Resource_TECHNICIAN_RECORD:
		return who.Technician
	case policyv1.Resource_UNIT:
		return who.Unit
	case policyv1.Resource_LEASE:
		return who.Lease
	}
	return ""
}

// owns reports whether a resource is a caller's.
func (g *Guard) owns(ctx context.Context, who *auth.Principal, r policyv1.Resource, id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	switch r {
	case policyv1.Resource_TECHNICIAN_RECORD:
		return who.Has(auth.Technician) && id == who.Technician, nil
	case policyv1.Resource_UNIT:
		return who.Has(auth.Tenant) && id == who.Unit, nil
	case policyv1.Resource_LEASE:
		return who.Has(auth.Tenant) && id == who.Lease, nil
	case policyv1.Resource_RENEWAL:
		return who.Has(auth.Tenant) && id == who.Renewal, nil
	case policyv1.Resource_SIGNATURE:
		return who.Has(auth.Tenant) && id == who.Signature, nil
	case policyv1.Resource_WORK_ORDER, policyv1.Resource_TAPPED_ORDER:
		return g.ownsOrder(ctx, who, dispatch.WorkOrderID(id), false)
	case policyv1.Resource_SERVED_ORDER:
		return g.ownsOrder(ctx, who, dispatch.WorkOrderID(id), true)
	}
	return false, fmt.Errorf("resource %s has no rule of ownership", r)
}

// ownsOrder reads the order even where the answer is known without it, so that it takes as long for one that is not there. Served
// says that an order which a technician has done is still that technician's.
func (g *Guard) ownsOrder(ctx context.Context, who *auth.Principal, id dispatch.WorkOrderID, served bool) (bool, error) {
	o, err := g.store.Order(ctx, who.Org, id)
	if errors.Is(err, engine.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	done := o.State == engine.StateCompleted || o.State == engine.StateVerified
	if who.Has(auth.Technician) && who.Technician != "" && (o.State.Open() || served && done) && string(o.TechnicianID()) == who.Technician {
		found(ctx, id, o.Version)
		return true, nil
	}
	if !who.Has(auth.Tenant) {
		return false, nil
	}
	if who.Order == string(id) {
		return true, nil
	}
	if who.Unit == "" || o.UnitID != who.Unit {
		return false, nil
	}
	first, err := g.store.OrderEvents(ctx, who.Org, id, 0, 1)
	return len(first) == 1 && first[0].Actor == who.Name, err
}

// tapped reports whether a request says when it was done.
func tapped(m proto.Message) bool {
	fd := m.ProtoReflect().Descriptor().Fields().ByName("tap_time")
	return fd != nil && m.ProtoReflect().Has(fd)
}

// hadPage is how many events of an order are read at a time.
const hadPage = 500

// had reports whether an order was assigned to a technician once: what was done then may be told now.
func (g *Guard) had(ctx context.Context, who *auth.Principal, id dispatch.WorkOrderID) (bool, error) {
	if !who.Has(auth.Technician) || who.Technician == "" {
		return false, nil
	}
	for after := int64(0); ; {
		events, err := g.store.OrderEvents(ctx, who.Org, id, after, hadPage)
		if err != nil {
			return false, err
		}
		for i := range events {
			after = events[i].Sequence
			if events[i].Type == engine.OrderAssigned && string(events[i].Technician) == who.Technician {
				return true, nil
			}
		}
		if len(events) < hadPage {
			return false, nil
		}
	}
}

// answered reports whether the same caller has had an answer to the same request under the same key: what was theirs then
// may have gone to another since, and still the answer is the same.
func (g *Guard) answered(ctx context.Context, p *policy.Policy, who *auth.Principal, m proto.Message, key string) bool {
	if key == "" {
		return false
	}
	kept, err := g.store.Key(ctx, who.Org, key)
	if err != nil || kept.Method != p.Method {
		return false
	}
	hash, err := wire.Hash(who.Name, m)
	return err == nil && hash == kept.Hash
}

// remains are the fields that are left of an order which the call has taken from its caller.
var remains = []protoreflect.Name{"id", "name", "etag", "state", "update_time", "late_tap"}

// Answer takes out of an answer, in place, what its caller may not see: fields that none of the roles sees, and all but the
// state of an order that is no longer theirs.
func (g *Guard) Answer(ctx context.Context, p *policy.Policy, who *auth.Principal, m proto.Message) error {
	if who.Has(auth.Technician) && p.Own(who) {
		if err := g.reduce(ctx, who, m.ProtoReflect()); err != nil {
			return err
		}
	}
	g.fields.Mask(m, who.Roles)
	return nil
}

// orderName is the message that shows an order.
const orderName = "fettle.dispatch.v1.WorkOrder"

func (g *Guard) reduce(ctx context.Context, who *auth.Principal, m protoreflect.Message) error {
	if m.Descriptor().FullName() != orderName {
		return nil
	}
	fields := m.Descriptor().Fields()
	id := m.Get(fields.ByName("id")).String()
	if knows(ctx, dispatch.WorkOrderID(id), m.Get(fields.ByName("etag")).String()) {
		return nil
	}
	ok, err := g.owns(ctx, who, policyv1.Resource_WORK_ORDER, id)
	if err != nil || ok {
		return err
	}
	keep := map[protoreflect.Name]bool{}
	for _, name := range remains {
		keep[name] = true
	}
	m.Range(func(fd protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !keep[fd.Name()] {
			m.Clear(fd)
		}
		return true
	})
	return nil
}

// Shown is a message of a stream as a caller may see it: the message itself where nothing is hidden, else a copy, since
// messages of streams are shared by all who watch.
func (g *Guard) Shown(who *auth.Principal, m proto.Message) proto.Message {
	if !g.fields.Hides(m.ProtoReflect().Descriptor(), who.Roles) {
		return m
	}
	out := proto.Clone(m)
	g.fields.Mask(out, who.Roles)
	return out
}
