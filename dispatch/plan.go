package dispatch

// StopKind says what happens at a stop.
type StopKind string

// The kinds of stop.
const (
	StopVisit StopKind = "visit"
	StopBreak StopKind = "break"
	StopDepot StopKind = "depot"
)

// Stop is a visit, break or depot stop placed on a route, with its times.
type Stop struct {
	Kind  StopKind
	Visit int32 // index in Problem.Visits, for StopVisit; else -1
	Break int32 // index in Shift.Breaks, for StopBreak; else -1
	Depot int32 // index in Technician.Depots, for StopDepot; else -1

	// Travel is the driving time since the stop before and Distance its length in the unit of the distance matrix. A stop
	// that is a break counts the part driven before it.
	Travel   Tick
	Distance int64
	Arrival  Tick // at the place, or at the break
	Start    Tick // of entry or work; Start - Arrival is waiting
	Entry    Tick // part of [Start, End) spent on entry
	End      Tick // departure from the stop
	Late     Tick // how far work starts after the visit's due instant
}

// Route is the ordered stops of one technician in one shift.
type Route struct {
	Technician int32 // index in Problem.Technicians
	Shift      int32 // index in Technician.Shifts
	Departure  Tick  // from the start place; see constraint.Walker for how late
	End        Tick  // at the end place
	// EndTravel and EndDistance are those of the last leg.
	EndTravel   Tick
	EndDistance int64
	Stops       []Stop
	Cost        Cost
}

// Visits lists the indices of the visits in order.
func (r *Route) Visits() []int32 {
	out := make([]int32, 0, len(r.Stops))
	for i := range r.Stops {
		if r.Stops[i].Kind == StopVisit {
			out = append(out, r.Stops[i].Visit)
		}
	}
	return out
}

// Unassigned is a visit that no route serves, and why: a result, never an error.
type Unassigned struct {
	Visit  int32
	Reason Reason
	// Technician is the one who comes nearest to being able to, or -1.
	Technician int32
	// Short is by how much the rule is missed, in the rule's unit (ticks, levels, units of stock); 0 when that has no
	// meaning.
	Short int64
	// Detail is one sentence for people.
	Detail string
}

// Status says how a search ended.
type Status string

// The statuses.
const (
	StatusComplete    Status = "COMPLETE"    // the search used its time or iterations
	StatusInterrupted Status = "INTERRUPTED" // cancelled: the best plan until then
)

// Plan is the answer to a Problem: routes, what is left out and why, and the cost by term.
type Plan struct {
	Routes     []Route // those with at least one visit, by technician and shift
	Unassigned []Unassigned
	Cost       Cost
	Status     Status
	Seed       uint64
	Iterations int64
	// Bound is below the cost of every plan of the problem. Its zero value says that nobody asked for one.
	Bound Bound
	// Policy and PolicyVersion name the weights that were used.
	Policy        string
	PolicyVersion int32
}

// Bound is a proven lower bound on the cost of every plan of a problem.
type Bound struct {
	Cost   int64
	Method BoundMethod
}

// BoundMethod names the proof of a bound; package bound has them.
type BoundMethod string

// The methods.
const (
	BoundNone       BoundMethod = "none" // there is no bound; Cost has no meaning
	BoundAssignment BoundMethod = "assignment"
	BoundTree       BoundMethod = "tree"
	BoundShiftTime  BoundMethod = "shift-time"
)

// GapPercent is how much cheaper the best plan can be at most than one of a cost, in percent of that cost; 0 proves it best.
func (b *Bound) GapPercent(cost int64) float64 {
	if cost <= b.Cost {
		return 0
	}
	return 100 * (float64(cost) - float64(b.Cost)) / float64(cost)
}
