package steeringserver

import (
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	steeringv1 "fettle/api/gen/fettle/steering/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/invalid"
	"fettle/steering"
)

// under moves an error of a field under another.
func under(field string, err error) error {
	var wrong *invalid.Error
	if errors.As(err, &wrong) {
		moved := *wrong
		moved.Field = field + "." + moved.Field
		return &moved
	}
	return err
}

// standardWeights are those of the default.
func standardWeights() engine.Weights {
	p := engine.DefaultPolicy()
	return engine.WeightsOf(&p)
}

// standard is the policy that rules while none is active.
func (s *policies) standard() *steeringv1.Policy {
	w := standardWeights()
	return &steeringv1.Policy{
		Id: steering.Default, State: steeringv1.Policy_ACTIVE, DisplayName: "Default", Weights: showWeights(&w),
		Rule: &steeringv1.DispatchRule{Mode: steeringv1.Mode_AUTO},
	}
}

func readPolicy(m *steeringv1.Policy) (steering.Policy, error) {
	p := steering.Policy{
		State: steering.Draft, Name: m.GetDisplayName(), Note: m.GetNote(), Freeze: m.GetFreezeHorizon().AsDuration(), Rule: readRule(m.GetRule()),
	}
	if m.GetWeights() != nil {
		w := weigh(standardWeights(), m.GetWeights())
		p.Weights = &w
	}
	for _, r := range m.GetTeams() {
		p.Teams = append(p.Teams, readRule(r))
	}
	return p, p.Check()
}

func readRule(m *steeringv1.DispatchRule) engine.Rule {
	r := engine.Rule{
		Team: m.GetTerritory(), Veto: m.GetVetoWindow().AsDuration(), OfferNormal: m.GetOfferTimeout().AsDuration(),
		OfferEmergency: m.GetEmergencyOfferTimeout().AsDuration(), EscalateAbove: m.GetEscalateAbove(),
	}
	if m.GetMode() != steeringv1.Mode_MODE_UNSPECIFIED {
		r.Mode = engine.Mode(m.GetMode().String())
	}
	return r
}

func showPolicy(item *registry.Item[steering.Policy]) *steeringv1.Policy {
	p := &item.Value
	out := &steeringv1.Policy{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		State: steeringv1.Policy_State(steeringv1.Policy_State_value[string(p.State)]), Version: p.Version, DisplayName: p.Name, Note: p.Note,
		Rule: showRule(&p.Rule), ActivateTime: wire.Timestamp(p.Activated), RetireTime: wire.Timestamp(p.Retired), ActivatedBy: p.ActivatedBy,
		PreviousId: p.Previous, FreezeHorizon: showDuration(p.Freeze),
	}
	if p.Weights != nil {
		out.Weights = showWeights(p.Weights)
	}
	for i := range p.Teams {
		out.Teams = append(out.Teams, showRule(&p.Teams[i]))
	}
	return out
}

func showRule(r *engine.Rule) *steeringv1.DispatchRule {
	return &steeringv1.DispatchRule{
		Territory: r.Team, Mode: showMode(r.Mode), VetoWindow: showDuration(r.Veto), OfferTimeout: showDuration(r.OfferNormal),
		EmergencyOfferTimeout: showDuration(r.OfferEmergency), EscalateAbove: r.EscalateAbove,
	}
}

func showMode(m engine.Mode) steeringv1.Mode {
	return steeringv1.Mode(steeringv1.Mode_value[string(m)])
}

// showDuration writes a length; nil when it is 0.
func showDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

func showWeights(w *engine.Weights) *steeringv1.Weights {
	price := func(v int64) *float64 {
		f := float64(v)
		return &f
	}
	return &steeringv1.Weights{
		Unserved: price(w.Unserved), UnservedPerPriority: price(w.UnservedPerPriority), SkillSurplus: price(w.SkillSurplus),
		MovedPromise: price(w.MovedPromise), Normal: showSteps(w.Normal), Emergency: showSteps(w.Emergency),
	}
}

func showSteps(in []dispatch.LatenessStep) (out []*steeringv1.WaitStep) {
	for _, s := range in {
		out = append(out, &steeringv1.WaitStep{After: durationpb.New(time.Duration(s.After) * time.Second), PerSecond: int32(min(s.PerTick, math.MaxInt32))})
	}
	return out
}
