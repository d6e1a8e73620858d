// Measures what the console asks of the main thread of a browser while technicians move: node benchmarks/console/frames.mjs
// Options by environment: TECHNICIANS 1000, ORDERS 5000, SECONDS 60, WARM 20, VIEW dispatch. Chromium without a window draws with the
// processor, so what the picture costs is counted too. Work is processor time of the thread that runs the page, from the browser's
// own trace: what other programs of the machine take is not in it.
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { start } from '../../console/test/mock-server.mjs'

const { chromium } = createRequire(new URL('../../console/package.json', import.meta.url))('playwright-core')
const env = (name, otherwise) => Number(process.env[name] ?? otherwise)
const [technicians, orders, seconds, warm] = [env('TECHNICIANS', 1000), env('ORDERS', 5000), env('SECONDS', 60), env('WARM', 20)]
const view = process.env.VIEW ?? 'dispatch'
const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((p) => existsSync(p))

const quantile = (sorted, q) => Math.round(100 * (sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0)) / 100

/** The tasks of the page's main thread, each with its processor time and whether it made a frame, in microseconds. */
function mainThread(events) {
  const named = events.find((e) => e.name === 'thread_name' && e.args.name === 'CrRendererMain')
  const own = events.filter((e) => e.pid === named.pid && e.tid === named.tid)
  const begins = own.filter((e) => e.name === 'BeginMainThreadFrame' || e.name === 'FireAnimationFrame').map((e) => e.ts).sort((a, b) => a - b)
  const tasks = own.filter((e) => e.ph === 'X' && e.name === 'ThreadControllerImpl::RunTask').map((e) => ({ at: e.ts, work: e.tdur ?? e.dur, wall: e.dur })).sort((a, b) => a.at - b.at)
  let b = 0
  for (const t of tasks) {
    while (b < begins.length && begins[b] < t.at) b++
    t.frame = b < begins.length && begins[b] <= t.at + t.wall
  }
  return tasks
}

const slot = 1e6 / 60

/** The work of the tasks that began in each sixtieth of a second, idle ones too. */
function workBySlot(tasks) {
  const first = tasks[0].at
  const slots = new Float64Array(Math.ceil((tasks.at(-1).at - first) / slot) + 1)
  for (const t of tasks) slots[Math.floor((t.at - first) / slot)] += t.work / 1000
  return [...slots].sort((a, b) => a - b)
}

const spread = (sorted) => ({ n: sorted.length, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99), max: quantile(sorted, 1) })

const server = await start({ technicians, orders, speed: 1, stepMs: 1000, everybody: true })
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' })).newPage()
page.setDefaultTimeout(180_000)
await page.goto(`${server.url}/#/${view}`)
await page.waitForFunction((n) => window.fettle?.app.loaded.value && window.fettle.app.world.workers.size >= n, technicians)
if (view === 'dispatch') await page.waitForFunction(() => window.fettle.map?.ready)
await page.waitForTimeout(warm * 1000)
const sent = server.control.city.sequence
const positions = await page.evaluate(() => {
  const { world } = window.fettle.app
  const apply = world.apply.bind(world)
  window.moved = 0
  world.apply = (e) => {
    if (e.type === 'technician.position') window.moved++
    return apply(e)
  }
  return world.orders.size
})
await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline', '__metadata'] })
await page.waitForTimeout(seconds * 1000)
const moved = await page.evaluate(() => window.moved)
const trace = JSON.parse((await browser.stopTracing()).toString())
await browser.close()
server.close()

const tasks = mainThread(trace.traceEvents)
const long = tasks.filter((t) => t.work > 50_000)
console.log(JSON.stringify({
  measured: new Date().toISOString().slice(0, 19) + 'Z', command: 'node benchmarks/console/frames.mjs', view, cores: cpus().length, loadAverage: Math.round(loadavg()[0] * 10) / 10,
  technicians, orders: positions, seconds, positionsPerSecond: Math.round(moved / seconds), otherEvents: server.control.city.sequence - sent,
  workMillisBySixtiethOfASecond: spread(workBySlot(tasks)),
  workMillisByFrameMade: spread(tasks.filter((t) => t.frame).map((t) => t.work / 1000).sort((a, b) => a - b)),
  longTasksPerMinute: Math.round((long.length * 600) / seconds) / 10, longestTaskMillis: Math.round(Math.max(0, ...tasks.map((t) => t.work)) / 1000),
  mainThreadShare: Math.round((1000 * tasks.reduce((sum, t) => sum + t.work, 0)) / (seconds * 1e6)) / 1000,
}, null, 2))
