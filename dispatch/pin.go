package dispatch

// Pin holds a visit to a decision that was made before: by technician, by time, or by order. Each kind may stand alone.
type Pin struct {
	// Technician alone may do the visit; "" means that only the time is pinned.
	Technician TechnicianID
	// Start is the instant at which work starts; NoTick means that the time is free.
	Start Tick
	// Rank orders the visits that are pinned to one technician: a lower rank comes before a higher. 0 means free.
	Rank int32
	// Adjacent forbids any stop between the pinned visit and the one of the rank before (or the start of the route, for
	// rank 1).
	Adjacent bool
	// Started says that the technician is on the way or at work: no relaxation loosens such a pin.
	Started bool
}

// Relaxation says how far pins that lie at or after a threshold are loosened before planning. The levels are those that
// Google's route optimization documents for its injected first solutions.
type Relaxation uint8

// The levels, each loosening more than the one before.
const (
	RelaxNothing     Relaxation = iota // every pin holds
	RelaxTimes                         // technician and order hold, start times are free
	RelaxTimesOrder                    // the technician holds, order and times are free
	RelaxAll                           // nothing holds
	relaxationLevels = int(RelaxAll) + 1
)

// Valid reports whether r is one of the levels.
func (r Relaxation) Valid() bool { return int(r) < relaxationLevels }

// Relaxed returns the pin as it is after loosening by level r: nil when nothing of it is left.
func (p *Pin) Relaxed(r Relaxation) *Pin {
	if p == nil || p.Started || r == RelaxNothing {
		return p
	}
	if r >= RelaxAll {
		return nil
	}
	out := *p
	out.Start = NoTick
	if r >= RelaxTimesOrder {
		out.Rank, out.Adjacent = 0, false
	}
	if out.Technician == "" && out.Rank == 0 {
		return nil
	}
	return &out
}

// RelaxPins loosens, in place, every pin whose start lies at or after from, and every pin without a start when from is
// NoTick. Visits before the threshold keep theirs.
func RelaxPins(visits []Visit, r Relaxation, from Tick) {
	for i := range visits {
		v := &visits[i]
		if v.Pin == nil || (from != NoTick && (v.Pin.Start == NoTick || v.Pin.Start < from)) {
			continue
		}
		v.Pin = v.Pin.Relaxed(r)
	}
}
