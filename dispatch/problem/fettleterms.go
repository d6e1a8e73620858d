package problem

import (
	"fmt"

	"fettle/dispatch"
	"fettle/dispatch/rules"
)

// userTerms converts continuity, stability and the expressions of the policy.
func (b *fettleBuilder) userTerms(in *fettlePolicy) error {
	q := &b.p.Policy
	q.Continuity = in.Continuity
	weights := map[string]int64{"continuity": in.Continuity}
	if s := in.Stability; s != nil {
		q.Stability = dispatch.StabilityPolicy{Technician: s.Technician, Moved: s.Moved, PerTick: s.PerSecond}
		weights["stability.technician"], weights["stability.moved"], weights["stability.perSecond"] = s.Technician, s.Moved, s.PerSecond
	}
	if err := b.rates("policy", weights); err != nil {
		return err
	}
	for i, t := range in.Terms {
		weight := int64(1)
		if t.Weight != nil {
			weight = *t.Weight
		}
		if err := b.rate(fmt.Sprintf("policy.terms[%d].weight", i), weight); err != nil {
			return err
		}
		q.Terms = append(q.Terms, dispatch.UserTerm{Name: t.Name, Expression: t.Expression, Weight: weight})
	}
	for _, e := range in.Eligibility {
		q.Eligibility = append(q.Eligibility, dispatch.EligibilityRule(e))
	}
	return nil
}

// usual reads who usually comes to which building.
func (b *fettleBuilder) usual() (map[string]dispatch.TechnicianID, error) {
	out := make(map[string]dispatch.TechnicianID, len(b.file.Buildings))
	for i, in := range b.file.Buildings {
		field := fmt.Sprintf("buildings[%d]", i)
		if _, twice := out[in.Name]; in.Name == "" || twice {
			return nil, b.fault(field+".name", "is %q, want a name that no other building has", in.Name)
		}
		if !b.technician[in.Usual] {
			return nil, b.fault(field+".usual", "is %q, want the id of a technician of this file", in.Usual)
		}
		out[in.Name] = dispatch.TechnicianID(in.Usual)
	}
	return out, nil
}

// promised converts the usual technician and the promise of a visit.
func (b *fettleBuilder) promised(field string, in *fettleVisit, v *dispatch.Visit) error {
	if in.Usual != "" && !b.technician[in.Usual] {
		return b.fault(field+".usual", "is %q, want the id of a technician of this file", in.Usual)
	}
	v.Usual = dispatch.TechnicianID(in.Usual)
	if v.Usual == "" {
		v.Usual = b.usualIn[in.Building]
	}
	if in.Promise == nil {
		return nil
	}
	if in.Promise.Technician != "" && !b.technician[in.Promise.Technician] {
		return b.fault(field+".promise.technician", "is %q, want the id of a technician of this file", in.Promise.Technician)
	}
	v.Promise = &dispatch.Promise{Technician: dispatch.TechnicianID(in.Promise.Technician)}
	w := in.Promise.Window
	if w == nil {
		return nil
	}
	var err error
	if v.Promise.Window.Start, err = b.tick(field+".promise.window.start", w.Start); err != nil {
		return err
	}
	if v.Promise.Window.End, err = b.tick(field+".promise.window.end", w.End); err != nil {
		return err
	}
	if v.Promise.Window.Empty() {
		return b.fault(field+".promise.window", "ends at %s, want an end after the start %s", w.End.text, w.Start.text)
	}
	return nil
}

// relaxPins loosens the pins of the file.
func (b *fettleBuilder) relaxPins() error {
	in := b.file.RelaxPins
	if in == nil {
		return nil
	}
	levels := map[string]dispatch.Relaxation{
		"NOTHING": dispatch.RelaxNothing, "TIMES": dispatch.RelaxTimes, "TIMES_AND_ORDER": dispatch.RelaxTimesOrder, "ALL": dispatch.RelaxAll,
	}
	level, ok := levels[in.Level]
	if !ok {
		return b.fault("relaxPins.level", "is %q, want NOTHING, TIMES, TIMES_AND_ORDER or ALL", in.Level)
	}
	from, err := b.optionalTick("relaxPins.from", in.From)
	if err != nil {
		return err
	}
	dispatch.RelaxPins(b.p.Visits, level, from)
	return nil
}

// expressions compiles those of the policy.
func (b *fettleBuilder) expressions() error {
	if err := rules.Attach(b.p); err != nil {
		return invalidField(b.name, b.data, err, "", "")
	}
	return nil
}
