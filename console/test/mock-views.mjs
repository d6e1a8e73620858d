// What the mock server answers to the views beside the map: figures, forecasts, leases, reminders, the account, messages.
import { center } from './city.mjs'

const hour = 3_600_000
const iso = (t) => new Date(t).toISOString()
const day = (t) => iso(t).slice(0, 10)

const units = {
  REPORTED: 'COUNT', OPEN: 'COUNT', COMPLETED: 'COUNT', CANCELED: 'COUNT', MERGED: 'COUNT', MINUTES_TO_ACKNOWLEDGE: 'MINUTES', MINUTES_TO_ACCEPT: 'MINUTES', MINUTES_TO_ON_SITE: 'MINUTES', MINUTES_TO_RESOLVE: 'MINUTES',
  SLA_ACKNOWLEDGE: 'SHARE', SLA_ACCEPT: 'SHARE', SLA_ON_SITE: 'SHARE', SLA_RESOLVE: 'SHARE', WINDOW_KEPT: 'SHARE', FIRST_TIME_FIX: 'SHARE', REOPENED: 'SHARE', RATING: 'STARS', TRAVEL_SHARE: 'SHARE', UTILIZATION: 'SHARE',
}
const hops = [['OFFERED', 4], ['ACCEPTED', 21], ['TRAVEL', 12], ['AT_DOOR', 3], ['WORK', 40]]
const total = hops.reduce((sum, [, n]) => sum + n, 0)
const hopMinutes = hops.map(([hop, minutes]) => ({ hop, minutes, totalWithoutMinutes: total - minutes }))

function kpis(city, query) {
  const end = query.get('endTime') ?? iso(city.now())
  const begin = query.get('startTime') ?? iso(city.now() - 720 * hour)
  const groups = query.get('groupBy') === 'TRADE' ? ['plumbing', 'electrical', 'hvac'] : ['']
  const value = (unit, i) => ({ COUNT: { count: 12 + i, value: 12 + i }, MINUTES: { count: 9, value: 31 + i, median: 24 + i, p90: 66 }, SHARE: { count: 9, value: 0.85 }, STARS: { count: 4, value: 4.5 } })[unit]
  return {
    startTime: begin, endTime: end, asOfTime: iso(city.now()), asOfSequence: city.sequence,
    definitions: Object.entries(units).map(([kpi, unit]) => ({ kpi, unit, text: `What ${kpi} means.` })),
    rows: groups.map((group, i) => ({ group, startTime: begin, endTime: end, values: Object.entries(units).map(([kpi, unit]) => ({ kpi, ...value(unit, i) })), hops: hopMinutes, totalMinutes: total })),
  }
}

/** A comb of cells around the middle of the city. */
function cells(city, query) {
  const live = query.get('live') === 'true'
  const start = live ? Math.floor(city.now() / (4 * hour)) * 4 * hour : Date.parse(query.get('startTime'))
  const ahead = start + 4 * hour > city.now()
  const phase = Math.floor(start / (4 * hour)) % 6
  const all = []
  for (let i = -4; i <= 4; i++) {
    for (let j = -4; j <= 4; j++) {
      const mean = (6 / (1 + i * i + j * j)) * (0.5 + phase / 5)
      const cell = `88309a40${(i + 8).toString(16)}${(j + 8).toString(16)}fffff`
      all.push({ cell, mean, at: [center.longitude + i * 0.011 + (j % 2) * 0.0055, center.latitude + j * 0.0085], ...(ahead && { p10: Math.floor(mean / 2), p90: Math.ceil(mean * 2) }), ...(ahead && !live ? {} : { actual: Math.round(mean * (1 + ((i + j) % 2) / 3)) }) })
    }
  }
  return { start, ahead, all }
}

const hexagon = ([x, y]) => [[...Array(7).keys()].map((k) => [x + 0.0055 * Math.sin((k * Math.PI) / 3), y + 0.0055 * Math.cos((k * Math.PI) / 3)])]

