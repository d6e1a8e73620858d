package dispatch

// TechnicianID names a technician within its org.
type TechnicianID string

// Technician is a person, or the crew of one van, who does visits. Each shift becomes at most one route.
type Technician struct {
	ID   TechnicianID
	Name string
	// Kind selects durations in Visit.OnSiteBy and EntryBy; "" selects none.
	Kind   string
	Skills []SkillLevel
	Tools  []string // carried from the start of each shift
	Shifts []Shift

	// Travel is the index of the technician's travel profile in Problem.Travel.
	Travel int32
	// SpeedPercent stretches the profile's travel times: travel * 100 / SpeedPercent, rounded to nearest. 0 means 100.
	SpeedPercent int32

	// Stock on board at the start of a shift and the most that fits, by dimension of Problem.Dimensions; nil means no limit.
	Capacity []int32
	// Depots where stock and tools may be taken on during a route.
	Depots []Depot

	// MaxVisits, MaxTravel, MaxDistance and MaxDuty limit one route; 0 means no limit.
	MaxVisits   int32
	MaxTravel   Tick
	MaxDistance int64 // metres, or the unit of the distance matrix
	// MaxDuty is the longest time from departure to the end of the route: travel, waiting, breaks and work. The technician
	// leaves at least as late as that needs, also where a promise suffers, and makes no visit later than that departure does
	// or its promise asks for.
	MaxDuty Tick

	// Territories served; empty means all.
	Territories []string
	Rates       Rates
	// History is work already done in the fairness period, in the unit of Policy.Fairness; 0 means none.
	History int64
	// Attributes are facts that only expressions of the policy read, by name.
	Attributes map[string]string
}

// Shift is one working interval of a technician.
type Shift struct {
	Start, End Tick // leaves the start place at Start or later, is at the end place at End or before
	// LatestDeparture is the last instant to leave the start place; NoTick means End.
	LatestDeparture Tick
	// StartPlace and EndPlace are indices in Problem.Places, or NoPlace: work then begins and ends at a visit.
	StartPlace, EndPlace int32
	Breaks               []Break
	// Overtime is how much later than End the route may end, at Rates.Overtime; 0 means not at all.
	Overtime Tick
}

// Break is a pause that must be taken between stops of a used route, or on the way: travel goes on while the technician
// waits for the break's window and stops while it lasts.
type Break struct {
	ID       string
	Windows  []TimeWindow // in which the break may start; in order and apart; none means any time
	Duration Tick
}

// Depot is a place where a route may take on everything its technician can carry.
type Depot struct {
	Place    int32
	Duration Tick
	// Windows in which the stop may start; none means any time.
	Windows []TimeWindow
	// MaxStops limits how often one route may stop there; 0 means once.
	MaxStops int32
	// Unlimited means that stock is not limited afterwards; otherwise it is Technician.Capacity again.
	Unlimited bool
	// AllTools means that every tool is on board afterwards.
	AllTools bool
}

// Rates are what a technician costs, integer cost per unit.
type Rates struct {
	Fixed    int64 // for a route that has a visit
	Travel   int64 // per tick of travel
	Distance int64 // per unit of the distance matrix
	Duty     int64 // per tick from departure to the end of the route (travel, waiting, breaks and work)
	OnSite   int64 // per tick of work and entry
	Overtime int64 // per tick after the end of the shift
}

// Level is the level at which the technician holds a skill; 0 means not at all.
func (t *Technician) Level(s Skill) int32 {
	for _, held := range t.Skills {
		if held.Skill == s {
			return max(held.Level, 1)
		}
	}
	return 0
}
