import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Explanation } from '../api/types.ts'
import { app } from '../app.ts'
import { count, timeOfDay } from '../format.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { isBeforeDeparture, ms, type Order } from '../world.ts'
import { nameOf, titleOf } from './moves.ts'
import { OrderLink, State, useReading } from './parts.tsx'
import { v } from './texts.ts'

interface Line { order: Order; arrival: number; why: Explanation | null }

const atOnce = 4

/** Reads the explanations of orders, a few at a time. */
async function explainAll(orders: Order[]): Promise<Line[]> {
  const lines: Line[] = []
  for (let i = 0; i < orders.length; i += atOnce) {
    lines.push(...await Promise.all(orders.slice(i, i + atOnce).map(async (order) => ({ order, arrival: order.arrival, why: await app.client.explain(order.id).catch(() => null) }))))
  }
  return lines
}

/** Ending a shift early: which orders move and to whom, before it is done; what really moved, afterwards. */
export function Sick({ id }: { id: string }): JSX.Element {
  const done = useSignal<Line[] | null>(null)
  const error = useSignal<unknown>(null)
  const busy = useSignal(false)
  const reading = useReading(() => explainAll([...app.world.orders.values()].filter((o) => o.technicianId === id && isBeforeDeparture(o.state))), [id])
  const lines = reading.value.value
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    busy.value = true
    error.value = null
    try {
      await app.client.endShift(id, String(new FormData(e.target as HTMLFormElement).get('reason') ?? ''))
      done.value = lines ?? []
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  if (done.value) return <Moved id={id} lines={done.value} />
  return (
    <form class="ask sick" onSubmit={(e) => void submit(e)}>
      <State reading={reading} empty={lines?.length === 0 && v('sick.none')} />
      {lines !== null && lines.length > 0 && (
        <>
          <p>{v('sick.preview', { n: lines.length })}</p>
          <ol>{lines.map((line) => <Guess key={line.order.id} line={line} />)}</ol>
          <p class="took">{v('sick.guess')}</p>
        </>
      )}
      <label>{t('verb.reason')}<input name="reason" maxLength={500} defaultValue={v('sick.reason')} /></label>
      <div><button type="submit" class="danger" disabled={busy.value || lines === null}>{v('sick.do')}</button></div>
      <Failure error={error.value} />
    </form>
  )
}

/** Who would come in place of the technician, were this order alone to move. */
function Guess({ line: { order, why } }: { line: Line }): JSX.Element {
  const next = why?.alternatives?.[0]
  return (
    <li>
      <OrderLink id={order.id} text={titleOf(order, order.id)} />
      {next
        ? <p>→ <b>{oneOf(next.technicianName || next.technicianId)}</b>, {timeOfDay(ms(next.plannedArrival), app.world.timeZone)} ({v('sick.insteadOf', { time: timeOfDay(order.arrival, app.world.timeZone) })}), {(next.difference ?? 0) >= 0 ? '+' : '−'}{count(Math.abs(next.difference ?? 0))}</p>
        : <p class="nobody">→ {why ? `${t('queue.nobody')}${why.infeasible?.[0]?.reason ? ` (${tOr('reason', why.infeasible[0].reason)})` : ''}` : v('sick.unknown')}</p>}
    </li>
  )
}

/** What became of each order; the lines follow the events. */
function Moved({ id, lines }: { id: string; lines: Line[] }): JSX.Element {
  const { orders, timeZone } = app.watched()
  return (
    <div class="ask sick moved" role="status">
      <p><b>{v('sick.done')}</b></p>
      <ol>
        {lines.map(({ order, arrival, why }) => {
          const now = orders.get(order.id)
          const moved = now && now.technicianId !== id
          const expected = why?.alternatives?.[0]?.technicianId
          return (
            <li key={order.id}>
              <OrderLink id={order.id} text={titleOf(order, order.id)} />
              <p class={now?.technicianId ? '' : 'nobody'}>
                {!moved ? v('sick.waiting') : now.technicianId ? `→ ${nameOf(now.technicianId)}, ${timeOfDay(now.arrival, timeZone)} (${v('sick.insteadOf', { time: timeOfDay(arrival, timeZone) })})` : `→ ${t('queue.nobody')} (${tOr('reason', now.unassignedReason)})`}
                {moved && expected && expected !== now.technicianId ? ` · ${v('sick.other', { name: nameOf(expected) })}` : ''}
              </p>
            </li>
          )
        })}
      </ol>
    </div>
  )
}
