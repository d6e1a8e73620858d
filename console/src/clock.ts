/** The time that the service lives in: in a simulated city it runs faster than the wall clock. */
export class Clock {
  private wall = Date.now()
  private shown = Date.now()
  speed = 1

  /** Sets the time and how many seconds of it pass in one second. */
  set(time: number, speed: number, wall = Date.now()): void {
    this.shown = time
    this.speed = speed
    this.wall = wall
  }

  /** Milliseconds since 1970. */
  now(wall = Date.now()): number {
    return this.shown + (wall - this.wall) * this.speed
  }
}
