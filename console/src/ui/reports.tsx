import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Duplicate, Report, WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { when } from '../format.ts'
import { guarded } from '../guard.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { isBeforeDeparture, ms } from '../world.ts'
import { Failure } from './card.tsx'

/** The reports that an order stands for and orders that may be the same fault: linked by a press, and taken apart again. */
export function Reports({ order, changed }: { order: WorkOrder; changed: () => Promise<void> }): JSX.Element | null {
  const found = useSignal<{ reports: Report[]; duplicates: Duplicate[] } | null>(null)
  const error = useSignal<unknown>(null)
  const busy = useSignal(false)
  useEffect(() => {
    let current = true
    void app.client.reports(order.id).then((answer) => current && (found.value = answer), () => undefined) // a card without them is whole
    return () => void (current = false)
  }, [order.id, order.etag])
  const act = async (id: string, verb: 'merge' | 'unmerge', into: string) => {
    busy.value = true
    error.value = null
    try {
      app.world.put(await guarded(await app.client.order(id), verb, into ? { into, reason: t('dup.reason') } : {}))
      app.changed()
      await changed()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  /** The other becomes a report of this one; when somebody is on the way to the other, this one becomes a report of it. */
  const link = (d: Duplicate) => (isBeforeDeparture(d.state ?? 'NEW') ? act(d.workOrderId, 'merge', order.id) : act(order.id, 'merge', d.workOrderId))
  const merged = (found.value?.reports ?? []).filter((r) => r.workOrderId !== order.id)
  const like = found.value?.duplicates ?? []
  if (merged.length === 0 && like.length === 0 && !order.mergedInto) return null
  return (
    <section class="reports">
      <h3>{t('dup.title')}</h3>
      <Failure error={error.value} />
      {order.mergedInto && <p>{t('dup.into')} <OrderButton id={order.mergedInto} text="" /></p>}
      <ul>
        {merged.map((r) => (
          <li key={r.workOrderId}>
            <OrderButton id={r.workOrderId} text={r.description ?? ''} /><small>{t('dup.merged')} · {when(ms(r.time), app.now(), app.world.timeZone)}</small>
            <button type="button" disabled={busy.value} onClick={() => void act(r.workOrderId, 'unmerge', '')}>{t('dup.unlink')}</button>
          </li>
        ))}
        {like.map((d) => (
          <li key={d.workOrderId}>
            <OrderButton id={d.workOrderId} text={d.description ?? ''} /><small>{t('dup.like', { n: Math.round(100 * (d.score ?? 0)) })} · {tOr('state', d.state ?? 'NEW')}</small>
            <button type="button" disabled={busy.value} onClick={() => void link(d)}>{t('dup.link')}</button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function OrderButton({ id, text }: { id: string; text: string }): JSX.Element {
  return <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'order', id })}>{oneOf(text || (app.world.orders.get(id)?.description ?? '')) || t('queue.noText', { id })}</button>
}
