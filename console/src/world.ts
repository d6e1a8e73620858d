import type {
  CurrentPlan, Event, LatLng, OrderState, OrderSummary, Technician, TechnicianRoute, TechnicianState, Urgency, WeeklyShift, WorkOrder,
} from './api/types.ts'
import { oneOf } from './i18n.ts'

/** A place in degrees. */
export interface Point { lat: number; lon: number }

/** What the console knows of an order. Times are milliseconds since 1970, 0 where there is none. */
export interface Order {
  id: string
  state: OrderState
  urgency: Urgency
  at: Point
  technicianId: string
  arrival: number
  /** What the tenant was told. */
  window: { from: number; to: number } | null
  pinned: boolean
  acceptDue: number
  onSiteDue: number
  resolveDue: number
  unassignedReason: string
  /** Who should have it, while nobody has it; `applies` is when that is carried out by itself, 0 for never. */
  suggestion: { technicianId: string; applies: number } | null
  description: string
  etag: string
  created: number
  accepted: number
  updated: number
}

/** What the console knows of a technician. */
export interface Worker {
  id: string
  name: string
  initials: { en: string; zh: string }
  state: TechnicianState
  at: Point | null
  seen: number
  /** When something else was heard that only this technician can have done. */
  heard: number
  stale: boolean
  skills: string[]
  shifts: WeeklyShift[]
}

/** A line of the log: an event with the order as it was known. */
export interface LogLine { key: number; time: number; type: string; orderId: string; description: string; technicianId: string; arrival: number; reason: string; state: OrderState }

/** What has to be read again after an event. */
export interface Effect { routes: boolean; technicians: boolean; order?: string }

const logLength = 200
const done = new Set<OrderState>(['COMPLETED', 'VERIFIED', 'MERGED', 'CANCELED'])
const atWork = new Set<OrderState>(['ON_SITE', 'WORKING', 'PAUSED'])
const beforeDeparture = new Set<OrderState>(['NEW', 'ASSIGNED', 'ACCEPTED'])
const started = new Set<OrderState>(['EN_ROUTE', 'ON_SITE', 'WORKING', 'PAUSED'])
const byTechnician = new Set(['accepted', 'declined', 'departed', 'arrived', 'started', 'paused', 'resumed', 'completed'].map((verb) => `work_order.${verb}`))
/** Types that say nothing to a person who reads along. */
const quiet = new Set(['technician.position', 'work_order.eta_changed', 'technician.updated', 'work_order.updated'])

export const isOpen = (state: OrderState): boolean => !done.has(state)
export const isAtWork = (state: OrderState): boolean => atWork.has(state)
export const isBeforeDeparture = (state: OrderState): boolean => beforeDeparture.has(state)

/** The promise that comes next for an order: acceptance, then arrival, then the end of the work. */
export function nextDue(o: Order): number {
  if (o.state === 'NEW' || o.state === 'ASSIGNED') return o.acceptDue || o.onSiteDue
  if (o.state === 'ACCEPTED' || o.state === 'EN_ROUTE') return o.onSiteDue
  return o.resolveDue
}

export type Tone = 'late' | 'soon' | 'calm' | 'work'

const soonMs = 30 * 60_000

/** How an order is shown: late, due within half an hour, with time left, or being worked on. */
export function toneOf(o: Order, now: number): Tone {
  const due = nextDue(o)
  if (due && due < now) return 'late'
  if (isAtWork(o.state)) return 'work'
  return due && due - now < soonMs ? 'soon' : 'calm'
}

export const ms = (time: string | undefined): number => (time ? Date.parse(time) : 0)
export const point = (p: LatLng | undefined): Point => ({ lat: p?.latitude ?? 0, lon: p?.longitude ?? 0 })

/** Two letters for a marker: of the first and last word, or the last two characters of a Chinese name. */
export function initialsOf(name: string): string {
  const trimmed = name.trim()
  if (/\p{Script=Han}/u.test(trimmed)) return trimmed.replace(/\s/g, '').slice(-2)
  const words = trimmed.split(/[\s.-]+/).filter(Boolean)
  const first = words[0] ?? '?'
  const last = words.length > 1 ? words[words.length - 1]! : ''
  return ((first[0] ?? '') + (last[0] ?? first[1] ?? '')).toUpperCase()
}

