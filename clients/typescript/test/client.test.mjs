// Drives the built client against a service of its own: FETTLE_BIN is the program.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Fettle, FettleError } from '../dist/index.js'

const skills = [{ skill: 'plumbing', level: 2 }]
let service, folder, client, url, token

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer()
  probe.once('error', reject)
  probe.listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => resolve(port)) })
})

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fettle-client-'))
  url = `http://127.0.0.1:${await freePort()}`
  service = spawn(process.env.FETTLE_BIN ?? '../../bin/fettle', ['serve', '--data', folder, '--listen', url.slice(7)], { stdio: 'ignore' })
  for (let tries = 0; ; tries++) {
    const ready = await fetch(`${url}/readyz`).then((r) => r.ok, () => false)
    if (ready) break
    assert.ok(tries < 300 && service.exitCode === null, 'the service did not start')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  token = readFileSync(join(folder, 'admin.token'), 'utf8').trim()
  client = new Fettle({ url, token })
})

after(async () => {
  service.kill('SIGTERM')
  await new Promise((resolve) => service.once('exit', resolve))
  rmSync(folder, { recursive: true, force: true })
})

test('an order from its report to the way there', async () => {
  const technician = await client.createTechnician({ body: {
    displayName: 'Li Wei', skills, home: { latitude: 30.21, longitude: 120.21 }, timeZone: 'Asia/Shanghai',
    weeklyShifts: [{ days: ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'], start: '00:00', end: '23:59' }],
  } })
  const body = { location: { latitude: 30.22, longitude: 120.2 }, requiredSkills: skills, description: 'leak', channel: 'APP' }
  const order = await client.createWorkOrder({ body }, { idempotencyKey: 'one' })
  assert.equal(order.assignment?.technicianId, technician.id)
  assert.equal((await client.createWorkOrder({ body }, { idempotencyKey: 'one' })).id, order.id, 'the same wish made two orders')
  await client.acceptWorkOrder({ id: order.id, body: {} }, { ifMatch: order.etag })
  assert.equal((await client.departWorkOrder({ id: order.id })).state, 'EN_ROUTE')
  const pdf = await client.printTimeline({ id: order.id, language: 'zh-CN' })
  assert.equal(await pdf.slice(0, 5).text(), '%PDF-')
  const explained = await client.getTimeline({ id: order.id })
  assert.ok(explained.entries.some((e) => e.type === 'work_order.departed'))
})

test('refusals have a status, a reason and the fields', async () => {
  await assert.rejects(client.getWorkOrder({ id: 'wo_nothing' }), (e) => e instanceof FettleError && e.status === 404)
  await assert.rejects(client.createWorkOrder({ body: { location: { latitude: 120, longitude: 0 } } }), (e) => e.status === 400 && e.fields.length > 0)
  await assert.rejects(client.createWorkOrder({ body: { location: { latitude: 30, longitude: 120 } } }, { idempotencyKey: 'one' }), (e) => e.status === 422 && e.reason === 'IDEMPOTENCY_KEY_REUSED')
  await assert.rejects(new Fettle({ url, token: 'wrong' }).listWorkOrders(), (e) => e.status === 401)
  await assert.rejects(() => client.getWorkOrder({ id: '' }), TypeError)
})

test('lists go on over pages', async () => {
  const made = []
  for (let i = 0; i < 5; i++) made.push((await client.createProperty({ body: { displayName: `Building ${i}`, location: { latitude: 30.2, longitude: 120.2 } } })).id)
  const found = []
  for await (const p of client.all((page) => client.listProperties({ pageSize: 2, ...page }), 'properties')) found.push(p.id)
  assert.deepEqual(found, made)
})

test('a call that was lost is made again under its key', async () => {
  let lost = 0
  const flaky = new Fettle({ url, token, fetch: async (...args) => {
    const answer = await fetch(...args)
    if (lost++ === 0) { await answer.arrayBuffer(); throw new TypeError('the network is gone') }
    return answer
  } })
  await flaky.createProperty({ body: { displayName: 'once', location: { latitude: 30.2, longitude: 120.2 } } })
  const all = []
  for await (const p of client.all((page) => client.listProperties(page), 'properties')) if (p.displayName === 'once') all.push(p)
  assert.equal(lost, 2)
  assert.equal(all.length, 1)
})

test('events go on where the connection broke', async () => {
  const stop = new AbortController()
  let connections = 0
  const cut = new Fettle({ url, token, fetch: async (address, init) => {
    const own = new AbortController()
    init.signal.addEventListener('abort', () => own.abort())
    if (connections++ === 0) setTimeout(() => own.abort(), 400)
    return fetch(address, { ...init, signal: own.signal })
  } })
  const reports = setInterval(() => {
    client.createWorkOrder({ body: { location: { latitude: 30.22, longitude: 120.2 }, description: 'one more' } }).catch(() => undefined)
  }, 200)
  const seen = []
  for await (const event of cut.events({ lastEventId: '0', types: ['work_order'], signal: stop.signal })) {
    seen.push(Number(event.id))
    if (connections >= 2 && seen.length > 12) stop.abort()
  }
  clearInterval(reports)
  assert.ok(connections >= 2)
  assert.deepEqual(seen, [...new Set(seen)].sort((a, b) => a - b), 'an event came twice, or out of order')
})
