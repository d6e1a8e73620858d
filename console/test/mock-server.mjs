// A stand-in for Fettle: serves dist/built and fakes the part of the HTTP interface that the console uses, with technicians
// who drive, work and finish. It plans badly on purpose (the nearest one goes) and keeps nothing.
// Usage: node test/mock-server.mjs [port]   (MOCK_TECHNICIANS, MOCK_ORDERS, MOCK_DEMO=0 for the sign-in form)
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { map, random, somewhere } from './city.mjs'
import { answerRecords, contract } from './mock-records.mjs'
import { answerViews } from './mock-views.mjs'

const dist = fileURLToPath(new URL('../dist/built/', import.meta.url))
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const handler = readFileSync(new URL('../handler.go', import.meta.url), 'utf8')
/** The policy that the Go handler sends. */
export const policy = [...handler.match(/const policy = ((?:"[^"]*"[ +\n\t]*)+)/)[1].matchAll(/"([^"]*)"/g)].map((m) => m[1]).join('')

const names = ['Chen Wei', 'Li Na', 'Wang Fang', 'Zhao Lei', 'Sun Yue', 'Zhou Jie', 'Wu Min', 'Xu Tao', 'Ma Chao', 'He Ping', '林涛', '高敏', 'Gu Hao', 'Luo Xin', 'Tang Bo', 'Shen Ke']
const faults = [
  ['plumbing', 'No hot water in the shower'], ['plumbing', 'Water drips from the ceiling'], ['plumbing', '厨房下水道堵塞'], ['electrical', 'Socket sparks in the kitchen'], ['electrical', '客厅灯不亮'],
  ['hvac', 'Air conditioning blows warm'], ['hvac', 'Heating makes a noise'], ['appliance', 'Washing machine does not spin'], ['locks', 'Door lock is stuck'], ['network', 'No internet since yesterday'],
]
const skillsOf = [['plumbing', 'hvac'], ['electrical', 'appliance'], ['plumbing', 'locks'], ['electrical', 'network'], ['hvac', 'appliance', 'plumbing']]
const minute = 60_000
const iso = (t) => new Date(t).toISOString()
const distance = (a, b) => Math.hypot((a.latitude - b.latitude) * 111.2, (a.longitude - b.longitude) * 96.1) // km
const terminal = new Set(['COMPLETED', 'VERIFIED', 'MERGED', 'CANCELED'])
const legalFrom = { reassign: ['NEW', 'ASSIGNED', 'ACCEPTED'], pin: ['NEW', 'ASSIGNED', 'ACCEPTED'], unpin: ['NEW', 'ASSIGNED', 'ACCEPTED'] }

class City {
  constructor(technicians, orders, speed, everybody) {
    this.everybody = everybody // all move at every step, and orders are dealt out in turn: for measuring the page, not for stories
    this.next = random(42)
    this.speed = speed
    this.started = Date.now()
    this.begin = Date.UTC(2026, 4, 20, 2, 40) // 10:40 in Shanghai
    this.sequence = 0
    this.events = []
    this.watchers = new Set()
    this.orders = new Map()
    this.timelines = new Map()
    this.technicians = new Map()
    this.changed = [] // what was asked of records
    this.held = new Map() // by technician
    for (let i = 0; i < technicians; i++) this.addTechnician(i)
    for (let i = 0; i < orders; i++) this.report(faults[Math.floor(this.next() * faults.length)], somewhere(this.next), this.now() - this.next() * 42 * minute, i)
  }

  now() { return this.begin + (Date.now() - this.started) * this.speed }

  addTechnician(i) {
    const id = `tech-${String(i + 1).padStart(3, '0')}`
    const location = somewhere(this.next)
    const off = i % 11 === 9
    this.technicians.set(id, {
      id, etag: '1', displayName: names[i % names.length] + (i >= names.length ? ` ${Math.floor(i / names.length) + 1}` : ''), timeZone: 'Asia/Shanghai',
      weeklyShifts: [{ days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], start: '08:00', end: '18:00', breaks: [{ start: '12:00', end: '13:00', duration: '3600s' }] }],
      skills: skillsOf[i % skillsOf.length].map((skill, k) => ({ skill, level: 3 - k })), home: location, state: off ? 'OFF_SHIFT' : 'AVAILABLE',
      position: { location, time: iso(this.now() - (i % 13 === 7 ? 40 * minute : 0)), accuracyMeters: 10, stale: i % 13 === 7 }, workOrderId: '',
    })
  }

  report([skill, description], location, created, i = 1, urgency = i % 13 === 4 ? 'EMERGENCY' : 'NORMAL') {
    const id = `wo-${String(this.orders.size + 1).padStart(5, '0')}`
    const order = {
      id, etag: '1', createTime: iso(created), updateTime: iso(created), state: 'NEW', location, description, urgency, requiredSkills: [{ skill, level: 1 }], channel: 'APP', visit: 1,
      dueTimes: { accept: iso(created + (urgency === 'EMERGENCY' ? 15 : 60) * minute), onSite: iso(created + (urgency === 'EMERGENCY' ? 60 : 180) * minute), resolve: iso(created + 360 * minute) }, clocks: {},
    }
    this.orders.set(id, order)
    this.tell(order, 'work_order.created', 'tenant')
    this.assign(order, i % 17 === 11 ? 'nobody' : this.everybody ? `tech-${String((i % this.technicians.size) + 1).padStart(3, '0')}` : '')
    return order
  }

  route(id) {
    const held = (this.held.get(id) ?? []).filter((o) => o.assignment?.technicianId === id && !terminal.has(o.state))
    this.held.set(id, held)
    return held.toSorted((a, b) => (['NEW', 'ASSIGNED', 'ACCEPTED'].includes(a.state) ? 1 : 0) - (['NEW', 'ASSIGNED', 'ACCEPTED'].includes(b.state) ? 1 : 0))
  }

  able(order) {
    return [...this.technicians.values()].filter((t) => t.state !== 'OFF_SHIFT' && t.skills.some((s) => s.skill === order.requiredSkills[0].skill))
      .map((t) => [this.price(order, t), t]).sort((a, b) => a[0] - b[0]).map(([, t]) => t)
  }

  price(order, t) { return Math.round(distance(t.position.location, order.location) * 240 + this.route(t.id).filter((o) => o !== order).length * 420) }

  assign(order, whom) {
    const t = whom === 'nobody' ? null : whom ? this.technicians.get(whom) : this.able(order)[0]
    delete order.assignment
    delete order.unassigned
    if (!t) {
      order.state = 'NEW'
      order.unassigned = { reason: 'OUT_OF_SHIFT', detail: 'Nobody with the skill is on shift before the window closes.' }
      return this.tell(order, 'work_order.unassigned', 'service', '', 'OUT_OF_SHIFT')
    }
    const arrival = this.now() + (4 + distance(t.position.location, order.location) * 4 + this.route(t.id).length * 30) * minute
    order.assignment = {
      technicianId: t.id, technicianName: t.displayName, plannedArrival: iso(arrival), plannedStart: iso(arrival), plannedEnd: iso(arrival + 45 * minute),
      window: { startTime: iso(arrival - 30 * minute), endTime: iso(arrival + 30 * minute) }, cost: this.cost(order, t),
    }
    this.held.set(t.id, [...(this.held.get(t.id) ?? []).filter((o) => o !== order), order])
    order.state = 'ASSIGNED'
    order.clocks = { assigned: iso(this.now()) }
    return this.tell(order, 'work_order.assigned', 'service', t.id)
  }

  pin(order, startTime) {
    order.pin = { technicianId: order.assignment.technicianId, ...(startTime && { startTime }) }
    if (startTime) Object.assign(order.assignment, { plannedArrival: startTime, plannedStart: startTime, plannedEnd: iso(Date.parse(startTime) + 45 * minute) })
  }

  /** Ends a shift: what has not begun goes to others. */
  endShift(t) {
    t.state = 'OFF_SHIFT'
    for (const o of this.route(t.id)) if (legalFrom.reassign.includes(o.state)) this.assign(o, '')
    const event = { sequence: ++this.sequence, time: iso(this.now()), type: 'technician.shift_ended', technicianId: t.id }
    this.events.push(event)
    this.send(event)
    return t
  }

  cost(order, t) {
    const travel = Math.round(distance(t.position.location, order.location) * 240)
    return { total: travel + 2700 + 350 + 120, terms: { travel, onSite: 2700, lateness: 350, fairness: 120 } }
  }

  explain(order) {
    const able = this.able(order)
    const chosen = this.technicians.get(order.assignment?.technicianId)
    const others = able.filter((t) => t !== chosen).slice(0, 4)
    return {
      ...(chosen && { chosen: { technicianId: chosen.id, technicianName: chosen.displayName, cost: this.cost(order, chosen), plannedArrival: order.assignment.plannedArrival, travelSeconds: distance(chosen.position.location, order.location) * 240 } }),
      alternatives: others.map((t) => ({
        technicianId: t.id, technicianName: t.displayName, difference: chosen ? this.price(order, t) - this.price(order, chosen) : this.price(order, t), bindingRule: 'travel',
        flip: `${t.displayName} would do as well if the way from where ${t.displayName} is to ${order.unitId || 'p1-101'} took ${Math.round(distance(t.position.location, order.location) * 2)} min less.`, plannedArrival: iso(this.now() + 40 * minute),
      })),
      infeasible: [...this.technicians.values()].filter((t) => !able.includes(t)).map((t) => ({ technicianId: t.id, technicianName: t.displayName, reason: t.state === 'OFF_SHIFT' ? 'OUT_OF_SHIFT' : 'SKILL_MISSING' })),
      ...(order.unassigned && { unassigned: order.unassigned }), recorded: !['NEW', 'ASSIGNED', 'ACCEPTED'].includes(order.state), time: iso(this.now()),
      sentences: chosen ? [`${chosen.displayName} has the skill and is the cheapest way to do it.`] : ['Nobody can do it now.'],
    }
  }

  tell(order, type, actor, technicianId = order.assignment?.technicianId ?? '', reason = '') {
    order.updateTime = iso(this.now())
    order.etag = String(Number(order.etag) + 1)
    const event = { sequence: ++this.sequence, time: order.updateTime, type, actor, workOrderId: order.id, technicianId, reason, workOrder: summary(order) }
    const timeline = this.timelines.get(order.id) ?? []
    timeline.push({ sequence: event.sequence, time: event.time, type, state: order.state, actor, technicianId, reason, text: type })
    this.timelines.set(order.id, timeline)
    this.events.push(event)
    this.send(event)
  }

  send(event) {
    const id = event.sequence ? `id: ${event.sequence}\n` : ''
    const text = `${id}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
    for (const w of this.watchers) w.write(text)
  }

  /** One step of life. */
  live(seconds) {
    for (const t of this.technicians.values()) {
      if (!this.everybody && (t.state === 'OFF_SHIFT' || t.position.stale)) continue
      if (this.everybody) this.drift(t, seconds)
      const order = this.route(t.id)[0]
      if (order) this.work(t, order, seconds)
      t.workOrderId = order?.id ?? ''
      t.position.time = iso(this.now())
      this.send({ type: 'technician.position', time: t.position.time, technicianId: t.id, location: t.position.location })
    }
    if (this.next() < 0.2) this.report(faults[Math.floor(this.next() * faults.length)], somewhere(this.next), this.now(), Math.floor(this.next() * 60))
  }

  /** Some 8 m a second in a direction that turns slowly. */
  drift(t, seconds) {
    t.heading = (t.heading ?? this.next() * 6.28) + (this.next() - 0.5) * 0.4
    const { latitude, longitude } = t.position.location
    t.position.location = { latitude: latitude + Math.sin(t.heading) * 7e-5 * seconds, longitude: longitude + Math.cos(t.heading) * 8e-5 * seconds }
  }

  work(t, order, seconds) {
    const since = this.now() - Date.parse(order.updateTime)
    const step = (state, type, clock, worker) => {
      order.state = state
      order.clocks[clock] = iso(this.now())
      t.state = worker
      this.tell(order, `work_order.${type}`, t.id)
    }
    if (order.state === 'ASSIGNED' && since > 2 * minute) step('ACCEPTED', 'accepted', 'accepted', t.state)
    else if (order.state === 'ACCEPTED' && since > minute) step('EN_ROUTE', 'departed', 'departed', 'EN_ROUTE')
    else if (order.state === 'EN_ROUTE') {
      const far = distance(t.position.location, order.location)
      const part = Math.min(1, (seconds / 3600) * 25 / Math.max(far, 1e-6))
      t.position.location = {
        latitude: t.position.location.latitude + (order.location.latitude - t.position.location.latitude) * part,
        longitude: t.position.location.longitude + (order.location.longitude - t.position.location.longitude) * part,
      }
      if (part === 1) step('ON_SITE', 'arrived', 'arrived', 'WORKING')
    } else if (order.state === 'ON_SITE' && since > minute) step('WORKING', 'started', 'started', 'WORKING')
    else if (order.state === 'WORKING' && since > 25 * minute) step('COMPLETED', 'completed', 'completed', 'AVAILABLE')
  }
}

function summary(o) {
  return {
    id: o.id, state: o.state, urgency: o.urgency, location: o.location, technicianId: o.assignment?.technicianId ?? '', ...(o.assignment && { plannedArrival: o.assignment.plannedArrival }),
    acceptDue: o.dueTimes.accept, onSiteDue: o.dueTimes.onSite, unassignedReason: o.unassigned?.reason ?? '', etag: o.etag, description: o.description,
  }
}

class Refusal extends Error {
  constructor(status, reason, detail, errors) {
    super(detail)
    Object.assign(this, { status, reason, errors })
  }
}

function page(items, field, query) {
  const size = Number(query.get('pageSize')) || 50
  const from = Number(query.get('pageToken')) || 0
  return { [field]: items.slice(from, from + size), nextPageToken: from + size < items.length ? String(from + size) : '' }
}

function create(city, body, headers) {
  if (!headers['idempotency-key']) throw new Refusal(400, 'IDEMPOTENCY_KEY_MISSING', 'Idempotency-Key is required')
  if (body.description === 'refuse me') {
    throw new Refusal(400, 'INVALID_ARGUMENT', 'the order is not valid', [{ field: 'location.latitude', detail: 'must be between -90 and 90' }])
  }
  return city.report([body.requiredSkills[0].skill, body.description], body.location, city.now(), 1, body.urgency)
}

function verb(city, order, name, body, headers) {
  const meanwhile = city.meanwhile
  city.meanwhile = null
  meanwhile?.(order) // what somebody else does just before
  if (headers['if-match'] !== `"${order.etag}"`) throw new Refusal(412, 'ETAG_MISMATCH', 'the order has changed')
  if (terminal.has(order.state) || (legalFrom[name] && !legalFrom[name].includes(order.state))) throw new Refusal(409, 'STATE_FORBIDS', `not from ${order.state}`)
  if (name === 'reassign') city.assign(order, body.technicianId || city.able(order).find((t) => t.id !== order.assignment?.technicianId)?.id)
  else if (name === 'pin') city.pin(order, body.startTime)
  else if (name === 'unpin') delete order.pin
  else if (name === 'escalate') order.escalationLevel = (order.escalationLevel ?? 0) + 1
  else if (name === 'cancel') Object.assign(order, { state: 'CANCELED', reason: body.reason })
  else throw new Refusal(404, 'NOT_FOUND', 'no such verb')
  if (name !== 'reassign') city.tell(order, `work_order.${{ pin: 'pinned', unpin: 'unpinned', escalate: 'escalated', cancel: 'canceled' }[name]}`, 'dispatcher', undefined, body.reason)
  return order
}

function need(map, id) {
  const found = map.get(id)
  if (!found) throw new Refusal(404, 'NOT_FOUND', `${id} is not there`)
  return found
}

const routeOf = (city, t) => ({
  technicianId: t.id, start: t.position.location, startTime: iso(city.now()),
  stops: city.route(t.id).map((o) => ({ workOrderId: o.id, state: o.state, urgency: o.urgency, location: o.location, ...o.assignment, started: ['EN_ROUTE', 'ON_SITE', 'WORKING'].includes(o.state) })),
})

function answer(city, method, url, body, headers) {
  const [, kind, id = '', part = ''] = url.pathname.match(/^\/v1\/(\w+)(?:\/([^/:]+))?([/:]\w+)?$/) ?? []
  if (kind === 'technicians' && !id) return page([...city.technicians.values()], 'technicians', url.searchParams)
  if (kind === 'notes') return { conversations: [] } // nobody waits for an answer
  const more = answerViews(city, method, url, { kind, id, part }, body) ?? (['technicians', 'plans', 'workOrders'].includes(kind) ? undefined : answerRecords(method, url.pathname, body, city.changed))
  if (more) return more
  if (kind === 'technicians') {
    const t = need(city.technicians, id)
    return part === '/route' ? routeOf(city, t) : t
  }
  if (kind === 'plans') return { time: iso(city.now()), routes: [...city.technicians.values()].map((t) => routeOf(city, t)) }
  if (kind !== 'workOrders') throw new Refusal(404, 'NOT_FOUND', 'no such path')
  if (!id) return method === 'POST' ? create(city, body, headers) : page([...city.orders.values()].filter((o) => !terminal.has(o.state)), 'workOrders', url.searchParams)
  const order = need(city.orders, id)
  if (part === ':explain') return city.explain(order)
  if (part === '/reports') return { reports: [{ workOrderId: id, description: order.description, time: order.createTime }] }
  if (part === ':duplicates') return {}
  if (part === '/notes') return { workOrderId: id, etag: '0' }
  if (part === '/timeline') return { entries: city.timelines.get(id) }
  return part ? verb(city, order, part.slice(1), body, headers) : order
}

function stream(city, request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': hello\n\n')
  const last = Number(request.headers['last-event-id'])
  if (last > city.sequence) response.write('event: resync\ndata: {}\n\n')
  else if (last) for (const e of city.events.slice(last)) response.write(`id: ${e.sequence}\nevent: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`)
  city.watchers.add(response)
  response.on('close', () => city.watchers.delete(response))
}

function file(path, response) {
  const name = normalize(path === '/' ? 'index.html' : path.slice(1))
  let body
  try {
    body = readFileSync(join(dist, name))
  } catch {
    return json(response, 404, { title: 'not found' })
  }
  response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': policy })
  return response.end(body)
}

function json(response, status, value) {
  response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(value))
}

async function read(request) {
  let text = ''
  for await (const piece of request) text += piece
  return text ? JSON.parse(text) : {}
}

/** Starts the server on a port of 127.0.0.1; 0 chooses one. */
export function start({ port = 0, technicians = 14, orders = 40, demo = true, speed = 60, stepMs = 500, everybody = false } = {}) {
  const city = new City(technicians, orders, speed, everybody)
  const token = 'mock-token'
  const control = { city, refusing: false, failing: '', slow: '', release: () => {}, requests: [] }
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1')
    if (control.refusing) return request.socket.destroy()
    if (control.failing && url.pathname.startsWith(control.failing)) return json(response, 503, { status: 503, title: 'Busy', detail: 'The store is busy.', reason: 'UNAVAILABLE' })
    if (control.slow && url.pathname.startsWith(control.slow)) await new Promise((done) => { control.release = done })
    if (url.pathname.startsWith('/demo/')) {
      if (!demo) return json(response, 404, { title: 'not found' })
      if (url.pathname === '/demo/session') return json(response, 200, { token, simulated: true, speed, note: 'A mock.' })
      if (url.pathname === '/demo/clock') return json(response, 200, { time: iso(city.now()), speed })
      return json(response, 200, map())
    }
    if (url.pathname === '/openapi.json') return json(response, 200, contract)
    if (!url.pathname.startsWith('/v1/')) return file(url.pathname, response)
    if (request.headers.authorization !== `Bearer ${token}`) return json(response, 401, { title: 'no credential', status: 401, reason: 'UNAUTHENTICATED' })
    control.requests.push({ method: request.method, path: url.pathname, query: url.search, headers: request.headers })
    if (control.refusal && request.method === 'POST') return json(response, control.refusal.status, control.refusal)
    if (url.pathname === '/v1/events:stream') return stream(city, request, response)
    try {
      const body = ['POST', 'PATCH'].includes(request.method) ? await read(request) : {}
      const created = request.method === 'POST' && url.pathname === '/v1/workOrders'
      return json(response, created ? 201 : 200, answer(city, request.method, url, body, request.headers))
    } catch (failure) {
      return json(response, failure.status ?? 500, { status: failure.status ?? 500, title: 'refused', detail: failure.message, reason: failure.reason, errors: failure.errors })
    }
  })
  const life = setInterval(() => city.live((stepMs / 1000) * speed), stepMs)
  control.close = () => {
    clearInterval(life)
    server.closeAllConnections()
    server.close()
  }
  control.cut = () => {
    for (const w of city.watchers) w.destroy()
  }
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done({ ...control, control, url: `http://127.0.0.1:${server.address().port}` })))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const env = (name, otherwise) => Number(process.env[name] ?? otherwise)
  const { url } = await start({ port: Number(process.argv[2] ?? 8081), technicians: env('MOCK_TECHNICIANS', 14), orders: env('MOCK_ORDERS', 45), demo: process.env.MOCK_DEMO !== '0' })
  console.log(`mock Fettle on ${url}`)
}