/** Technicians, open orders and routes as the snapshot and the events since tell them. */
export class World {
  readonly orders = new Map<string, Order>()
  readonly workers = new Map<string, Worker>()
  routes: TechnicianRoute[] = []
  log: LogLine[] = []
  timeZone: string | undefined
  /** Minutes from report to acceptance with the instant of acceptance, of orders seen here. */
  readonly accepts = new Map<string, { at: number; minutes: number }>()
  private serial = 0
  private lastSequence = 0

  /** Replaces orders and technicians. */
  load(technicians: Technician[], orders: WorkOrder[]): void {
    this.loadWorkers(technicians)
    this.orders.clear()
    for (const o of orders) this.put(o)
  }

  loadWorkers(technicians: Technician[]): void {
    const gone = new Set(this.workers.keys())
    for (const t of technicians) {
      gone.delete(t.id)
      this.timeZone ??= t.timeZone || undefined
      const name = t.displayName ?? t.id
      const seen = ms(t.position?.time)
      const known = this.workers.get(t.id)
      const newer = known !== undefined && known.seen > seen
      this.workers.set(t.id, {
        id: t.id, name, initials: { en: initialsOf(oneOf(name, 'en')), zh: initialsOf(oneOf(name, 'zh')) }, state: t.state ?? 'OFF_SHIFT',
        at: newer ? known.at : t.position?.location ? point(t.position.location) : null,
        seen: newer ? known.seen : seen,
        heard: known?.heard ?? 0,
        stale: newer ? known.stale : (t.position?.stale ?? !t.position),
        skills: (t.skills ?? []).map((s) => s.skill), shifts: t.weeklyShifts ?? [],
      })
    }
    for (const id of gone) this.workers.delete(id)
  }

  loadPlan(plan: CurrentPlan): void {
    this.routes = plan.routes ?? []
  }

  /** Takes in a whole order. */
  put(o: WorkOrder): void {
    const order: Order = {
      id: o.id, state: o.state ?? 'NEW', urgency: o.urgency ?? 'NORMAL', at: point(o.location),
      technicianId: o.assignment?.technicianId ?? '', arrival: ms(o.assignment?.plannedArrival),
      window: o.assignment?.window ? { from: ms(o.assignment.window.startTime), to: ms(o.assignment.window.endTime) } : null, pinned: Boolean(o.pin),
      acceptDue: ms(o.dueTimes?.accept), onSiteDue: ms(o.dueTimes?.onSite), resolveDue: ms(o.dueTimes?.resolve),
      unassignedReason: o.unassigned?.reason ?? '', suggestion: o.suggestion?.technicianId ? { technicianId: o.suggestion.technicianId, applies: ms(o.suggestion.applyTime) } : null,
      description: o.description ?? '', etag: o.etag ?? '',
      created: ms(o.createTime), accepted: ms(o.clocks?.accepted), updated: ms(o.updateTime),
    }
    if (order.accepted && order.created) this.sample(order, order.accepted)
    if (isOpen(order.state)) this.orders.set(o.id, order)
    else this.orders.delete(o.id)
  }

  /** Folds an event in. */
  apply(e: Event): Effect {
    const type = e.type ?? ''
    if (type === 'technician.position') {
      this.move(e)
      return { routes: false, technicians: false }
    }
    const sequence = e.sequence ?? 0
    if (sequence && sequence <= this.lastSequence) return { routes: false, technicians: false }
    this.lastSequence = Math.max(this.lastSequence, sequence)
    const before = this.orders.get(e.workOrderId ?? '')
    if (e.workOrder) this.fold(e, e.workOrder, before)
    this.write(e, before)
    this.hear(e)
    const order = type.startsWith('work_order.')
    const whole = type === 'work_order.suggested' ? { order: e.workOrderId ?? '' } : {} // the event does not say until when it waits
    return { routes: order && type !== 'work_order.rated' && type !== 'work_order.verified', technicians: type.startsWith('technician.'), ...whole }
  }

  /** Says that the log may have begun anew. */
  forgetSequence(): void {
    this.lastSequence = 0
  }

  private move(e: Event): void {
    const worker = this.workers.get(e.technicianId ?? '')
    const time = ms(e.time)
    if (!worker || !e.location || time < worker.seen) return
    worker.at = point(e.location)
    worker.seen = time
    worker.stale = false
  }

