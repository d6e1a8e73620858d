package dispatch

// Policy is the versioned set of weights of the objective. All weights are integer cost; the zero value of each term
// switches it off. A plan names the policy that made it.
type Policy struct {
	ID      string
	Version int32

	Unserved UnservedPolicy
	// Tiers are the lateness tiers by name; DefaultTier serves visits that name none.
	Tiers       []LatenessTier
	DefaultTier string
	// SkillSurplus is paid for each level by which the technician is better than a visit requires, summed over its skills:
	// it keeps rare levels for the work that needs them.
	SkillSurplus int64
	// NotPreferred is paid when a visit that prefers somebody is done by somebody else.
	NotPreferred int64
	// Fairness is paid for each tick by which a technician's work, without entry and with history, exceeds the mean of those
	// with a shift, rounded up.
	Fairness int64
	// MaxLateness is paid for each tick of the largest lateness of any visit of the plan (Stop.Late), once. It ties all
	// routes together: see Problem.Joint.
	MaxLateness int64
	// Continuity is paid when a visit is done by somebody else than the usual technician of its building (Visit.Usual).
	Continuity int64
	// Stability prices changes of what was promised (Visit.Promise).
	Stability StabilityPolicy
	// Cover weighs the forecast cover that a visit takes away (Problem.Cover): in live dispatch it is paid for each thousandth of
	// an expected emergency that nobody else would answer (dispatch/cover).
	Cover int64
	// Terms are user terms and Eligibility user rules, written as CEL expressions; Problem.Rules evaluates them.
	Terms       []UserTerm
	Eligibility []EligibilityRule
}

// StabilityPolicy prices changes of promises.
type StabilityPolicy struct {
	// Technician is paid when another technician goes than was promised.
	Technician int64
	// Moved is paid once when work starts outside of the promised window, and PerTick for each tick after its last instant.
	// With both 0 the promised window has no effect.
	Moved, PerTick int64
}

// UnservedPolicy prices a visit that is left out: PerVisit + Priority * PerPriority. Lexicographic makes both so large
// that no saving of any other term outweighs them: first the sum of priorities, then the number of visits.
type UnservedPolicy struct {
	Lexicographic         bool
	PerVisit, PerPriority int64
}

// LatenessTier prices lateness by steps, piecewise linear.
type LatenessTier struct {
	Name  string
	Steps []LatenessStep // by rising After
}

// LatenessStep adds PerTick for every tick of lateness beyond After.
type LatenessStep struct {
	After   Tick
	PerTick int64
}

// Cost of being late by a number of ticks; 0 when not late. O(steps).
func (t *LatenessTier) Cost(late Tick) int64 {
	var sum int64
	for _, s := range t.Steps {
		if late > s.After {
			sum += int64(late-s.After) * s.PerTick
		}
	}
	return sum
}

// TermName is the name of a term in files and answers, that of user terms included.
func (p *Policy) TermName(t Term) string {
	if k := int(t) - int(TermUser); k >= 0 && k < len(p.Terms) {
		return p.Terms[k].Name
	}
	return t.String()
}

// Tier finds a tier by name, the default for ""; nil when there is none.
func (p *Policy) Tier(name string) *LatenessTier {
	if name == "" {
		name = p.DefaultTier
	}
	for i := range p.Tiers {
		if p.Tiers[i].Name == name {
			return &p.Tiers[i]
		}
	}
	return nil
}
