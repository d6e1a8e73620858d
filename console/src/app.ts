import { batch, signal } from '@preact/signals'
import { ApiError, Client } from './api/client.ts'
import { Stream, type Connection } from './api/stream.ts'
import type { Event } from './api/types.ts'
import { Clock } from './clock.ts'
import { World, type Effect, type Point } from './world.ts'

export type Selection = { kind: 'order'; id: string; tookMs?: number } | { kind: 'worker'; id: string } | { kind: 'report' } | null

const paintMs = 250 // the panels follow the world four times a second at most
const routesMs = 1_200 // routes are read again this long after the last event, ...
const routesLatestMs = 5_000 // ... but not later than this
const listMs = 30_000 // states and ages of positions are read again this often
const clockMs = 30_000
const retryMs = 3_000

/** The state of the page and what keeps it up to date. */
export class App {
  readonly client = new Client()
  readonly world = new World()
  readonly clock = new Clock()
  /** Rises whenever the world or the time has changed visibly. */
  readonly tick = signal(0)
  readonly connection = signal<Connection>('connecting')
  readonly needsSignIn = signal(false)
  readonly refused = signal(false)
  readonly loaded = signal(false)
  readonly loadFailed = signal(false)
  readonly simulated = signal<number | null>(null) // speed of the simulated city
  readonly selection = signal<Selection>(null)
  readonly hovered = signal('')
  readonly picked = signal<Point | null>(null)
  /** What the user may do, and who that is. */
  readonly roles = signal<ReadonlySet<string>>(new Set())
  readonly user = signal('')
  /** Rises when notes about an order have changed. */
  readonly noted = signal(0)
  /** Rises when a technician has told something too late, and when it was looked at. */
  readonly told = signal(0)
  /** Events by order, so that an open card knows when to read again. */
  readonly touched = signal<{ order: string; worker: string; serial: number }>({ order: '', worker: '', serial: 0 })
  /** Called after the first snapshot. */
  onLoaded: () => void = () => {}
  /** Called when technicians have moved. */
  onMoved: () => void = () => {}

  private stream: Stream | null = null
  private waiting: Event[] | null = []
  private generation = 0
  private dirty = false
  private moved = false
  private routesDue = 0
  private routesWanted = 0
  private peopleWanted = false
  private refusing = false

  async start(): Promise<void> {
    this.client.onUnauthorized = () => void this.refuse()
    setInterval(() => this.paint(), paintMs)
    setInterval(() => this.changed(), 1_000)
    setInterval(() => void this.readPeople(), listMs)
    setInterval(() => void this.readClock(), clockMs)
    if (await this.client.signInDemo()) await this.connect()
    else this.needsSignIn.value = true
  }

  async signIn(token: string): Promise<void> {
    this.client.signIn(token.trim())
    batch(() => {
      this.needsSignIn.value = false
      this.refused.value = false
    })
    await this.connect()
  }

  signOut(): void {
    this.stream?.stop()
    this.generation++
    this.client.signOut()
    batch(() => {
      this.loaded.value = false
      this.selection.value = null
      this.needsSignIn.value = true
    })
  }

  /** Time of the service. */
  now(): number {
    return this.clock.now()
  }

  /** The world, for a component that is to be drawn again whenever it changes. */
  watched(): World {
    void this.tick.value
    return this.world
  }

  changed(): void {
    this.dirty = true
  }

