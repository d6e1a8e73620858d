/** The wall clock of a zone at an instant, as inputs of the kind datetime-local have it. */
export function toWall(time: number, timeZone: string | undefined): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(time)
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')}T${of('hour')}:${of('minute')}`
}

/** The instant at which the clock of a zone shows this. Of an hour that a clock passes twice, one of the two. */
export function fromWall(wall: string, timeZone: string | undefined): number {
  const asked = Date.parse(`${wall}Z`)
  let time = asked
  for (let i = 0; i < 2; i++) time += asked - Date.parse(`${toWall(time, timeZone)}Z`)
  return time
}
