package steeringserver

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/emptypb"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch/engine"
	"fettle/internal/auth"
	"fettle/internal/call"
	"fettle/internal/registry"
	"fettle/ledger"
	"fettle/org"
	"fettle/rental/fault"
	"fettle/steering"
)

// Keys of a policy: its number, and that it rules, which one does.
const (
	keyVersion = "version"
	keyRules   = "rules"
)

// Policies is how policies are kept.
func Policies() *registry.Kind[steering.Policy] {
	return &registry.Kind[steering.Policy]{
		Name: "policies", Prefix: "po_", State: func(p *steering.Policy) string { return string(p.State) },
		Keys: func(p *steering.Policy) []ledger.Key {
			keys := []ledger.Key{{Name: keyVersion, Value: ledger.Int(int64(p.Version)), Unique: true}}
			if p.State == steering.Active {
				keys = append(keys, ledger.Key{Name: keyRules, Unique: true})
			}
			return keys
		},
	}
}

// ruling is the policy that rules in an org, nil when none does.
func ruling(ctx context.Context, s ledger.Reader, o org.ID) (*registry.Item[steering.Policy], error) {
	k := Policies()
	found, _, err := k.List(ctx, s, o, k.Where(keyRules, ""), 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// Conduct is what the engine of an org should follow.
func Conduct(ctx context.Context, s ledger.Reader, o org.ID) (engine.Conduct, error) {
	item, err := ruling(ctx, s, o)
	if err != nil || item == nil {
		return engine.Conduct{}, err
	}
	return item.Value.Conduct(item.ID), nil
}

// policies implements PolicyService.
type policies struct {
	steeringv1.UnimplementedPolicyServiceServer
	*Server
	resource registry.Resource[steering.Policy, *steeringv1.Policy]
}

func newPolicies(s *Server) *policies {
	p := &policies{Server: s}
	p.resource = registry.Resource[steering.Policy, *steeringv1.Policy]{
		Registry: s.c.Registry, Kind: Policies(), Field: "policy", FromMessage: readPolicy, ToMessage: showPolicy,
	}
	return p
}

// CreatePolicy implements the method of the same name.
func (s *policies) CreatePolicy(ctx context.Context, r *steeringv1.CreatePolicyRequest) (*steeringv1.Policy, error) {
	v, err := readPolicy(r.GetPolicy())
	if err != nil {
		return nil, under("policy", err)
	}
	s.turning.Lock() // so that two drafts do not get the same number
	defer s.turning.Unlock()
	return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*steeringv1.Policy, error) {
		last := s.resource.Between(keyVersion, "", "")
		last.Descending = true
		found, _, err := s.resource.Kind.List(ctx, tx.Store(), tx.Org, last, 1)
		if err != nil {
			return nil, err
		}
		v.Version, v.State = 1, steering.Draft
		if len(found) > 0 {
			v.Version = found[0].Value.Version + 1
		}
		item, err := s.resource.Insert(tx, v)
		if err != nil {
			return nil, err
		}
		tx.About(s.resource.Name, item.ID)
		return showPolicy(item), nil
	})
}

// GetPolicy implements the method of the same name.
func (s *policies) GetPolicy(ctx context.Context, r *steeringv1.GetPolicyRequest) (*steeringv1.Policy, error) {
	return s.resource.Get(ctx, r.GetId())
}

// ListPolicies implements the method of the same name.
func (s *policies) ListPolicies(ctx context.Context, r *steeringv1.ListPoliciesRequest) (*steeringv1.ListPoliciesResponse, error) {
	found, next, err := s.resource.List(ctx, r, s.resource.All())
	if err != nil {
		return nil, err
	}
	return &steeringv1.ListPoliciesResponse{Policies: found, NextPageToken: next}, nil
}

// GetActivePolicy implements the method of the same name.
func (s *policies) GetActivePolicy(ctx context.Context, _ *steeringv1.GetActivePolicyRequest) (*steeringv1.Policy, error) {
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return s.rules(ctx, who.Org)
}

// rules shows what rules in an org.
func (s *policies) rules(ctx context.Context, o org.ID) (*steeringv1.Policy, error) {
	item, err := ruling(ctx, s.c.Store, o)
	if err != nil {
		return nil, err
	}
	if item == nil {
		return s.standard(), nil
	}
	return showPolicy(item), nil
}

// UpdatePolicy implements the method of the same name.
func (s *policies) UpdatePolicy(ctx context.Context, r *steeringv1.UpdatePolicyRequest) (*steeringv1.Policy, error) {
	own := s.resource
	own.Check = func(_ *registry.Tx, before, after *steering.Policy) error {
		if err := draft(r.GetPolicy().GetId(), before, "change"); err != nil {
			return err
		}
		kept := *before
		kept.Name, kept.Note, kept.Weights, kept.Freeze, kept.Rule, kept.Teams = after.Name, after.Note, after.Weights, after.Freeze, after.Rule, after.Teams
		*after = kept
		return nil
	}
	return own.Update(ctx, r, r.GetPolicy().GetId(), r.GetPolicy())
}

