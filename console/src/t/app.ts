import { computed, signal } from '@preact/signals'
import { ApiError } from '../api/client.ts'
import type { LatLng, OrderState, Seconds, SkillLevel, Time, TimeWindow } from '../api/types.ts'
import { clock, setClock } from '../pages/base.ts'
import { ask, demo, newKey, post, type Session } from '../pages/http.ts'
import { shrink } from '../pages/upload.ts'
import { Credential } from './credential.ts'
import { Duty } from './duty.ts'
import { Outbox } from './outbox.ts'
import { Store, type Stage, type Verb } from './store.ts'

const sessionKey = 'fettle.key.session'
const waitSeconds = 25
const retryMs = 3_000

/** An open order as GET /v1/technicians/{id}/assignments has it. */
export interface Stop {
  workOrderId: string
  state: OrderState
  etag: string
  location?: LatLng
  unitId?: string
  description?: string
  urgency?: string
  requiredSkills?: SkillLevel[]
  onSiteDuration?: Seconds
  plannedArrival?: Time
  acceptBy?: Time
  window?: TimeWindow
}

export interface Person { id: string; displayName?: string; state?: string }
interface DemoTechnician { id: string; displayName?: string; state?: string; skills?: SkillLevel[] }

/** Which state a verb leads to; '' takes the stop off the list. */
const leads: Partial<Record<Verb, OrderState | ''>> = {
  accept: 'ACCEPTED', decline: '', depart: 'EN_ROUTE', arrive: 'ON_SITE', start: 'WORKING', pause: 'PAUSED', resume: 'WORKING', complete: '',
}

/** The verbs that are legal from a state, the likeliest first. */
export const legal: Partial<Record<OrderState, Verb[]>> = {
  ASSIGNED: ['accept', 'decline'], ACCEPTED: ['depart'], EN_ROUTE: ['arrive'], ON_SITE: ['start', 'complete'], WORKING: ['complete', 'pause'],
  PAUSED: ['resume'],
}
const started = new Set<OrderState>(['EN_ROUTE', 'ON_SITE', 'WORKING'])

/** The state of the page of one technician. */
export class App {
  readonly session = signal<Session | null>(null)
  readonly ready = signal(false)
  readonly signInError = signal<unknown>(null)
  readonly demoPeople = signal<DemoTechnician[]>([])
  readonly person = signal<Person | null>(null)
  readonly asOf = signal(0)
  readonly reached = signal(true)
  readonly broken = signal('')
  readonly outbox = signal<Outbox | null>(null)
  readonly duty = signal<Duty | null>(null)
  private readonly known = signal<Stop[]>([])
  private store: Store | null = null
  credential: Credential | null = null
  private etag = ''
  private round = 0

  /** Stops as they will be once everything that waits has been sent. */
  readonly stops = computed<Stop[]>(() => {
    const waiting = (this.outbox.value?.actions.value ?? []).filter((a) => !a.refused && a.orderId && a.verb !== 'photo' && a.verb !== 'note')
    const out: Stop[] = []
    for (const stop of this.known.value) {
      let state: OrderState | '' = stop.state
      for (const a of waiting) if (a.orderId === stop.workOrderId) state = leads[a.verb] ?? state
      if (state) out.push({ ...stop, state })
    }
    return out.sort((a, b) => Number(started.has(b.state)) - Number(started.has(a.state)))
  })
  /** On shift as it will be once everything that waits has been sent. */
  readonly onShift = computed<boolean>(() => {
    const asked = (this.outbox.value?.actions.value ?? []).filter((a) => !a.refused && !a.orderId).at(-1)
    return asked ? asked.verb === 'startShift' : !['', 'OFF_SHIFT', 'STATE_UNSPECIFIED'].includes(this.person.value?.state ?? '')
  })
  readonly current = computed<Stop | undefined>(() => this.stops.value.find((s) => started.has(s.state)))

  async start(): Promise<void> {
    const given = new URLSearchParams(location.hash.slice(1))
    if (given.has('key') || given.has('technician')) history.replaceState(null, '', location.pathname) // a key in the address is seen by who looks on
    try {
      this.store = await Store.open()
    } catch (failure) {
      this.broken.value = String(failure)
    }
    const kept = Credential.kept()
    if (given.has('key')) await this.signIn(Credential.ofKey(given.get('key')!))
    else if (given.has('technician')) await this.become(given.get('technician')!)
    else if (kept) await this.signIn(kept)
    if (!this.session.value) await this.offerDemo()
    this.ready.value = true
  }

  /** Signs in. Without a network the technician of the last time goes on. */
  async signIn(credential: Credential): Promise<void> {
    this.signInError.value = null
    try {
      const { body } = await credential.ask<Session>('/v1/session')
      if (!body.technicianId) {
        this.signInError.value = 'notTechnician'
        return
      }
      await setClock(body)
      credential.keep()
      localStorage.setItem(sessionKey, JSON.stringify(body))
      await this.begin(credential, body)
    } catch (failure) {
      const last = localStorage.getItem(sessionKey)
      if (failure instanceof ApiError && failure.status !== 401 && last && credential.isKept()) await this.begin(credential, JSON.parse(last) as Session)
      else this.signInError.value = failure
    }
  }

  /** Signs in with the code that was sent to a telephone. */
  async signInByCode(phone: string, code: string): Promise<void> {
    this.signInError.value = null
    try {
      await this.signIn(await Credential.redeem(phone, code))
    } catch (failure) {
      this.signInError.value = failure
    }
  }