  /** Reads everything; events that come meanwhile are folded in afterwards. */
  async readAll(): Promise<void> {
    const generation = ++this.generation
    this.waiting = []
    while (generation === this.generation) {
      try {
        const [people, orders, plan] = await Promise.all([this.client.technicians(), this.client.openOrders(), this.client.plan()])
        if (generation !== this.generation) return
        this.world.load(people, orders)
        this.world.loadPlan(plan)
        this.finishReading()
        return
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 401) return
        this.loadFailed.value = true
        await new Promise((done) => setTimeout(done, retryMs))
      }
    }
  }

  private finishReading(): void {
    const waiting = this.waiting ?? []
    this.waiting = null
    for (const event of waiting) this.take(event)
    const first = !this.loaded.value
    batch(() => {
      this.loaded.value = true
      this.loadFailed.value = false
      this.tick.value++
    })
    if (first) this.onLoaded()
  }

  private async connect(): Promise<void> {
    if (this.client.demo?.simulated) this.simulated.value = this.client.demo.speed ?? 1
    await this.readClock()
    void this.readSession()
    this.stream?.stop()
    this.stream = new Stream(this.client, {
      event: (event) => (this.waiting ? void this.waiting.push(event) : this.take(event)),
      resync: () => {
        this.world.forgetSequence()
        void this.readAll()
      },
      state: (state) => (this.connection.value = state),
    })
    this.waiting = []
    // The stream stands before the snapshot is read, so that nothing falls between them.
    await Promise.race([this.stream.start(), new Promise((done) => setTimeout(done, 1_500))])
    await this.readAll()
  }

  /** A credential was refused: a restarted demo has a new one, otherwise the user must sign in. */
  private async refuse(): Promise<void> {
    if (this.needsSignIn.value || this.refusing) return
    this.refusing = true
    this.stream?.stop()
    this.generation++
    const before = this.client.token
    this.client.signOut()
    if ((await this.client.signInDemo()) && this.client.token !== before) {
      this.refusing = false
      this.world.forgetSequence()
      await this.connect()
      return
    }
    this.refusing = false
    this.client.signOut()
    batch(() => {
      this.needsSignIn.value = true
      this.refused.value = before !== ''
      this.connection.value = 'offline'
    })
  }

  private take(event: Event): void {
    if (event.type?.endsWith('.changed')) { // of a record beside live dispatch
      if (event.type === 'conversations.changed') this.noted.value++
      return
    }
    if (event.type === 'work_order.tapped_late' || event.type === 'work_order.taps_reviewed') this.told.value++
    const effect = this.world.apply(event)
    if (event.type === 'technician.position') this.moved = true
    else {
      this.changed()
      this.touched.value = { order: event.workOrderId ?? '', worker: event.technicianId ?? '', serial: this.touched.value.serial + 1 }
    }
    this.want(effect)
  }

  private want(effect: Effect): void {
    const now = Date.now()
    if (effect.routes) {
      this.routesWanted ||= now
      this.routesDue = Math.min(now + routesMs, this.routesWanted + routesLatestMs)
    }
    this.peopleWanted ||= effect.technicians
    if (effect.order) void this.readOrder(effect.order)
  }

  private paint(): void {
    if (this.routesDue && Date.now() >= this.routesDue) {
      this.routesDue = this.routesWanted = 0
      void this.readPlan()
    }
    if (this.peopleWanted) {
      this.peopleWanted = false
      void this.readPeople()
    }
    if (document.hidden) return
    if (this.moved) this.onMoved()
    if (this.dirty) this.tick.value++
    this.moved = this.dirty = false
  }

  private async readPlan(): Promise<void> {
    const plan = await this.client.plan().catch(() => null)
    if (!plan) return
    this.world.loadPlan(plan)
    this.changed()
  }

  private async readOrder(id: string): Promise<void> {
    const order = await this.client.order(id).catch(() => null)
    if (!order) return
    this.world.put(order)
    this.changed()
  }

  private async readPeople(): Promise<void> {
    if (!this.loaded.value || this.needsSignIn.value) return
    const people = await this.client.technicians().catch(() => null)
    if (!people) return
    this.world.loadWorkers(people)
    this.changed()
  }

  private async readSession(): Promise<void> {
    const session = await this.client.session().catch(() => null)
    batch(() => {
      this.roles.value = new Set(session?.roles ?? [])
      this.user.value = session?.name ?? ''
    })
  }

  private async readClock(): Promise<void> {
    const sent = Date.now()
    const clock = await this.client.clock()
    if (clock) this.clock.set(Date.parse(clock.time), clock.speed ?? 1, (sent + Date.now()) / 2)
  }
}

export const app = new App()
