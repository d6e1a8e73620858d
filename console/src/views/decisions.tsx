import type { JSX } from 'preact'
import { app } from '../app.ts'
import { count, timeOfDay } from '../format.ts'
import { t, tOr } from '../i18n.ts'
import { ms } from '../world.ts'
import { nameOf } from './moves.ts'
import { State, useReading } from './parts.tsx'
import { v } from './texts.ts'

interface Decision {
  sequence?: number; time?: string; actor?: string; kind?: string; technicianId?: string; plannedArrival?: string; cost?: { total?: number }; policyId?: string; policyVersion?: number
  mode?: string; reason?: string; alternatives?: { technicianId: string; difference?: number; term?: string }[]
}

/** Every decision about an order, as the log has it. */
export function Decisions({ id }: { id: string }): JSX.Element {
  const reading = useReading(() => app.client.read<{ decisions?: Decision[] }>(`/v1/workOrders/${encodeURIComponent(id)}/decisions`), [id])
  const list = reading.value.value?.decisions
  return (
    <>
      <State reading={reading} empty={reading.value.value !== null && !list?.length && v('decisions.none')} />
      <ol class="decisions">
        {(list ?? []).map((d) => (
          <li key={d.sequence}>
            <time>{timeOfDay(ms(d.time), app.world.timeZone)}</time>
            <span>
              <b>{v(`decisions.${(d.kind ?? 'ASSIGNED') as 'ASSIGNED'}`)}</b> {d.technicianId && nameOf(d.technicianId)}{d.plannedArrival && `, ${t('order.arrivesAt', { time: timeOfDay(ms(d.plannedArrival), app.world.timeZone) })}`}
              <small>{[d.cost?.total !== undefined && t('why.cost', { n: count(d.cost.total) }), tOr('mode', d.mode || 'AUTO'), d.policyId && (d.policyId === 'default' ? v('decisions.default') : v('decisions.policy', { n: d.policyVersion ?? 0 })), d.actor, d.reason && tOr('reason', d.reason)].filter(Boolean).join(' · ')}</small>
              {(d.alternatives?.length ?? 0) > 0 && <small>{v('decisions.others')} {d.alternatives!.slice(0, 3).map((a) => `${nameOf(a.technicianId)} +${count(a.difference ?? 0)}${a.term ? ` (${tOr('term', a.term)})` : ''}`).join(', ')}</small>}
            </span>
          </li>
        ))}
      </ol>
    </>
  )
}
