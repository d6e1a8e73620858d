package policy

import (
	"math"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
)

// coarseDegrees is the side of the squares to which whereabouts are made coarse: some 2 km.
const coarseDegrees = 0.02

// onTheJob are the states in which a message shows a person at work: the whereabouts in it are then those of the visit.
var onTheJob = []string{"EN_ROUTE", "ON_SITE", "WORKING"}

// roleSet is a set of roles, a bit each.
type roleSet uint32

func setOf(roles []auth.Role) roleSet {
	var s roleSet
	for _, r := range roles {
		s |= 1 << policyv1.Role_value[string(r)]
	}
	return s
}

func setIn(roles []policyv1.Role) roleSet {
	var s roleSet
	for _, r := range roles {
		s |= 1 << r
	}
	return s
}

// plan is what is done to messages of one type for one set of roles.
type plan struct{ steps []step }

type step struct {
	fd   protoreflect.FieldDescriptor
	do   action
	next *plan // of the message in the field, for descend
}

type action int

const (
	descend action = iota
	hide           // the field goes
	coarsen        // the whereabouts become coarse
	refuse         // a request may not set it: only the service does
	forbid         // a request of these roles may not set it
)

type planKey struct {
	message protoreflect.FullName
	roles   roleSet
	request bool
}

// Fields applies the rules of fields. The zero value is ready; it is safe for concurrent use and remembers what it has worked
// out: a few types for a few sets of roles.
type Fields struct {
	plans sync.Map // planKey to *plan
}

// planOf makes the plan of a message, nil when there is nothing to do.
func (f *Fields) planOf(m protoreflect.MessageDescriptor, roles roleSet, request bool) *plan {
	key := planKey{m.FullName(), roles, request}
	if known, ok := f.plans.Load(key); ok {
		made, _ := known.(*plan)
		return made
	}
	b := &planner{roles: roles, request: request, open: map[protoreflect.FullName]*plan{}}
	made := b.plan(m)
	f.plans.Store(key, made)
	return made
}

// planner makes the plans of a message and of those in it; a message may hold messages of its own type.
type planner struct {
	roles   roleSet
	request bool
	open    map[protoreflect.FullName]*plan
}

func (b *planner) plan(m protoreflect.MessageDescriptor) *plan {
	if p, ok := b.open[m.FullName()]; ok {
		return p
	}
	if !b.concerns(m, map[protoreflect.FullName]bool{}) {
		return nil
	}
	p := &plan{}
	b.open[m.FullName()] = p
	for i := range m.Fields().Len() {
		fd := m.Fields().Get(i)
		if do := b.rule(fd); do != descend {
			p.steps = append(p.steps, step{fd: fd, do: do})
			continue
		}
		if inner := messageOf(fd); inner != nil {
			if next := b.plan(inner); next != nil {
				p.steps = append(p.steps, step{fd: fd, next: next})
			}
		}
	}
	return p
}

// concerns reports whether anything has to be done in a message or below it.
func (b *planner) concerns(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	for i := range m.Fields().Len() {
		fd := m.Fields().Get(i)
		if b.rule(fd) != descend {
			return true
		}
		if inner := messageOf(fd); inner != nil && b.concerns(inner, seen) {
			return true
		}
	}
	return false
}

// messageOf is the message that a field, a list or the values of a map hold, nil when they hold none.
func messageOf(fd protoreflect.FieldDescriptor) protoreflect.MessageDescriptor {
	if fd.IsMap() {
		return fd.MapValue().Message()
	}
	return fd.Message()
}

// rule says what the annotation of a field means for the roles.
func (b *planner) rule(fd protoreflect.FieldDescriptor) action {
	p, ok := proto.GetExtension(fd.Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
	if !ok || p == nil {
		return descend
	}
	outside := func(roles []policyv1.Role) bool { return len(roles) > 0 && setIn(roles)&b.roles == 0 }
	switch {
	case b.request && p.GetOutputOnly():
		return refuse
	case b.request && outside(p.GetWritableBy()):
		return forbid
	case b.request:
		return descend
	case outside(p.GetVisibleTo()):
		return hide
	case outside(p.GetExactTo()):
		return coarsen
	}
	return descend
}

// Hides reports whether anything in messages of a type is kept from roles: whether Mask could change one.
func (f *Fields) Hides(m protoreflect.MessageDescriptor, roles []auth.Role) bool {
	return f.planOf(m, setOf(roles), false) != nil
}

// Mask takes out of a message what none of the roles may see, in place. It is the one serializer's rule: answers, streams,
// errors and exports pass it before they are encoded.
func (f *Fields) Mask(m proto.Message, roles []auth.Role) {
	if p := f.planOf(m.ProtoReflect().Descriptor(), setOf(roles), false); p != nil {
		p.mask(m.ProtoReflect())
	}
}

func (p *plan) mask(m protoreflect.Message) {
	for i := range p.steps {
		s := &p.steps[i]
		if !m.Has(s.fd) {
			continue
		}
		switch s.do {
		case hide:
			m.Clear(s.fd)
		case coarsen:
			if !working(m) {
				coarse(m.Mutable(s.fd).Message())
			}
		default:
			into(m, s.fd, func(inner protoreflect.Message) { s.next.mask(inner) })
		}
	}
}

// into hands each message in a field to f.
func into(m protoreflect.Message, fd protoreflect.FieldDescriptor, f func(protoreflect.Message)) {
	switch {
	case fd.IsMap():
		m.Get(fd).Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			f(v.Message())
			return true
		})
	case fd.IsList():
		list := m.Get(fd).List()
		for i := range list.Len() {
			f(list.Get(i).Message())
		}
	default:
		f(m.Mutable(fd).Message())
	}
}

// working reports whether a message says that its person is on the way or at work.
func working(m protoreflect.Message) bool {
	fd := m.Descriptor().Fields().ByName("state")
	if fd == nil || fd.Enum() == nil {
		return false
	}
	v := fd.Enum().Values().ByNumber(m.Get(fd).Enum())
	return v != nil && slices.Contains(onTheJob, string(v.Name()))
}

// coarse moves a place to the middle of its square, and takes away what would tell it better: cells, accuracies, names.
func coarse(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.Name() == "latitude" || fd.Name() == "longitude":
			middle := (math.Floor(v.Float()/coarseDegrees) + 0.5) * coarseDegrees
			m.Set(fd, protoreflect.ValueOfFloat64(math.Round(middle*1e6)/1e6))
		case fd.Kind() == protoreflect.StringKind || fd.Kind() == protoreflect.DoubleKind:
			m.Clear(fd)
		case fd.Message() != nil && fd.Message().Fields().ByName("latitude") != nil:
			coarse(m.Mutable(fd).Message())
		}
		return true
	})
}
