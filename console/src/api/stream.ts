import { ApiError, type Client } from './client.ts'
import { MessageParser } from './sse.ts'
import type { Event } from './types.ts'

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'offline'

const silenceLimit = 40_000 // ms; the server sends a heartbeat every 15 s
const firstWait = 500 // ms, doubled up to longestWait
const longestWait = 15_000
const offlineAfter = 4 // failed attempts in a row

/** Who is told what the stream brings. */
export interface Listener {
  event(event: Event): void
  /** Events may have been missed: everything has to be read again. */
  resync(): void
  state(state: Connection): void
}

/**
 * The event stream, kept open: after a break it goes on behind the last event seen (Last-Event-ID). It is read with fetch and
 * not with EventSource, which cannot send a credential.
 */
export class Stream {
  private lastID = ''
  private failures = 0
  private stopped = false
  private abort = new AbortController()

  constructor(private readonly client: Client, private readonly listener: Listener) {}

  /** Opens the stream; resolves when the first connection stands or has failed. */
  start(): Promise<void> {
    return new Promise((opened) => void this.run(opened))
  }

  stop(): void {
    this.stopped = true
    this.abort.abort()
  }

  private async run(opened: () => void): Promise<void> {
    this.listener.state('connecting')
    while (!this.stopped) {
      const failure = await this.connect(opened)
      opened()
      if (this.stopped || (failure instanceof ApiError && failure.status === 401)) return
      this.failures++
      this.listener.state(this.failures >= offlineAfter || !navigator.onLine ? 'offline' : 'reconnecting')
      await this.pause(Math.min(longestWait, firstWait * 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2))
    }
  }

  /** Reads one connection to its end. */
  private async connect(opened: () => void): Promise<unknown> {
    this.abort = new AbortController()
    let watchdog = 0
    const rearm = () => {
      clearTimeout(watchdog)
      watchdog = window.setTimeout(() => this.abort.abort(), silenceLimit)
    }
    try {
      rearm()
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (this.lastID) headers['Last-Event-ID'] = this.lastID
      const response = await this.client.open('/v1/events:stream?positions=true', { headers, signal: this.abort.signal })
      const resumed = this.lastID !== '' || this.failures === 0
      this.failures = 0
      this.listener.state('live')
      opened()
      if (!resumed) this.listener.resync()
      await this.read(response, rearm)
      return null
    } catch (failure) {
      return failure
    } finally {
      clearTimeout(watchdog)
    }
  }

  private async read(response: Response, alive: () => void): Promise<void> {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    const parser = new MessageParser()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
      for (const message of parser.push(value)) {
        if (message.id && message.id !== '0') this.lastID = message.id
        if (message.event === 'resync') this.listener.resync()
        else if (message.data) this.listener.event(JSON.parse(message.data) as Event)
      }
    }
  }

  /** Waits, but not once the network is said to be back. */
  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const end = () => {
        clearTimeout(timer)
        window.removeEventListener('online', end)
        done()
      }
      const timer = window.setTimeout(end, ms)
      window.addEventListener('online', end)
    })
  }
}
