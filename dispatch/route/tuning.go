package route

// Tuning is the set of parameters of the search. The zero value is not useful: start from DefaultTuning. Nobody needs to
// touch it to plan a day; it exists for experiments.
type Tuning struct {
	Neighbours int     // length of the predecessor and successor lists
	Qualified  int     // the same where technicians differ in what they may do, so that only some neighbours are of use
	Near       int     // length of the list of near visits that ruin follows
	Pool       int     // visits looked at for the lists of large problems
	Types      int     // types of route with an empty route that are tried for a visit, nearest first
	WaitWeight float64 // weight of unavoidable waiting against travel in the ranking of neighbours

	Removed      float64 // mean number of visits that an iteration takes out (c-bar of SISR)
	RemovedMany  float64 // the same where there are many visits
	StringLength int32   // longest string (L-max of SISR)
	Split        float64 // probability to leave some visits of a string in place
	Deeper       float64 // probability to leave one more of them
	Large        float64 // probability of a large ruin
	LargeFactor  float64 // how much larger
	Blink        float64 // probability to overlook a position (beta of SISR)
	Discount     float64 // probability that an iteration opens routes at a discount
	Fetch        float64 // probability to try a visit together with a depot stop although it fits without one
	Swaps        int     // exchanges of single visits tried in an iteration; after a ruin that is taken back, half as many
	Swapped      int     // places looked at in one of them
	Tails        int     // tail exchanges tried in an iteration, and half as many likewise
	TailsWalked  int     // the same where routes must be walked

	Hot, Cold           float64 // temperatures at the start and the end, in mean legs
	HotBrief            float64 // the temperature at the start of a brief search for short routes
	PrizeHot, PrizeCold float64 // scaled prize of the cheapest visit at the start and the end, in mean legs; 0: as it is
	Revive              int     // absent visits near the ruin that are tried again

	Enough float64 // iterations for each visit that one annealing from nothing uses well; a longer search has several
	Brief  float64 // fewer iterations for each visit make a search brief
	Apart  float64 // share of the budget for those
	Rewarm float64 // temperature from which the best plan is annealed in the rest
	Import float64 // probability that an iteration of the rest takes over a route from one of the others

	HotPaid, ColdPaid, RewarmPaid float64 // Hot, Cold and Rewarm where time on duty is paid and gauged
}

// DefaultTuning is what experiments chose: docs/adr/0004-route-optimiser.md and 0006 have them. SISR names are those of
// Christiaens and Vanden Berghe (2020).
func DefaultTuning() Tuning {
	return Tuning{
		Neighbours: 40, Qualified: 120, Near: 120, Pool: 400, Types: 12, WaitWeight: 0.2,
		Removed: 10, RemovedMany: 7, StringLength: 10, Split: 0.5, Deeper: 0.01, Large: 0.05, LargeFactor: 3, Blink: 0.01, Discount: 0.1, Fetch: 0.2, Tails: 2, Swaps: 4, Swapped: 20, TailsWalked: 4,
		Hot: 1.0, Cold: 0.05, HotBrief: 0.5, PrizeHot: 1, PrizeCold: 20, Revive: 10,
		Enough: 650, Brief: 1000, Apart: 0.75, Rewarm: 0.3, Import: 0.1,
		HotPaid: 2, ColdPaid: 0.15, RewarmPaid: 1.5,
	}
}

// byValue is the weight of the insertion order by value density: none where all visits weigh the same.
func (t *Tuning) byValue(optional bool) int32 {
	if optional {
		return 6
	}
	return 0
}