  private fold(e: Event, s: OrderSummary, before: Order | undefined): void {
    const time = ms(e.time)
    if (before && before.updated > time) return
    const order: Order = {
      id: s.id, state: s.state ?? 'NEW', urgency: s.urgency ?? 'NORMAL', at: point(s.location),
      technicianId: s.technicianId ?? '', arrival: ms(s.plannedArrival),
      window: before?.technicianId === s.technicianId ? before?.window ?? null : null,
      pinned: e.type === 'work_order.pinned' || (e.type !== 'work_order.unpinned' && (before?.pinned ?? false)),
      acceptDue: ms(s.acceptDue), onSiteDue: ms(s.onSiteDue), resolveDue: before?.resolveDue ?? 0,
      unassignedReason: s.unassignedReason ?? '', suggestion: s.technicianId || e.type === 'work_order.suggestion_rejected' ? null : before?.suggestion ?? null,
      description: s.description ?? before?.description ?? '', etag: s.etag ?? '',
      created: before?.created || (e.type === 'work_order.created' ? time : 0),
      accepted: before?.accepted || (e.type === 'work_order.accepted' ? time : 0), updated: time,
    }
    if (e.type === 'work_order.accepted' && order.created) this.sample(order, time)
    if (isOpen(order.state)) this.orders.set(s.id, order)
    else this.orders.delete(s.id)
    this.follow(order, before)
  }

  /** Notes that a technician was heard of: these are done by nobody else, or by a dispatcher who has them on the phone. */
  private hear(e: Event): void {
    if (!byTechnician.has(e.type ?? '')) return
    const worker = this.workers.get(e.technicianId || e.workOrder?.technicianId || '')
    if (worker) worker.heard = Math.max(worker.heard, ms(e.time))
  }

  /** Moves a technician's state along with the order in hand, so that the map need not wait for the next list. */
  private follow(order: Order, before: Order | undefined): void {
    const holder = this.workers.get(order.technicianId || before?.technicianId || '')
    if (!holder) return
    if (order.state === 'EN_ROUTE') holder.state = 'EN_ROUTE'
    else if (order.state === 'ON_SITE' || order.state === 'WORKING') holder.state = 'WORKING'
    else if (before && started.has(before.state) && holder.state !== 'OFF_SHIFT') holder.state = 'AVAILABLE'
  }

  private sample(order: Order, accepted: number): void {
    this.accepts.set(order.id, { at: accepted, minutes: (accepted - order.created) / 60_000 })
  }

  private write(e: Event, before: Order | undefined): void {
    if (quiet.has(e.type ?? '')) return
    const s = e.workOrder
    this.log.unshift({
      key: ++this.serial, time: ms(e.time), type: e.type ?? '', orderId: e.workOrderId ?? s?.id ?? '',
      description: s?.description || before?.description || '', technicianId: e.technicianId || s?.technicianId || '',
      arrival: ms(s?.plannedArrival), reason: e.reason || s?.unassignedReason || '', state: s?.state ?? 'STATE_UNSPECIFIED',
    })
    if (this.log.length > logLength) this.log.length = logLength
  }
}

/** The figures of the strip on top. */
export interface Kpis { open: number; unassigned: number; overdue: number; onShift: number; medianAccept: number | null }

export function kpisOf(world: World, now: number): Kpis {
  let unassigned = 0
  let overdue = 0
  for (const o of world.orders.values()) {
    if (!o.technicianId) unassigned++
    const due = nextDue(o)
    if (due && due < now) overdue++
  }
  let onShift = 0
  for (const w of world.workers.values()) if (w.state !== 'OFF_SHIFT') onShift++
  const today = dayOf(now, world.timeZone)
  const minutes: number[] = []
  for (const a of world.accepts.values()) if (dayOf(a.at, world.timeZone) === today) minutes.push(a.minutes)
  return { open: world.orders.size, unassigned, overdue, onShift, medianAccept: median(minutes) }
}

/** The middle value; the mean of the two in the middle for an even number; null for none. */
export function median(values: number[]): number | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

const dayFormats = new Map<string, Intl.DateTimeFormat>()

function dayOf(time: number, timeZone: string | undefined): string {
  const key = timeZone ?? ''
  let format = dayFormats.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' })
    dayFormats.set(key, format)
  }
  return format.format(time)
}

/** Open orders by what is due next; those without a promise come last. */
export function queueOf(world: World): Order[] {
  return [...world.orders.values()].sort((a, b) => (nextDue(a) || Infinity) - (nextDue(b) || Infinity) || (a.id < b.id ? -1 : 1))
}
