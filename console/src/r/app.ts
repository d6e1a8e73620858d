import { signal } from '@preact/signals'
import { ApiError } from '../api/client.ts'
import { MessageParser } from '../api/sse.ts'
import type { LatLng, OrderState, Time, TimeWindow } from '../api/types.ts'
import { setClock } from '../pages/base.ts'
import { ask, newKey, passing, post, type Session } from '../pages/http.ts'

const waitSeconds = 25
const retryMs = 3_000
const streamSilence = 40_000 // ms; the server sends a heartbeat every 15 s
const movingMs = 8_000 // how often the place of who is on the way is read
const reportsKey = 'fettle.reports.'

export type Stage = 'WAITING' | 'DEPARTED' | 'IN_PROGRESS' | 'DONE' | 'CALLED_OFF'

/** What the tenant sees: GET /v1/workOrders/{id}:track. */
export interface Track {
  workOrderId: string
  etag?: string
  stage: Stage
  state?: OrderState
  createTime?: Time
  description?: string
  unitId?: string
  urgency?: string
  technicianName?: string
  window?: TimeWindow
  plannedArrival?: Time
  nextPromise?: Time
  location?: LatLng
  approach?: { location?: LatLng; time?: Time; stale?: boolean }
  steps?: { time?: Time; type: string; technicianName?: string; reason?: string }[]
  rating?: number
  reason?: string
  mayCancel?: boolean
  mayRate?: boolean
  merged?: boolean
}

/** The state of the page behind a link. */
export class App {
  readonly token = decodeURIComponent(location.pathname.replace(/^\/r\//, ''))
  readonly session = signal<Session | null>(null)
  readonly ended = signal(false)
  readonly error = signal<unknown>(null)
  /** The order that is shown, '' for the form. */
  readonly order = signal('')
  readonly track = signal<Track | null>(null)
  readonly live = signal(true)
  readonly reports = signal<{ id: string; title: string }[]>([])
  private round = 0

  async start(): Promise<void> {
    this.error.value = null
    try {
      const { body } = await ask<Session>(this.token, '/v1/session')
      await setClock(body)
      this.reports.value = this.kept()
      this.session.value = body
      if (body.workOrderId) this.show(body.workOrderId)
      else if (this.reports.value[0]) this.show(this.reports.value[0].id)
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) this.ended.value = true
      else {
        this.error.value = failure
        if (passing(failure)) setTimeout(() => void this.start(), retryMs)
      }
    }
  }

  /** Shows an order and follows it; '' shows the form of the door. */
  show(id: string): void {
    this.round++
    this.order.value = id
    this.track.value = null
    if (!id) return
    const round = this.round
    if (this.session.value?.workOrderId === id && 'body' in Response.prototype) void this.stream(id, round)
    else void this.poll(id, round)
  }

  /** Remembers on this phone what was reported with the link of a door. */
  reported(id: string, title: string): void {
    this.reports.value = [{ id, title }, ...this.reports.value.filter((r) => r.id !== id)].slice(0, 10)
    localStorage.setItem(this.place(), JSON.stringify(this.reports.value))
    this.show(id)
  }

  /** Does a verb on the order that is shown; the key stays the same until it is answered. */
  async act(verb: 'cancel' | 'rate' | 'reopen', body: Record<string, unknown>, key = newKey()): Promise<void> {
    const id = this.order.value
    await post(this.token, `/v1/workOrders/${encodeURIComponent(id)}:${verb}`, body, key)
    await this.read(id, this.round, '', 0)
  }

  private place(): string { return reportsKey + this.token.slice(-24) }

  private kept(): { id: string; title: string }[] {
    try {
      return JSON.parse(localStorage.getItem(this.place()) ?? '[]') as { id: string; title: string }[]
    } catch {
      return []
    }
  }

  /** Reads the order, waiting for a change when an etag is given. */
  private async read(id: string, round: number, etag: string, wait: number): Promise<string> {
    const headers: Record<string, string> = wait > 0 && etag ? { 'If-None-Match': etag, Prefer: `wait=${wait}` } : {}
    const answer = await ask<Track>(this.token, `/v1/workOrders/${encodeURIComponent(id)}:track`, { headers }, (wait + 15) * 1000)
    if (round === this.round && answer.status !== 304) this.track.value = answer.body
    return answer.etag || etag
  }

  /** Long polling: what works wherever a page works, also in the web view of a messenger. */
  private async poll(id: string, round: number): Promise<void> {
    let etag = ''
    while (round === this.round) {
      try {
        etag = await this.read(id, round, etag, waitSeconds)
        this.live.value = true
      } catch (failure) {
        if (!(await this.carryOn(failure, round))) return
      }
    }
  }

  /** The event stream; where it breaks before it has said anything, long polling takes over. */
  private async stream(id: string, round: number): Promise<void> {
    let heard = true
    let places = 0
    while (round === this.round && heard) {
      heard = false
      const abort = new AbortController()
      let watchdog = 0
      try {
        await this.read(id, round, '', 0)
        places = window.setInterval(() => this.track.value?.stage === 'DEPARTED' && void this.read(id, round, '', 0).catch(() => {}), movingMs)
        const response = await fetch('/v1/events:stream', { headers: { Authorization: `Bearer ${this.token}`, Accept: 'text/event-stream' }, signal: abort.signal })
        if (!response.ok || !response.body) break
        await this.read(id, round, '', 0) // what happened before the stream stood
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        const parser = new MessageParser()
        for (;;) {
          clearTimeout(watchdog)
          watchdog = window.setTimeout(() => abort.abort(), streamSilence)
          const { done, value } = await reader.read()
          if (done || round !== this.round) break
          heard = true
          this.live.value = true
          if (parser.push(value).length > 0) await this.read(id, round, '', 0)
        }
      } catch (failure) {
        if (failure instanceof ApiError && !(await this.carryOn(failure, round))) return
      } finally {
        clearTimeout(watchdog)
        clearInterval(places)
        abort.abort()
      }
      if (heard) await new Promise((done) => setTimeout(done, 500))
    }
    if (round === this.round) await this.poll(id, round)
  }

  /** Waits after a failure; false when there is nothing to wait for. */
  private async carryOn(failure: unknown, round: number): Promise<boolean> {
    if (round !== this.round) return false
    if (failure instanceof ApiError && failure.status === 401) {
      this.ended.value = true
      return false
    }
    this.live.value = false
    if (!passing(failure)) {
      this.error.value = failure
      return false
    }
    await new Promise((done) => setTimeout(done, retryMs))
    return true
  }
}

export const app = new App()
