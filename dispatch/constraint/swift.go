package constraint

import (
	"math"
	"slices"
)

// Swift reports whether a plan of this problem, links and lateness included, can be timed stop by stop without walking
// routes, and costs travel, distance, what technicians and visits cost by themselves, and lateness. Breaks, entry times,
// depots, pairs, pinned order, stock, promised windows, limits of a route other than its shift, fairness and costs of duty and overtime make
// it false.
func (m *Model) Swift() bool {
	if m.entry != nil || m.promised != nil || m.partner != nil || m.rank != nil || m.stocked() || m.Problem.Policy.Fairness != 0 {
		return false
	}
	return !slices.ContainsFunc(m.Routes, func(r Route) bool {
		return len(r.breaks) > 0 || len(r.Depots) > 0 || r.MaxTravel != math.MaxInt64 || r.MaxDistance != math.MaxInt64 ||
			r.MaxDuty != math.MaxInt32 || r.MaxVisits != math.MaxInt32 || r.Rates.Duty != 0 || r.LatestEnd != r.End
	})
}

// Due is the instant from which a visit is late; beyond every plan when there is none.
func (m *Model) Due(v int32) int32 { return m.due[v] }

// OneRate is the price of a tick of lateness of a visit where that is the same for all its ticks; ok is false where it rises
// in steps.
func (m *Model) OneRate(v int32) (rate int64, ok bool) {
	if m.tier[v] < 0 {
		return 0, true
	}
	steps := m.Problem.Policy.Tiers[m.tier[v]].Steps
	return steps[0].PerTick, len(steps) == 1 && steps[0].After == 0
}
