import type { WeeklyShift } from '../api/types.ts'

export const hour = 3_600_000
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** Milliseconds that a zone is ahead of UTC at a time. */
function offset(time: number, timeZone: string | undefined): number {
  const parts = Object.fromEntries(new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
    .formatToParts(time).map((p) => [p.type, Number(p.value)]))
  const local = Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second'])
  return local - Math.floor(time / 1000) * 1000
}

/** Midnight before a time, by the clocks of a zone. */
export function midnight(time: number, timeZone: string | undefined): number {
  const ahead = offset(time, timeZone)
  return Math.floor((time + ahead) / (24 * hour)) * 24 * hour - ahead
}

/** A time of day such as "14:30" on the day of another time. */
export function atClock(text: string, day: number, timeZone: string | undefined): number {
  const [h = 0, m = 0] = text.split(':').map(Number)
  return midnight(day, timeZone) + h * hour + m * 60_000
}

export interface Span { from: number; to: number }

/** The shifts of a technician that touch an interval, and the breaks within them. */
export function shiftsWithin(shifts: WeeklyShift[], within: Span, timeZone: string | undefined): { work: Span[]; breaks: Span[] } {
  const work: Span[] = []
  const breaks: Span[] = []
  for (let day = midnight(within.from - 24 * hour, timeZone); day < within.to; day = midnight(day + 30 * hour, timeZone)) {
    const name = dayNames[new Date(day + offset(day, timeZone)).getUTCDay()]!
    for (const s of shifts) {
      if (!s.days?.includes(name)) continue
      const from = atClock(s.start, day, timeZone)
      let to = atClock(s.end, day, timeZone)
      if (to <= from) to += 24 * hour
      if (to <= within.from || from >= within.to) continue
      work.push({ from, to })
      for (const b of s.breaks ?? []) breaks.push({ from: atClock(b.start, day, timeZone), to: atClock(b.end, day, timeZone) })
    }
  }
  return { work, breaks }
}