  /** Forgets the key. What waits stays on the phone for when the technician signs in again. */
  signOut(): void {
    this.round++
    this.outbox.value?.stop()
    this.duty.value?.set(false)
    this.credential?.drop()
    localStorage.removeItem(sessionKey)
    this.credential = null
    this.session.value = null
    this.outbox.value = null
    this.known.value = []
    this.person.value = null
    void this.offerDemo()
  }

  /** Demo mode: makes a key of a technician, as an administrator would. */
  async become(technicianId: string): Promise<void> {
    this.signInError.value = null
    try {
      const admin = await demo<{ token: string }>('/demo/session')
      if (!admin) throw new ApiError(0, { title: 'no demo' })
      const { token } = admin
      const user = await post<{ id: string }>(token, '/v1/users', { displayName: `technician ${technicianId}`, roles: ['TECHNICIAN'], technicianId }, `page-user-${technicianId}`)
      const expireTime = new Date(Date.now() + 24 * 3600_000).toISOString()
      const key = await post<{ secret: string }>(token, '/v1/apiKeys', { displayName: `page of ${technicianId}`, userId: user.body.id, expireTime }, newKey())
      await this.signIn(Credential.ofKey(key.body.secret))
    } catch (failure) {
      this.signInError.value = failure
    }
  }

  /** Keeps a tap; the list shows what will be. */
  async act(verb: Verb, stop: Stop | null, reason = ''): Promise<void> {
    await this.outbox.value?.add({ orderId: stop?.workOrderId ?? '', title: stop?.description ?? '', verb, reason, at: clock.now() })
    this.follow()
  }

  /** Keeps a photo, video or signature of an order until the network takes it. Throws when it is too large. */
  async attach(stop: Stop, file: File, stage: Stage, caption = ''): Promise<void> {
    await this.outbox.value?.add({ orderId: stop.workOrderId, title: stop.description ?? '', verb: 'photo', stage, reason: caption, at: clock.now() }, await shrink(file))
  }

  /** Keeps a note until the network takes it. */
  async note(stop: Stop, text: string): Promise<void> {
    await this.outbox.value?.add({ orderId: stop.workOrderId, title: stop.description ?? '', verb: 'note', reason: text, at: clock.now() })
  }

  /** Reads what the service has, now. */
  async read(): Promise<void> {
    const session = this.session.value
    if (!session) return
    await Promise.all([this.readStops(session.technicianId!, 0), this.readPerson(session.technicianId!)])
    this.reached.value = true
  }

  private async offerDemo(): Promise<void> {
    const admin = await demo<{ token: string }>('/demo/session')
    if (!admin) return
    const list = await ask<{ technicians?: DemoTechnician[] }>(admin.token, '/v1/technicians?pageSize=200').catch(() => null)
    this.demoPeople.value = (list?.body.technicians ?? []).sort((a, b) => Number(a.state === 'OFF_SHIFT') - Number(b.state === 'OFF_SHIFT'))
  }

  private async begin(credential: Credential, session: Session): Promise<void> {
    const id = session.technicianId!
    this.credential = credential
    this.etag = ''
    this.duty.value = new Duty(credential, id)
    this.session.value = session
    const kept = await this.store?.kept(id).catch(() => undefined)
    if (kept) {
      this.known.value = kept.stops as Stop[]
      this.person.value = kept.person as Person | null
      this.asOf.value = kept.at
    }
    if (this.store) {
      const told = { answered: () => this.read().catch(() => {}), signedOut: () => this.signOut() }
      this.outbox.value = new Outbox(this.store, credential, id, told)
      await this.outbox.value.start()
    }
    void this.run(id)
  }

  /** Waits for changes of the list until the technician signs out. */
  private async run(id: string): Promise<void> {
    const round = ++this.round
    while (round === this.round) {
      try {
        await this.readPerson(id)
        await this.readStops(id, this.etag ? waitSeconds : 0)
        this.reached.value = true
      } catch (failure) {
        if (round !== this.round) return
        if (failure instanceof ApiError && failure.status === 401) return this.signOut()
        this.reached.value = false
        await new Promise((done) => {
          const timer = setTimeout(done, retryMs)
          window.addEventListener('online', () => (clearTimeout(timer), done(null)), { once: true })
        })
      }
    }
  }

  private async readPerson(id: string): Promise<void> {
    const round = this.round
    const { body } = await this.credential!.ask<Person>(`/v1/technicians/${encodeURIComponent(id)}`)
    if (round !== this.round) return
    this.person.value = { id: body.id, displayName: body.displayName ?? '', state: body.state ?? '' }
    this.follow()
  }

  private async readStops(id: string, wait: number): Promise<void> {
    const round = this.round
    const headers: Record<string, string> = wait ? { 'If-None-Match': this.etag, Prefer: `wait=${wait}` } : {}
    const path = `/v1/technicians/${encodeURIComponent(id)}/assignments`
    const { status, etag, body } = await this.credential!.ask<{ assignments?: Stop[] }>(path, { headers }, (wait + 15) * 1000)
    if (round !== this.round) return
    this.asOf.value = clock.now()
    if (status !== 304) {
      this.etag = etag
      this.known.value = body.assignments ?? []
    }
    await this.store?.keep({ technicianId: id, at: this.asOf.value, etag, stops: this.known.value, person: this.person.value }).catch(() => {})
    this.follow()
  }

  /** Tells places and keeps the screen on only on shift and on the way. */
  private follow(): void {
    this.duty.value?.set(this.onShift.value && this.current.value?.state === 'EN_ROUTE')
  }
}

export const app = new App()