function forecasts(city, part, query) {
  if (part === ':backtest') {
    const model = (name, worse) => ({ model: name, buckets: 84, events: 1966, deviance: 0.4 * worse, logLoss: 0.37 * worse, crps: 0.16 * worse, bias: 1.02, cellCoverage: 0.8, totalCoverage: 0.75, hotspots: [{ percentOfCells: 5, hitRate: 0.64 / worse }] })
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 380"><rect width="100%" height="100%" fill="#fdfcfa"/><path d="M60 320L520 60" stroke="#2467b3" stroke-width="3"/></svg>'
    return { bucketHours: 4, resolution: 8, models: [model('hierarchical', 1), model('seasonal-naive', 1.6)], charts: [{ name: 'reliability', svg, csv: 'forecast,came\n1,1\n' }], alarm: query.get('trade') === 'locks' ? 'The naive model was better.' : '', advice: '' }
  }
  if (part === ':standby') {
    const people = [...city.technicians.values()].filter((t) => t.state !== 'OFF_SHIFT').slice(0, Number(query.get('technicians')) || 6)
    const posts = people.map((t, i) => ({ ...(!query.get('technicians') && { technicianId: t.id, name: t.displayName }), cell: `88309a40${i + 8}8fffff`, ...t.position.location, inReach: 20 - i, adds: 3.5 - i / 2, wayMinutes: 4 + i, moved: i % 2 === 0, otherCell: `88309a40${i + 8}9fffff`, loses: 0.75 }))
    return { startTime: iso(city.now()), endTime: iso(city.now() + 4 * hour), demand: 34, cover: 29.5, coverNow: 24.25, bound: 31, moved: 3, posts, asOfTime: iso(city.now()) }
  }
  const { start, ahead, all } = cells(city, query)
  if (part === ':heatmapGeoJson') {
    return { type: 'FeatureCollection', features: all.map(({ at, ...properties }) => ({ type: 'Feature', id: properties.cell, properties, geometry: { type: 'Polygon', coordinates: hexagon(at) } })) }
  }
  const sum = (field) => all.reduce((n, c) => n + (c[field] ?? 0), 0)
  return {
    startTime: iso(start), endTime: iso(start + 4 * hour), ahead, forecast: true, resolution: 8, cells: all.map(({ at: _, ...c }) => c), asOfTime: iso(city.now()), events: 26_554,
    total: { mean: sum('mean'), ...(ahead && { p10: 20, p90: 61 }), actual: sum('actual') }, ...(query.get('resolution') === '9' && { advice: 'The cells are small for so few reports.' }),
  }
}

function leases(city, query) {
  const state = query.get('state')
  const all = [3, 12, 25, 45, 70, 200].map((days, i) => ({
    id: `le-${i}`, number: `HT-2026-${100 + i}`, state: days < 60 ? 'EXPIRING' : 'ACTIVE', tenantId: `tenant-${i}`, unitId: `b${i}-10${i}`, startDate: '2025-05-21', endDate: day(city.now() + days * 24 * hour),
    rentCents: String(280_000 + i * 10_000), class: 'FIXED_TERM', standing: i === 2 ? 'EXCEPTION' : 'SCHEDULED', standingReason: i === 2 ? 'no recipient' : '',
  }))
  return { leases: all.filter((l) => (!state || l.state === state) && (!query.get('endingFrom') || l.endDate >= query.get('endingFrom')) && (!query.get('endingBefore') || l.endDate < query.get('endingBefore'))) }
}

const obligations = (city, query) => ({
  obligations: ['DUE', 'SENT', 'DELIVERED', 'LATE'].map((state, i) => ({ id: `ob-${i}`, state, leaseId: `le-${i}`, rung: ['60', '30', '7', '7'][i], dueDate: day(city.now() + (3 - i) * 24 * hour), ...(i > 0 && { sentTime: iso(city.now() - i * hour) }), delay: i === 3 ? '93600s' : '0s', needsPerson: i === 3 }))
    .filter((o) => (!query.get('state') || o.state === query.get('state')) && (!query.get('needsPerson') || o.needsPerson)),
})

const account = (city) => ({
  time: iso(city.now()), from: iso(city.now() - 24 * hour),
  lines: [{ kind: 'offer.expire', expected: 4, scheduled: 4 }, { kind: 'sla.on_site', expected: 16, scheduled: 12, done: 3, missing: city.broken ? 1 : 0, late: 1 }, { kind: 'message' }],
})

