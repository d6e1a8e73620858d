import type { JSX } from 'preact'
import { app } from '../app.ts'
import { span, timeOfDay } from '../format.ts'
import { oneOf } from '../i18n.ts'
import { ms } from '../world.ts'
import { State, useReading } from './parts.tsx'
import { hop, v } from './texts.ts'

interface Hop { hop: string; minutes?: number; totalWithoutMinutes?: number }
interface Span { hop: string; technicianName?: string; startTime?: string; endTime?: string; minutes?: number; reason?: string }
interface Answer { spans?: Span[]; totalMinutes?: number; hops?: Hop[] }

const minutes = (n: number | undefined): string => span((n ?? 0) * 60_000)

/** In whose hands an order was: spans that touch each other and sum to the whole. */
export function Waterfall({ id }: { id: string }): JSX.Element {
  const reading = useReading(() => app.client.read<Answer>(`/v1/workOrders/${encodeURIComponent(id)}/waterfall`), [id])
  const answer = reading.value.value
  const total = answer?.totalMinutes ?? 0
  const spans = answer?.spans ?? []
  const begin = ms(spans[0]?.startTime)
  return (
    <div class="waterfall">
      <State reading={reading} empty={spans.length === 0 && v('fall.none')} />
      {spans.length > 0 && (
        <table>
          <thead><tr><th scope="col">{v('fall.hop')}</th><td aria-hidden="true" /><th scope="col">{v('fall.time')}</th></tr></thead>
          <tbody>
            {spans.map((s, i) => (
              <tr key={i} title={`${timeOfDay(ms(s.startTime), app.world.timeZone)} – ${timeOfDay(ms(s.endTime), app.world.timeZone)}`}>
                <th scope="row">{hop(s.hop)}{s.technicianName && <small>{oneOf(s.technicianName)}</small>}</th>
                <td aria-hidden="true"><i class={`hop ${s.hop}`} style={{ marginInlineStart: `${total ? (100 * (ms(s.startTime) - begin)) / 60_000 / total : 0}%`, width: `${total ? Math.max(0.8, (100 * (s.minutes ?? 0)) / total) : 0}%` }} /></td>
                <td>{minutes(s.minutes)}</td>
              </tr>
            ))}
          </tbody>
          <tfoot><tr><th scope="row">{v('fall.sum')}</th><td /><td>{minutes(total)}</td></tr></tfoot>
        </table>
      )}
      {(answer?.hops?.length ?? 0) > 0 && <Hops hops={answer!.hops!} total={total} />}
    </div>
  )
}

/** What the whole would be without each hop. */
export function Hops({ hops, total }: { hops: Hop[]; total: number }): JSX.Element {
  return (
    <table class="hops">
      <thead><tr><th scope="col">{v('fall.hop')}</th><th scope="col">{v('fall.time')}</th><th scope="col">{v('fall.without')}</th></tr></thead>
      <tbody>
        {hops.map((h) => (
          <tr key={h.hop}>
            <th scope="row"><i class={`hop ${h.hop} dot`} aria-hidden="true" />{hop(h.hop)}</th>
            <td>{minutes(h.minutes)}{total > 0 && <small> {Math.round((100 * (h.minutes ?? 0)) / total)} %</small>}</td>
            <td>{minutes(h.totalWithoutMinutes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
