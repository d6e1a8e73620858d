package dispatch

// VisitID names a visit within its org.
type VisitID string

// Skill is a capability: "plumbing", "gas".
type Skill string

// SkillLevel is a skill with a level: held by a technician, or required by a visit at that level or above. Levels start
// at 1; 0 means 1.
type SkillLevel struct {
	Skill Skill
	Level int32
}

// NoPlace marks the absence of a place: a technician who starts where the first visit is.
const NoPlace int32 = -1

// Visit is one planned trip of a technician to a work order: what an optimiser places. The zero value of every optional
// field means "no such wish".
type Visit struct {
	ID        VisitID
	WorkOrder WorkOrderID // "" when the visit stands alone, as in a benchmark file
	Place     int32       // index in Problem.Places

	// Windows in which work may start, in order and apart; none means at any time.
	Windows []TimeWindow
	// OnSite is the time from start to end of the work, without Entry.
	OnSite Tick
	// OnSiteBy replaces OnSite for technicians of a kind (Technician.Kind).
	OnSiteBy map[string]Tick
	// Entry is spent before the work unless the stop before was at the same Building: gate, desk, lift, parking.
	Entry Tick
	// EntryBy replaces Entry for technicians of a kind.
	EntryBy map[string]Tick
	// Building groups places that share one entry; "" means that each place is a building of its own.
	Building string

	Skills []SkillLevel // all are required
	Tools  []string     // all must be on board: held by the technician, or picked up at a depot
	// Deliver is used up from the stock on board and Collect is taken on board until the next depot or the end, by
	// dimension of Problem.Dimensions. nil means nothing.
	Deliver, Collect []int32

	// Only lists the technicians who alone may go, Excluded who may not, Preferred who should (Policy.NotPreferred is paid
	// by others). Empty means no such rule.
	Only, Excluded, Preferred []TechnicianID
	// Usual is the technician who usually comes to the building (Policy.Continuity is paid by others); "" means nobody.
	Usual TechnicianID
	// Promise is what was said before about who comes and when; nil means nothing.
	Promise *Promise
	// Territory limits the visit to technicians who serve it; "" means everybody.
	Territory string

	// Priority weighs the visit when not all can be served; higher is more important; see UnservedPolicy.
	Priority int32
	// Unserved, when positive, replaces what Policy.Unserved makes of the priority: integer cost of leaving it out.
	Unserved int64
	Urgency  Urgency
	// Due is the instant from which lateness counts, by the steps of the SLA tier; NoTick means never. The promise is soft:
	// Windows are the hard rule.
	Due Tick
	// Tier names the lateness tier of the policy; "" means the policy's default tier.
	Tier string

	Pin *Pin // nil means free

	// Attributes are facts that only expressions of the policy read, by name.
	Attributes map[string]string
}

// Promise is what somebody was told about a visit. Keeping it is a wish, priced by Policy.Stability.
type Promise struct {
	// Technician who was announced; "" means nobody.
	Technician TechnicianID
	// Window in which work was to start; the zero value means that no time was promised. Who comes before it waits for it
	// as for a time window, as long as one of the visit's Windows is open then; starting after its last instant costs.
	Window TimeWindow
}

// Timed reports whether a time was promised.
func (p *Promise) Timed() bool { return p != nil && p.Window != TimeWindow{} }

// Urgency of a work order.
type Urgency string

// The urgencies.
const (
	UrgencyNormal    Urgency = "NORMAL"
	UrgencyEmergency Urgency = "EMERGENCY"
)

// Valid reports whether u is known; the zero value is not set and not valid.
func (u Urgency) Valid() bool { return u == UrgencyNormal || u == UrgencyEmergency }

// Pair ties two visits: one technician does First and later, on the same route, Second (fetch the part first). Amount is
// on board in between, by dimension; nil means nothing is carried.
type Pair struct {
	First, Second int32 // indices in Problem.Visits
	Amount        []int32
}
