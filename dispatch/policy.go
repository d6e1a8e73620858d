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
