import { signal } from '@preact/signals'
import { clock } from '../pages/base.ts'
import type { Credential } from './credential.ts'

const flushMs = 10_000
const maxBatch = 20
const maxKept = 200 // fixes kept without a network: the newest count
const sequenceKey = 'fettle.sequence'

interface Fix { location: { latitude: number; longitude: number }; time: string; accuracyMeters: number; sequence: number }

/**
 * What the phone does on the way to a stop and at no other time: it tells where it is and keeps its screen on, because a page
 * behind a dark screen hears of no position at all.
 */
export class Duty {
  readonly telling = signal(false)
  readonly denied = signal(false)
  readonly awake = signal(false)
  private watch = 0
  private timer = 0
  private fixes: Fix[] = []
  private lock: WakeLockSentinel | null = null
  private wanted = false

  constructor(private readonly credential: Credential, private readonly technicianId: string) {
    document.addEventListener('visibilitychange', () => this.wanted && document.visibilityState === 'visible' && void this.stayAwake())
  }

  /** On: on shift and on the way. Off: nothing is watched, and what was not sent yet is dropped. */
  set(on: boolean): void {
    if (on === this.wanted) return
    this.wanted = on
    if (on) this.begin()
    else this.end()
  }

  private begin(): void {
    void this.stayAwake()
    if (!navigator.geolocation) {
      this.denied.value = true
      return
    }
    this.watch = navigator.geolocation.watchPosition((p) => this.take(p), (e) => {
      this.denied.value = e.code === e.PERMISSION_DENIED
      this.telling.value = false
    }, { enableHighAccuracy: true, maximumAge: 5_000 })
    this.timer = window.setInterval(() => void this.flush(), flushMs)
  }

  private end(): void {
    if (this.watch) navigator.geolocation.clearWatch(this.watch)
    clearInterval(this.timer)
    this.watch = 0
    this.fixes = []
    this.telling.value = false
    void this.lock?.release().catch(() => {})
    this.lock = null
    this.awake.value = false
  }

  private take(p: GeolocationPosition): void {
    this.denied.value = false
    this.telling.value = true
    const sequence = Math.max(Date.now(), Number(localStorage.getItem(sequenceKey) ?? 0) + 1)
    localStorage.setItem(sequenceKey, String(sequence))
    const { latitude, longitude, accuracy } = p.coords
    this.fixes.push({ location: { latitude, longitude }, time: new Date(clock.now(Math.min(Date.now(), p.timestamp))).toISOString(), accuracyMeters: Math.round(accuracy), sequence })
    this.fixes.splice(0, this.fixes.length - maxKept)
    if (this.fixes.length === 1) void this.flush() // the first at once: the tenant waits for it
  }

  /** Sends a batch. What the service has heard before it refuses itself, so that a batch may come twice. */
  private async flush(): Promise<void> {
    const batch = this.fixes.slice(0, maxBatch)
    if (batch.length === 0) return
    try {
      const positions = batch.map((f) => ({ technicianId: this.technicianId, ...f }))
      await this.credential.ask('/v1/positions:report', { method: 'POST', body: JSON.stringify({ positions }), headers: { 'Content-Type': 'application/json' } })
      this.fixes = this.fixes.filter((f) => !batch.includes(f))
    } catch {
      // They go with the next batch.
    }
  }

  private async stayAwake(): Promise<void> {
    try {
      this.lock = (await navigator.wakeLock?.request('screen')) ?? null
      this.awake.value = this.lock !== null
      this.lock?.addEventListener('release', () => (this.awake.value = false))
    } catch {
      this.awake.value = false
    }
  }
}