// DeletePolicy implements the method of the same name.
func (s *policies) DeletePolicy(ctx context.Context, r *steeringv1.DeletePolicyRequest) (*emptypb.Empty, error) {
	own := s.resource
	own.Check = func(_ *registry.Tx, before, _ *steering.Policy) error { return draft(r.GetId(), before, "delete") }
	return own.Delete(ctx, r, r.GetId(), r.GetEtag())
}

// draft refuses to touch a policy that has ruled: decisions name it.
func draft(id string, p *steering.Policy, verb string) error {
	if p.State == steering.Draft {
		return nil
	}
	return &fault.StateError{Thing: "policy " + id, State: string(p.State), Verb: verb, Legal: "a draft; write a new version"}
}

// ActivatePolicy implements the method of the same name.
func (s *policies) ActivatePolicy(ctx context.Context, r *steeringv1.ActivatePolicyRequest) (*steeringv1.Policy, error) {
	version, err := call.Version(r.GetEtag())
	if err != nil {
		return nil, err
	}
	return s.turn(ctx, func() (*steeringv1.Policy, error) {
		return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*steeringv1.Policy, error) {
			item, err := s.resource.Load(tx, r.GetId())
			if err != nil {
				return nil, err
			}
			if version != call.AnyVersion && version != item.Version {
				return nil, fmt.Errorf("policy %s: %w", item.ID, ledger.ErrStale)
			}
			tx.About(s.resource.Name, item.ID, "state")
			tx.Purpose(r.GetReason())
			if item.Value.State == steering.Active {
				return showPolicy(item), nil
			}
			if err := activate(tx, item); err != nil {
				return nil, err
			}
			return showPolicy(item), nil
		})
	})
}

// save writes a policy and shows it as it is then.
func (s *policies) save(tx *registry.Tx, item *registry.Item[steering.Policy]) (*steeringv1.Policy, error) {
	if err := s.resource.Save(tx, item); err != nil {
		return nil, err
	}
	return showPolicy(item), nil
}

// Adopt lets a policy rule, within a decision that has more to say. The error is ledger.ErrNotFound when there is none.
func Adopt(tx *registry.Tx, id string) error {
	item, err := Policies().Load(tx, id)
	if err != nil || item.Value.State == steering.Active {
		return err
	}
	tx.Also("policies", id, "state")
	return activate(tx, item)
}

// activate lets a policy rule in place of whichever does.
func activate(tx *registry.Tx, item *registry.Item[steering.Policy]) error {
	before, err := retire(tx)
	if err != nil {
		return err
	}
	previous := ""
	if before != nil {
		previous = before.ID
	}
	item.Value.Activate(tx.Now, tx.Who.Name, previous)
	return Policies().Save(tx, item)
}

// retire ends the rule of whichever policy rules, nil when none does.
func retire(tx *registry.Tx) (*registry.Item[steering.Policy], error) {
	item, err := ruling(tx.Context(), tx.Store(), tx.Org)
	if err != nil || item == nil {
		return nil, err
	}
	item.Value.Retire(tx.Now)
	tx.Also("policies", item.ID, "state")
	return item, Policies().Save(tx, item)
}

// RollbackPolicy implements the method of the same name.
func (s *policies) RollbackPolicy(ctx context.Context, r *steeringv1.RollbackPolicyRequest) (*steeringv1.Policy, error) {
	return s.turn(ctx, func() (*steeringv1.Policy, error) {
		return registry.Do(ctx, s.resource.Registry, r, func(tx *registry.Tx) (*steeringv1.Policy, error) {
			was, err := retire(tx)
			if err != nil {
				return nil, err
			}
			if was == nil {
				return nil, &fault.StateError{Thing: "the default policy", State: string(steering.Active), Verb: "roll back", Legal: "an active policy"}
			}
			tx.About(s.resource.Name, was.ID, "state")
			tx.Purpose(r.GetReason())
			if was.Value.Previous == "" {
				return s.standard(), nil
			}
			back, err := s.resource.Load(tx, was.Value.Previous)
			if err != nil {
				return nil, err
			}
			back.Value.Restore(tx.Now, tx.Who.Name)
			tx.Also(s.resource.Name, back.ID, "state")
			return s.save(tx, back)
		})
	})
}

// turn changes what rules, and lets the engine follow what rules then. One change at a time: the last that was written is the
// one that is followed.
func (s *policies) turn(ctx context.Context, change func() (*steeringv1.Policy, error)) (*steeringv1.Policy, error) {
	s.turning.Lock()
	defer s.turning.Unlock()
	out, err := change()
	if err != nil {
		return nil, err
	}
	who, ok := auth.FromContext(ctx)
	if !ok {
		return nil, auth.ErrUnknown
	}
	return out, s.c.Follow(ctx, who.Org)
}
