// A Fettle of its own for a test: in a folder that goes, on a port of this machine, to be killed and started again.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const freePort = () => new Promise((done) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => done(port))
  })
})

export class Service {
  constructor(binary, ...flags) {
    this.binary = binary
    this.flags = flags
    this.data = mkdtempSync(join(tmpdir(), 'fettle-pages-'))
    this.keys = 0
  }

  async start() {
    this.port ??= await freePort()
    this.url = `http://127.0.0.1:${this.port}`
    this.log = ''
    this.process = spawn(this.binary, ['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, ...this.flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const s of [this.process.stdout, this.process.stderr]) s.on('data', (d) => (this.log += d))
    this.ended = new Promise((done) => this.process.on('exit', done))
    for (let i = 0; i < 600; i++) {
      if (this.process.exitCode !== null) break
      const ready = await fetch(`${this.url}/readyz`).catch(() => null)
      if (ready?.ok) {
        this.token = readFileSync(join(this.data, 'admin.token'), 'utf8').trim()
        return this
      }
      await new Promise((done) => setTimeout(done, 50))
    }
    throw new Error(`fettle serve did not start: ${this.log}`)
  }

  /** Takes the process away without a word, as a power cut would. */
  async kill() {
    this.process.kill('SIGKILL')
    await this.ended
  }

  async close() {
    this.process.kill('SIGTERM')
    await this.ended
    rmSync(this.data, { recursive: true, force: true })
  }

  /** Calls a method; an answer that is not 2xx is an error. */
  async call(method, path, body, token = this.token) {
    const headers = { Authorization: `Bearer ${token}`, 'Idempotency-Key': `test-${process.pid}-${++this.keys}` }
    const response = await fetch(this.url + path, { method, headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    return text ? JSON.parse(text) : {}
  }

  /** A technician on shift day and night, with a key. */
  async technician(displayName, skill, home, phone) {
    const days = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN']
    const { id } = await this.call('POST', '/v1/technicians', {
      displayName, skills: [{ skill, level: 3 }], home, timeZone: 'Asia/Shanghai', weeklyShifts: [{ days, start: '00:00', end: '00:00' }],
    })
    const user = await this.call('POST', '/v1/users', { displayName, roles: ['TECHNICIAN'], technicianId: id, ...(phone && { phone }) })
    const { secret } = await this.call('POST', '/v1/apiKeys', { displayName, userId: user.id })
    return { id, key: secret }
  }

  order(description, skill, location, more = {}) {
    return this.call('POST', '/v1/workOrders', { description, requiredSkills: [{ skill, level: 1 }], location, unitId: '3-1204', urgency: 'NORMAL', ...more })
  }

  get(id) { return this.call('GET', `/v1/workOrders/${id}`) }
  async timeline(id) { return (await this.call('GET', `/v1/workOrders/${id}/timeline`)).entries }
  async link(body) { return `${this.url}/r/${(await this.call('POST', '/v1/links', body)).token}` }
}
