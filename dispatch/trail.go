package dispatch

// Leg is one drive to a stop and what is done there: driving starts at Departure, work as early after the arrival as the
// stop's windows allow.
type Leg struct {
	Kind      StopKind // StopVisit or StopDepot
	Visit     int32    // index in Problem.Visits, for StopVisit; else -1
	Depot     int32    // index in Technician.Depots, for StopDepot; else -1
	Departure Tick     // from the stop before, or the start place
}

// Trail is what a technician does in a shift, leg by leg, each with the instant at which it is left for. A route
// (Route) follows from its order alone; a trail also tells how long the technician waits before each drive.
type Trail struct {
	Technician int32 // index in Problem.Technicians
	Legs       []Leg
	Homeward   Tick // departure from the last stop towards the end place
}