const messages = (query) => ({
  messages: query.get('state') === 'SUPPRESSED' ? [] : [
    { id: 'm1', state: 'DELIVERED', kind: 'work_order.acknowledged', to: 'TENANT', recipient: 'tenant.t1', workOrderId: 'wo-00001', channel: 'sms', dueTime: '2026-05-20T02:41:00Z', attempts: [{ channel: 'sms', result: 'SENT' }] },
    { id: 'm2', state: 'FAILED', reason: 'NO_CHANNEL', kind: 'work_order.eta', to: 'TENANT', recipient: 'tenant.t2', workOrderId: 'wo-00002', dueTime: '2026-05-20T02:42:00Z', attempts: [{ channel: 'push', result: 'PERMANENT', detail: 'no such device' }] },
  ],
})

function silent(city, query) {
  const open = [...city.orders.values()].filter((o) => ['NEW', 'ASSIGNED', 'ACCEPTED'].includes(o.state)).slice(0, 5)
  const orders = Number(query.get('hours')) > 8 ? [] : open.map((o, i) => ({ workOrderId: o.id, state: o.state, urgency: o.urgency, technicianName: o.assignment?.technicianName ?? '', silentHours: 9 - i }))
  return { orders, total: orders.length }
}

function waterfall(city, id) {
  let at = Date.parse(city.orders.get(id).createTime)
  const spans = hops.map(([hop, minutes]) => ({ hop, technicianName: 'Chen Wei', startTime: iso(at), endTime: iso(at += minutes * 60_000), minutes }))
  return { workOrderId: id, spans, totalMinutes: total, hops: hopMinutes }
}

/** What ending a shift would move, each order to the next best. */
function whatIf(city, { sickTechnicians: [{ technicianId }] }) {
  const moves = [...city.orders.values()].filter((o) => o.assignment?.technicianId === technicianId && ['ASSIGNED', 'ACCEPTED'].includes(o.state)).map((o) => {
    const next = city.explain(o).alternatives[0]
    return { workOrderId: o.id, kind: next ? 'TECHNICIAN' : 'DROPPED', fromTechnicianId: technicianId, fromStart: o.assignment.plannedArrival, ...(next && { toTechnicianId: next.technicianId, toStart: next.plannedArrival }) }
  })
  return { time: iso(city.now()), moves, brokenPromises: moves.length, difference: { unassigned: 0, lateMinutes: 4.2, travelMinutes: 17, overtimeMinutes: 0 }, complete: true }
}

/** The answer to a path that only the views ask for; undefined for others. */
export function answerViews(city, method, url, { kind, id, part }, body) {
  const query = url.searchParams
  if (method === 'POST' && kind === 'plans' && part === ':whatIf') return whatIf(city, body)
  if (method === 'POST') return kind === 'technicians' && part === ':endShift' ? city.endShift(city.technicians.get(id)) : undefined
  const path = url.pathname.slice('/v1/'.length)
  if (path === 'policies:active') return { id: 'default', rule: { mode: 'AUTO' } }
  if (path === 'kpis') return kpis(city, query)
  if (path === 'kpis:orders') return { orders: [...city.orders.values()].slice(0, 6).map((o, i) => ({ workOrderId: o.id, createTime: o.createTime, value: 10 + i })) }
  if (path === 'workOrders:lateTaps') return {}
  if (path === 'workOrders:silent') return silent(city, query)
  if (path.startsWith('forecasts:')) return forecasts(city, path.slice('forecasts'.length), query)
  if (path === 'session') return { name: 'mock', roles: city.roles ?? ['ORG_ADMIN', 'DISPATCHER', 'SUPERVISOR', 'FINANCE', 'FRONT_DESK', 'PLANNER', 'AUDITOR'], timeZone: 'Asia/Shanghai' }
  if (path === 'leases') return leases(city, query)
  if (kind === 'leases' && id && !part && method === 'GET') return leases(city, new URLSearchParams()).leases.find((l) => l.id === id)
  if (path === 'obligations') return obligations(city, query)
  if (path === 'reconciliation') return account(city)
  if (path === 'messages') return messages(query)
  if (part === '/waterfall') return waterfall(city, id)
  if (part === '/sheet') return { technicianId: id, own: { completed: 12, trips: 14, travelHours: 3.5, workHours: 9.25, ratings: 4, rating: 4.5 }, teamMean: { completed: 9.5, trips: 11, travelHours: 4, workHours: 8, ratings: 3, rating: 4.25 }, team: 13, hoursGini: 0.12 }
  return undefined
}
