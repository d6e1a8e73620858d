package dispatch

// Reason says why a visit cannot be, or is not, done by a technician. The codes are part of the API.
type Reason string

// The reasons.
const (
	ReasonSkillMissing Reason = "SKILL_MISSING"
	ReasonSkillLevel   Reason = "SKILL_LEVEL"
	ReasonToolMissing  Reason = "TOOL_MISSING"
	ReasonExcluded     Reason = "TECHNICIAN_EXCLUDED"
	ReasonNotRequired  Reason = "TECHNICIAN_NOT_REQUIRED" // others are required
	ReasonCoverageArea Reason = "COVERAGE_AREA"
	ReasonEligibility  Reason = "ELIGIBILITY" // a rule of the policy; the detail names it
	ReasonPinned       Reason = "PINNED_CONFLICT"
	ReasonOutOfShift   Reason = "OUT_OF_SHIFT"
	ReasonWindowClosed Reason = "WINDOW_CLOSED"
	ReasonBreak        Reason = "BREAK"
	ReasonCapacity     Reason = "CAPACITY"
	ReasonMaxVisits    Reason = "MAX_VISITS"
	ReasonMaxTravel    Reason = "TRAVEL_TOO_LONG"
	ReasonMaxDistance  Reason = "DISTANCE_TOO_LONG"
	ReasonMaxDuty      Reason = "DUTY_TOO_LONG"
	ReasonPair         Reason = "PAIR"
	ReasonCrew         Reason = "CREW"  // a link whose visits are both served or neither
	ReasonOrder        Reason = "ORDER" // a link to a visit that must come before
	ReasonUnreachable  Reason = "UNREACHABLE"
	ReasonTooCostly    Reason = "TOO_COSTLY" // feasible, but leaving it out is cheaper
	ReasonNoTechnician Reason = "NO_TECHNICIAN"
	ReasonDisplaced    Reason = "DISPLACED" // feasible alone, but every place is taken by work that weighs more
	ReasonNotTried     Reason = "NOT_TRIED" // the search was interrupted before the visit's turn
)
