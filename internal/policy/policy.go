// Package policy reads the rules that are written beside each method in api/proto: who may call it, how large a request may
// be, how long it may take, and by which REST path it is reached. A method without a rule is an error: nothing is served
// that nobody has thought about.
package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	policyv1 "fettle/api/gen/fettle/policy/v1"
	"fettle/internal/auth"
)

// Limits that hold for every method unless its policy says otherwise.
const (
	// DefaultPageSize is how many resources are on a page of a list unless more or fewer are asked for.
	DefaultPageSize = 50
	// MaxPageSize is the most that are on a page.
	MaxPageSize = 1000
	// DefaultMaxBytes is the largest request in bytes.
	DefaultMaxBytes = 1 << 20
	// DefaultDeadline is the longest time a call may take.
	DefaultDeadline = 10 * time.Second
	// MaxHeaderBytes is the largest head of a request in bytes.
	MaxHeaderBytes = 16 << 10
	// MaxPositions is the largest batch of positions.
	MaxPositions = 1000
	// MaxStreams is how many event streams one org may have open.
	MaxStreams = 1000
	// KeyHours is how long idempotency keys are kept.
	KeyHours = 24
)

// Policy is the rule of one method.
type Policy struct {
	Method string // as "/fettle.dispatch.v1.WorkOrderService/CreateWorkOrder"
	// IdempotencyKey and IfMatch say which header is required.
	IdempotencyKey, IfMatch bool
	MaxBytes                int
	Deadline                time.Duration // 0 means no limit
	Streaming               bool          // in one direction at least

	HTTPMethod string // "" when the method has no REST path
	Path       string // template, as "/v1/workOrders/{id}:accept"
	Body       string // field that the body fills; "*" means the whole request, "" that there is no body
	// Request is the message that callers send.
	Request protoreflect.MessageDescriptor

	// Targets are the fields of the request that name a resource.
	Targets []Target

	// Audit says what its calls leave in the audit, Kind what they are about, as the path spells it.
	Audit policyv1.Audit
	Kind  string

	// Open says that it is called without a credential. With one, whatever it is, the same is true.
	Open bool

	roles, own map[auth.Role]bool
	object     []protoreflect.FieldDescriptor // with the id of what calls are about; nil when the path has none
}

// Allows reports whether a principal may call the method.
func (p *Policy) Allows(who *auth.Principal) bool {
	return slices.ContainsFunc(who.Roles, func(r auth.Role) bool { return p.roles[r] })
}

// Own reports whether a principal who may call the method reaches only what is theirs: none of their roles reaches more.
func (p *Policy) Own(who *auth.Principal) bool {
	return !slices.ContainsFunc(who.Roles, func(r auth.Role) bool { return p.roles[r] && !p.own[r] })
}

// Roles lists the roles that may call the method, by name.
func (p *Policy) Roles() []auth.Role { return slices.Sorted(maps.Keys(p.roles)) }

// OwnRoles lists those of the roles that reach only what is theirs, by name.
func (p *Policy) OwnRoles() []auth.Role { return slices.Sorted(maps.Keys(p.own)) }

// Table is the policies of all methods that are served, by Method.
type Table map[string]*Policy

// Read reads the policies of services by their full names, as "fettle.dispatch.v1.WorkOrderService".
func Read(services ...string) (Table, error) {
	t := Table{}
	for _, name := range services {
		d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			return nil, fmt.Errorf("policy of service %s: %w", name, err)
		}
		s, ok := d.(protoreflect.ServiceDescriptor)
		if !ok {
			return nil, fmt.Errorf("policy of service %s: it is not a service", name)
		}
		if err := t.add(s); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t Table) add(s protoreflect.ServiceDescriptor) error {
	for i := range s.Methods().Len() {
		p, err := read(s.Methods().Get(i))
		if err != nil {
			return err
		}
		t[p.Method] = p
	}
	return nil
}

func read(m protoreflect.MethodDescriptor) (*Policy, error) {
	name := fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
	in, ok := proto.GetExtension(m.Options(), policyv1.E_Method).(*policyv1.MethodPolicy)
	if !ok || in == nil {
		return nil, fmt.Errorf("method %s has no policy: add option (fettle.policy.v1.method)", name)
	}
	p := &Policy{
		Method: name, IdempotencyKey: in.GetIdempotencyKey(), IfMatch: in.GetIfMatch(),
		MaxBytes: DefaultMaxBytes, Streaming: m.IsStreamingClient() || m.IsStreamingServer(), Request: m.Input(),
		Audit: in.GetAudit(), roles: map[auth.Role]bool{}, own: map[auth.Role]bool{},
	}
	for _, r := range in.GetRoles() {
		p.roles[auth.Role(r.String())] = true
	}
	if err := p.open(in); err != nil {
		return nil, fmt.Errorf("policy of method %s: %w", name, err)
	}
	if err := p.scope(in); err != nil {
		return nil, fmt.Errorf("policy of method %s: %w", name, err)
	}
	if v := in.GetMaxRequestBytes(); v > 0 {
		p.MaxBytes = int(v)
	}
	if p.Deadline = time.Duration(in.GetDeadlineSeconds()) * time.Second; p.Deadline == 0 && !p.Streaming {
		p.Deadline = DefaultDeadline
	}
	if rule, ok := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule); ok && rule != nil {
		p.HTTPMethod, p.Path = pattern(rule)
		p.Body = rule.GetBody()
		if err := p.about(); err != nil {
			return nil, fmt.Errorf("path of method %s: %w", name, err)
		}
	}
	return p, nil
}

// open reads whether a method is called without a credential: then every role may call it, and nothing is anybody's own.
func (p *Policy) open(in *policyv1.MethodPolicy) error {
	p.Open = in.GetOpen()
	if !p.Open {
		return nil
	}
	if len(p.roles) > 0 || len(in.GetTargets()) > 0 || p.Streaming || in.GetAudit() != policyv1.Audit_AUDIT_UNSPECIFIED {
		return errors.New("an open method has no roles, targets, streams or audit: nobody is known who calls it")
	}
	for _, r := range auth.AllRoles() {
		p.roles[r] = true
	}
	return nil
}

func pattern(r *annotations.HttpRule) (method, path string) {
	switch p := r.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return "GET", p.Get
	case *annotations.HttpRule_Put:
		return "PUT", p.Put
	case *annotations.HttpRule_Post:
		return "POST", p.Post
	case *annotations.HttpRule_Delete:
		return "DELETE", p.Delete
	case *annotations.HttpRule_Patch:
		return "PATCH", p.Patch
	}
	return "", ""
}
