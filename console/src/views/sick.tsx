import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { timeOfDay } from '../format.ts'
import { t, tOr } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { isBeforeDeparture, ms, type Order } from '../world.ts'
import { nameOf, titleOf } from './moves.ts'
import { OrderLink, State, useReading } from './parts.tsx'
import { v } from './texts.ts'

interface Line { order: Order; arrival: number; expected: string }
interface Moved { workOrderId: string; kind?: string; fromTechnicianId?: string; toTechnicianId?: string; fromStart?: string; toStart?: string }
interface Difference { late?: number; lateMinutes?: number; travelMinutes?: number; unassigned?: number; overtimeMinutes?: number }
interface WhatIf { moves?: Moved[]; brokenPromises?: number; difference?: Difference; complete?: boolean }

/** Ending a shift early: which orders move and to whom, before it is done; what really moved, afterwards. */
export function Sick({ id }: { id: string }): JSX.Element {
  const done = useSignal<Line[] | null>(null)
  const error = useSignal<unknown>(null)
  const busy = useSignal(false)
  const reading = useReading(() => app.client.question<WhatIf>('/v1/plans:whatIf', { sickTechnicians: [{ technicianId: id }], withoutSearch: true }), [id])
  const moves = reading.value.value?.moves ?? []
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    busy.value = true
    error.value = null
    try {
      const before = held(id, moves)
      await app.client.endShift(id, String(new FormData(e.target as HTMLFormElement).get('reason') ?? ''))
      done.value = before
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  if (done.value) return <Outcome id={id} lines={done.value} />
  return (
    <form class="ask sick" onSubmit={(e) => void submit(e)}>
      <State reading={reading} empty={reading.value.value !== null && moves.length === 0 && v('sick.none')} />
      {reading.value.value && moves.length > 0 && (
        <>
          <p>{v('sick.preview', { n: moves.length })}</p>
          <ol>{moves.map((m) => <Guess key={m.workOrderId} move={m} />)}</ol>
          <Costs answer={reading.value.value} />
        </>
      )}
      <label>{t('verb.reason')}<input name="reason" maxLength={500} defaultValue={v('sick.reason')} /></label>
      <div><button type="submit" class="danger" disabled={busy.value || (reading.value.value === null && !reading.error.value)}>{v('sick.do')}</button></div>
      <Failure error={error.value} />
    </form>
  )
}

/** What the technician has, with whom is expected instead. */
const held = (id: string, moves: Moved[]): Line[] => [...app.world.orders.values()].filter((o) => o.technicianId === id && isBeforeDeparture(o.state))
  .map((order) => ({ order, arrival: order.arrival, expected: moves.find((m) => m.workOrderId === order.id)?.toTechnicianId ?? '' }))

/** Who would come in place of whom, and when. */
function Guess({ move: m }: { move: Moved }): JSX.Element {
  const order = app.watched().orders.get(m.workOrderId)
  const at = (time: string | undefined) => timeOfDay(ms(time), app.world.timeZone)
  return (
    <li>
      <OrderLink id={m.workOrderId} text={titleOf(order, m.workOrderId)} />
      {m.kind === 'DROPPED' || !m.toTechnicianId
        ? <p class="nobody">→ {t('queue.nobody')}</p>
        : <p>→ <b>{nameOf(m.toTechnicianId)}</b>, {at(m.toStart)}{m.fromStart && ` (${v('sick.insteadOf', { time: at(m.fromStart) })})`}</p>}
    </li>
  )
}

/** What it means for everybody: the difference between the territory with and without the technician. */
function Costs({ answer }: { answer: WhatIf }): JSX.Element {
  const d = answer.difference ?? {}
  const signed = (n = 0) => `${n > 0 ? '+' : n < 0 ? '−' : '±'}${Math.abs(Math.round(n))}`
  return (
    <dl class="costs">
      <div class={answer.brokenPromises ? 'late' : ''}><dt>{v('sick.broken')}</dt><dd>{answer.brokenPromises ?? 0}</dd></div>
      <div class={(d.unassigned ?? 0) > 0 ? 'late' : ''}><dt>{v('sick.unassigned')}</dt><dd>{signed(d.unassigned)}</dd></div>
      <div><dt>{v('sick.lateMinutes')}</dt><dd>{signed(d.lateMinutes)}</dd></div>
      <div><dt>{v('sick.travel')}</dt><dd>{signed(d.travelMinutes)}</dd></div>
      <div><dt>{v('sick.overtime')}</dt><dd>{signed(d.overtimeMinutes)}</dd></div>
    </dl>
  )
}

/** What became of each order; the lines follow the events. */
function Outcome({ id, lines }: { id: string; lines: Line[] }): JSX.Element {
  const { orders, timeZone } = app.watched()
  return (
    <div class="ask sick moved" role="status">
      <p><b>{v('sick.done')}</b></p>
      <ol>
        {lines.map(({ order, arrival, expected }) => {
          const now = orders.get(order.id)
          const moved = now && now.technicianId !== id
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
