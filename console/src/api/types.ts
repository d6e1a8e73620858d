// The messages of api/proto/fettle/dispatch/v1 as JSON (proto3 mapping): times are RFC 3339, durations "5400s", and what is
// zero or unset may be left out. Only what the console reads is here.

export type Time = string
export type Seconds = string

export interface LatLng { latitude?: number; longitude?: number }
export interface SkillLevel { skill: string; level?: number }
export interface TimeWindow { startTime: Time; endTime: Time }
export interface Cost { total?: number; terms?: Record<string, number> }

export type OrderState =
  | 'STATE_UNSPECIFIED' | 'NEW' | 'ASSIGNED' | 'ACCEPTED' | 'EN_ROUTE' | 'ON_SITE' | 'WORKING' | 'PAUSED'
  | 'COMPLETED' | 'VERIFIED' | 'MERGED' | 'CANCELED'
export type Urgency = 'URGENCY_UNSPECIFIED' | 'NORMAL' | 'EMERGENCY'
export type TechnicianState = 'STATE_UNSPECIFIED' | 'OFF_SHIFT' | 'AVAILABLE' | 'EN_ROUTE' | 'WORKING'

export interface Assignment {
  technicianId: string
  technicianName?: string
  plannedArrival?: Time
  plannedStart?: Time
  plannedEnd?: Time
  window?: TimeWindow
  offerTime?: Time
  acceptBy?: Time
  cost?: Cost
}

export interface Unassigned { reason?: string; technicianId?: string; short?: number; detail?: string }
export interface DueTimes { accept?: Time; onSite?: Time; resolve?: Time }
export interface Clocks { assigned?: Time; accepted?: Time; departed?: Time; arrived?: Time; started?: Time; completed?: Time }
export interface Pin { technicianId?: string; startTime?: Time }

export interface WorkOrder {
  id: string
  createTime?: Time
  updateTime?: Time
  etag?: string
  state?: OrderState
  location?: LatLng
  requiredSkills?: SkillLevel[]
  urgency?: Urgency
  onSiteDuration?: Seconds
  timeWindows?: TimeWindow[]
  unitId?: string
  description?: string
  channel?: string
  priority?: number
  assignment?: Assignment
  unassigned?: Unassigned
  dueTimes?: DueTimes
  mergedInto?: string
  reason?: string
  rating?: number
  ratingComment?: string
  reportIds?: string[]
  escalationLevel?: number
  visit?: number
  clocks?: Clocks
  pin?: Pin
  suggestion?: Suggestion
}

/** Who should have an order that nobody has yet, by the policy that rules. */
export interface Suggestion {
  technicianId: string
  technicianName?: string
  plannedArrival?: Time
  mode?: string
  /** When it is carried out unless somebody objects. */
  applyTime?: Time
  cost?: { total?: number; terms?: Record<string, number> }
}

/** A report of the fault of an order: the one that made it, or one that was merged into it. */
export interface Report { workOrderId: string; description?: string; channel?: string; time?: Time; urgency?: Urgency }
/** Another order that may be about the same fault. */
export interface Duplicate { workOrderId: string; description?: string; state?: OrderState; time?: Time; score?: number; fault?: string }

export interface NewWorkOrder {
  location: LatLng
  requiredSkills: SkillLevel[]
  urgency: Urgency
  description: string
  channel: 'FRONT_DESK'
}

export interface OrderSummary {
  id: string
  state?: OrderState
  urgency?: Urgency
  location?: LatLng
  technicianId?: string
  plannedArrival?: Time
  acceptDue?: Time
  onSiteDue?: Time
  unassignedReason?: string
  etag?: string
  description?: string
}

export interface TechnicianPosition {
  location?: LatLng
  time?: Time
  accuracyMeters?: number
  age?: Seconds
  stale?: boolean
  cell?: string
}

/** Times of day in the zone of the technician, as "08:00". */
export interface WeeklyShift { days?: string[]; start: string; end: string; breaks?: { start: string; end: string; duration?: Seconds }[] }

export interface Technician {
  id: string
  etag?: string
  displayName?: string
  skills?: SkillLevel[]
  home?: LatLng
  timeZone?: string
  weeklyShifts?: WeeklyShift[]
  tools?: string[]
  state?: TechnicianState
  position?: TechnicianPosition
  workOrderId?: string
}

export interface RouteStop {
  workOrderId: string
  state?: OrderState
  urgency?: Urgency
  location?: LatLng
  plannedArrival?: Time
  plannedStart?: Time
  plannedEnd?: Time
  started?: boolean
}

export interface TechnicianRoute { technicianId: string; start?: LatLng; startTime?: Time; stops?: RouteStop[] }
export interface CurrentPlan { time?: Time; routes?: TechnicianRoute[] }

export interface TimelineEntry {
  sequence?: number
  time?: Time
  type?: string
  state?: OrderState
  actor?: string
  technicianId?: string
  reason?: string
  text?: string
  tapTime?: Time
  verb?: string
  conflict?: string
}

/** What a technician did and told when the order had moved on. */
export interface LateTap { workOrderId: string; technicianId?: string; technicianName?: string; verb?: string; tapTime?: Time; receiveTime?: Time; conflict?: string }

export interface Alternative {
  technicianId: string
  technicianName?: string
  difference?: number
  bindingRule?: string
  flip?: string
  plannedArrival?: Time
}

export interface Infeasible { technicianId: string; technicianName?: string; reason?: string; short?: number; detail?: string }

export interface Explanation {
  chosen?: { technicianId: string; technicianName?: string; cost?: Cost; plannedArrival?: Time; travelSeconds?: number }
  alternatives?: Alternative[]
  infeasible?: Infeasible[]
  unassigned?: Unassigned
  recorded?: boolean
  time?: Time
  sentences?: string[]
}

export interface Event {
  sequence?: number
  time?: Time
  type?: string
  actor?: string
  workOrderId?: string
  technicianId?: string
  reason?: string
  workOrder?: OrderSummary
  location?: LatLng
}

/** An error answer (RFC 9457). */
export interface Problem {
  status?: number
  title?: string
  detail?: string
  reason?: string
  errors?: { field?: string; pointer?: string; detail?: string; message?: string; reason?: string }[]
}

/** GET /v1/session: who the credential is. */
export interface Session { name?: string; roles?: string[]; technicianId?: string; timeZone?: string }

/** GET /demo/session, in demo mode only. */
export interface DemoSession { token: string; simulated?: boolean; speed?: number; note?: string }
export interface DemoClock { time: Time; speed?: number }
