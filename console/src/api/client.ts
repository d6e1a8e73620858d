import type {
  CurrentPlan, Duplicate, Report, DemoClock, DemoSession, Explanation, LatLng, NewWorkOrder, Problem, Session, Technician, TechnicianRoute, TimelineEntry, WorkOrder,
} from './types.ts'

/** An answer that is not 2xx, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(problem.detail || problem.title || `HTTP ${status}`)
  }

  /** Faults by field, as "location.latitude: ...". */
  get fields(): string[] {
    return (this.problem.errors ?? []).map((e) => {
      const name = (e.field ?? e.pointer ?? '').replace(/^#?\//, '').replaceAll('/', '.')
      const text = e.detail ?? e.message ?? e.reason ?? ''
      return name ? `${name}: ${text}` : text
    })
  }
}

/** What the verbs of a dispatcher carry. */
export interface VerbBody { technicianId?: string; reason?: string; startTime?: string; into?: string; outcome?: string; comment?: string; rating?: number; secondVisit?: boolean }
/** What a dispatcher does with an order, and what one does for a technician or tenant who is on the phone. */
export type Verb =
  | 'acceptSuggestion' | 'rejectSuggestion' | 'reassign' | 'pin' | 'unpin' | 'escalate' | 'merge' | 'unmerge' | 'logCall' | 'cancel' | 'verify' | 'reopen' | 'rate'
  | 'accept' | 'decline' | 'depart' | 'arrive' | 'start' | 'pause' | 'resume' | 'complete'

const tokenKey = 'fettle.token'
const pageSize = 1000

/** The HTTP interface of Fettle for one browser tab. */
export class Client {
  token = sessionStorage.getItem(tokenKey) ?? ''
  demo: DemoSession | null = null
  /** Called when the credential is missing or refused. */
  onUnauthorized: () => void = () => {}

  /** Takes the credential of demo mode where there is one. False: the user must sign in. */
  async signInDemo(): Promise<boolean> {
    const session = await this.optional<DemoSession>('/demo/session')
    if (!session?.token) return this.token !== ''
    this.demo = session
    this.token = session.token
    return true
  }

  signIn(token: string): void {
    this.token = token
    sessionStorage.setItem(tokenKey, token)
  }

  signOut(): void {
    this.token = ''
    sessionStorage.removeItem(tokenKey)
  }

  clock(): Promise<DemoClock | null> { return this.optional('/demo/clock') }
  baseMap(): Promise<GeoJSON.FeatureCollection | null> { return this.optional('/demo/map.geojson') }

  technicians(): Promise<Technician[]> { return this.all('/v1/technicians?', 'technicians') }
  openOrders(): Promise<WorkOrder[]> { return this.all('/v1/workOrders?open=true&', 'workOrders') }
  plan(): Promise<CurrentPlan> { return this.get('/v1/plans/current') }
  order(id: string): Promise<WorkOrder> { return this.get(`/v1/workOrders/${encodeURIComponent(id)}`) }
  explain(id: string): Promise<Explanation> { return this.get(`/v1/workOrders/${encodeURIComponent(id)}:explain`) }
  timeline(id: string): Promise<TimelineEntry[]> { return this.all(`/v1/workOrders/${encodeURIComponent(id)}/timeline?`, 'entries') }
  /** The reports that an order stands for, and other orders that may be about the same fault. */
  async reports(id: string): Promise<{ reports: Report[]; duplicates: Duplicate[] }> {
    const path = `/v1/workOrders/${encodeURIComponent(id)}`
    const [told, like] = await Promise.all([this.get<{ reports?: Report[] }>(`${path}/reports`), this.get<{ duplicates?: Duplicate[] }>(`${path}:duplicates`)])
    return { reports: told.reports ?? [], duplicates: like.duplicates ?? [] }
  }

  technician(id: string): Promise<Technician> { return this.get(`/v1/technicians/${encodeURIComponent(id)}`) }
  route(id: string): Promise<TechnicianRoute> { return this.get(`/v1/technicians/${encodeURIComponent(id)}/route`) }

  /** Asks what changes nothing and needs a body. */
  question<T>(path: string, body: unknown): Promise<T> { return this.post(path, body, {}) }
  /** Reads one of the lists and reports that a view shows. */
  read<T>(path: string): Promise<T> { return this.get(path) }
  /** Reads every page of a list; the path ends with ? or &. */
  list<T>(path: string, field: string): Promise<T[]> { return this.all(path, field) }

