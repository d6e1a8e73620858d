import { signal } from '@preact/signals'
import { ApiError } from '../api/client.ts'
import { newKey, passing } from '../pages/http.ts'
import { sendPhoto } from '../pages/upload.ts'
import type { Credential } from './credential.ts'
import type { Action, Store } from './store.ts'

const firstWait = 1_000 // ms, doubled up to longestWait while nobody answers
const longestWait = 30_000

/** What is told while the outbox empties. */
export interface Told {
  /** The service has answered: what it says now is read before the tap goes, so that no older state shows in between. */
  answered(): Promise<void>
  /** The credential is refused: nothing can be sent until the technician signs in again. */
  signedOut(): void
}

/**
 * Taps on their way to the service. Each is written to the disk of the phone before it is sent, keeps its key however often it
 * is sent, and leaves only when the service has said yes, or the technician has seen that it said no. They are sent one by one
 * in the order of the taps; notes follow all taps that wait and photos all notes: neither words that came too often nor a picture
 * of minutes keeps a tap waiting.
 */
export class Outbox {
  readonly actions = signal<Action[]>([])
  readonly reached = signal(true)
  /** The photo that is being sent, by its file, and how much of it has arrived. */
  readonly sending = signal<{ file: string; share: number } | null>(null)
  private busy = false
  private failures = 0
  private timer = 0
  private stopped = false

  constructor(private readonly store: Store, private readonly credential: Credential, private readonly technicianId: string, private readonly told: Told) {
    window.addEventListener('online', this.hurry)
  }

  async start(): Promise<void> {
    await this.read()
    this.hurry()
  }

  stop(): void {
    this.stopped = true
    clearTimeout(this.timer)
    window.removeEventListener('online', this.hurry)
  }

  get waiting(): Action[] { return this.actions.value.filter((a) => !a.refused) }
  get refused(): Action[] { return this.actions.value.filter((a) => a.refused) }

  /** Keeps a tap and sends it as soon as its turn has come. */
  async add(action: Omit<Action, 'key' | 'technicianId' | 'seq' | 'file'>, file?: Blob): Promise<void> {
    await this.store.add({ ...action, key: newKey(), technicianId: this.technicianId, ...(file && { file: newKey() }) }, file)
    await this.read()
    this.hurry()
  }

  /** Puts a refused action away once it was seen. */
  async dismiss(action: Action): Promise<void> {
    await this.store.remove(action)
    await this.read()
  }

  file(action: Action): Promise<Blob | undefined> { return this.store.file(action.file!) }

  /** Sends now, whatever the wait was. */
  readonly hurry = (): void => {
    clearTimeout(this.timer)
    this.failures = 0
    void this.send()
  }

  private async read(): Promise<void> {
    this.actions.value = await this.store.actions(this.technicianId)
  }

  /** Sends what waits. Two windows of one phone take turns: what one has sent the other no longer finds. */
  private async send(): Promise<void> {
    if (this.busy || this.stopped) return
    this.busy = true
    try {
      if (navigator.locks) await navigator.locks.request('fettle-outbox', () => this.drain())
      else await this.drain()
    } finally {
      this.busy = false
    }
  }

  private async drain(): Promise<void> {
    for (;;) {
      await this.read()
      const next = this.waiting.find((a) => a.verb !== 'photo' && a.verb !== 'note') ?? this.waiting.find((a) => a.verb === 'note') ?? this.waiting[0]
      if (!next || this.stopped) return
      try {
        if (next.verb === 'photo') {
          if (!(await this.sendFile(next))) continue
        } else {
          const { body } = await this.credential.post<{ state?: string; lateTap?: object } | null>(pathOf(next), bodyOf(next), next.key)
          await this.told.answered()
          if (body?.lateTap) { // it came too late to be applied, and is kept as history: the technician is told
            await this.store.put({ ...next, refused: { status: 200, reason: 'LATE_TAP', detail: '', state: body.state ?? '' } })
            continue
          }
        }
        await this.store.remove(next)
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 401) return this.told.signedOut()
        if (passing(failure)) return this.later()
        if (next.file && failure instanceof ApiError && failure.problem.reason === 'OFFSET_MISMATCH') continue // it reads where to go on
        await this.store.put({ ...next, refused: refusal(failure) })
        await this.told.answered()
      }
      this.failures = 0
      this.reached.value = true
    }
  }

  /** Sends a photo; false when a tap came between, which goes first. */
  private async sendFile(action: Action): Promise<boolean> {
    const file = await this.file(action)
    if (!file) return true
    try {
      return await sendPhoto(this.credential, { orderId: action.orderId, key: action.key, stage: action.stage ?? 'BEFORE', caption: action.reason, file }, async (share) => {
        this.sending.value = { file: action.file!, share }
        await this.read()
        return !this.stopped && !this.waiting.some((a) => a.verb !== 'photo')
      })
    } finally {
      this.sending.value = null
    }
  }

  private later(): void {
    this.reached.value = false
    const wait = Math.min(longestWait, firstWait * 2 ** this.failures++) * (0.75 + Math.random() / 2)
    this.timer = window.setTimeout(() => void this.send(), wait)
  }
}

const pathOf = (a: Action): string =>
  a.verb === 'note' ? `/v1/workOrders/${encodeURIComponent(a.orderId)}/notes` : a.orderId ? `/v1/workOrders/${encodeURIComponent(a.orderId)}:${a.verb}` : `/v1/technicians/${encodeURIComponent(a.technicianId)}:${a.verb}`

const bodyOf = (a: Action): unknown =>
  a.verb === 'note' ? { text: a.reason } : { ...(a.reason && { reason: a.reason }), ...(a.orderId && { tapTime: new Date(a.at).toISOString() }) }

function refusal(failure: unknown): NonNullable<Action['refused']> {
  if (!(failure instanceof ApiError)) return { status: 0, reason: '', detail: String(failure), state: '' }
  const { reason = '', detail = '', title = '', state = '' } = failure.problem as { reason?: string; detail?: string; title?: string; state?: string }
  return { status: failure.status, reason, detail: detail || title, state }
}
