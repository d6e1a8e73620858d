import type { Point } from '../world.ts'

const firstMs = 600
const shortestMs = 150
const longestMs = 3_000

/** Where a marker is between two reports: it glides to each new place in about the time that reports are apart. */
export class Track {
  private from: Point
  private to: Point
  private start: number
  private span = 0
  private heard: number

  constructor(at: Point, now: number) {
    this.from = this.to = at
    this.start = this.heard = now
  }

  /** Tells where the marker has to go; the same place again changes nothing. */
  aim(to: Point, now: number): void {
    if (to.lat === this.to.lat && to.lon === this.to.lon) return
    const apart = this.span ? now - this.heard : firstMs
    this.from = this.at(now)
    this.to = to
    this.start = this.heard = now
    this.span = Math.min(longestMs, Math.max(shortestMs, apart * 1.05))
  }

  at(now: number): Point {
    const part = this.moving(now) ? (now - this.start) / this.span : 1
    return { lat: this.from.lat + (this.to.lat - this.from.lat) * part, lon: this.from.lon + (this.to.lon - this.from.lon) * part }
  }

  moving(now: number): boolean {
    return this.span > 0 && now - this.start < this.span
  }

  /** Jumps to the end, for those who asked for less motion. */
  settle(): void {
    this.span = 0
  }
}