  /** Who the credential is, and what its roles may do. */
  session(): Promise<Session> { return this.get('/v1/session') }

  /** Sends something that changes a record; without a key or an etag where the contract asks for none. */
  async send<T>(method: 'POST' | 'PATCH', path: string, body: unknown, key: string, etag: string): Promise<T> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' }
    if (key) headers['Idempotency-Key'] = key
    if (etag) headers['If-Match'] = quoted(etag)
    return (await this.open(path, { method, body: JSON.stringify(body), headers })).json() as Promise<T>
  }

  endShift(id: string, reason: string): Promise<Technician> {
    return this.post(`/v1/technicians/${encodeURIComponent(id)}:endShift`, { reason }, { 'Idempotency-Key': crypto.randomUUID() })
  }

  create(order: NewWorkOrder, key: string): Promise<WorkOrder> {
    return this.post('/v1/workOrders', order, { 'Idempotency-Key': key })
  }

  /** Signs a link for a tenant: to an order, or for the door of a dwelling. Returns its path. */
  async link(about: { workOrderId: string } | { unitId: string; location: LatLng }): Promise<string> {
    const { token } = await this.post<{ token: string }>('/v1/links', about, {})
    return `/r/${token}`
  }

  /** Makes a key for the phone of a technician, and the user whose key it is. Returns the path that signs in with it. */
  async technicianLink(technicianId: string, displayName: string): Promise<string> {
    const user = { displayName: `technician ${technicianId}`, roles: ['TECHNICIAN'], technicianId } // the same for ever, as the key needs it
    const { id: userId } = await this.post<{ id: string }>('/v1/users', user, { 'Idempotency-Key': `page-user-${technicianId}` })
    const { secret } = await this.post<{ secret: string }>('/v1/apiKeys', { displayName, userId }, { 'Idempotency-Key': crypto.randomUUID() })
    return `/t/#key=${secret}`
  }

  /** Does a verb on an order, guarded by the version that the user saw. */
  verb(order: WorkOrder, verb: Verb, body: VerbBody): Promise<WorkOrder> {
    const headers: Record<string, string> = { 'Idempotency-Key': crypto.randomUUID() }
    if (order.etag) headers['If-Match'] = quoted(order.etag)
    return this.post(`/v1/workOrders/${encodeURIComponent(order.id)}:${verb}`, body, headers)
  }

  /** Opens a request with the credential; the caller reads the body. */
  async open(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.token) headers.set('Authorization', `Bearer ${this.token}`)
    let response: Response
    try {
      response = await fetch(path, { ...init, headers })
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      throw new ApiError(0, { title: 'offline' })
    }
    if (response.status === 401) this.onUnauthorized()
    if (!response.ok) throw new ApiError(response.status, await problemOf(response))
    return response
  }

  private async get<T>(path: string): Promise<T> {
    return (await this.open(path)).json() as Promise<T>
  }

  private async post<T>(path: string, body: unknown, headers: Record<string, string>): Promise<T> {
    const init = { method: 'POST', body: JSON.stringify(body), headers: { ...headers, 'Content-Type': 'application/json' } }
    return (await this.open(path, init)).json() as Promise<T>
  }

  /** Reads every page of a list. */
  private async all<T>(path: string, field: string): Promise<T[]> {
    const items: T[] = []
    for (let token = ''; ;) {
      const query = new URLSearchParams({ pageSize: String(pageSize), ...(token && { pageToken: token }) })
      const page = await this.get<Record<string, unknown>>(path + query)
      items.push(...((page[field] as T[] | undefined) ?? []))
      token = (page['nextPageToken'] as string | undefined) ?? ''
      if (!token) return items
    }
  }

  /** Reads what only demo mode has: null where it is not there. */
  private async optional<T>(path: string): Promise<T | null> {
    const response = await fetch(path).catch(() => null)
    const json = response?.headers.get('Content-Type')?.includes('json')
    return response?.ok && json ? (response.json() as Promise<T>) : null
  }
}

/** An entity tag as HTTP writes it. */
export function quoted(etag: string): string {
  return /^(W\/)?"/.test(etag) ? etag : `"${etag}"`
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '')
  try {
    return JSON.parse(text) as Problem
  } catch {
    return { status: response.status, title: `${response.status} ${response.statusText}`.trim() }
  }
}
