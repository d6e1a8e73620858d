import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import type { WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { guarded } from '../guard.ts'
import { span, timeOfDay } from '../format.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { ms, type Order } from '../world.ts'

/** Who should have an order by the rules, while nobody has it yet. */
export function Suggested({ order: o }: { order: WorkOrder }): JSX.Element | null {
  const s = o.suggestion
  void app.tick.value
  if (!s?.technicianId) return null
  const name = oneOf(s.technicianName || app.world.workers.get(s.technicianId)?.name || s.technicianId)
  const applies = ms(s.applyTime)
  return (
    <div class="verdict suggested" role="status">
      <strong>{t('suggest.is')} <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'worker', id: s.technicianId })}>{name}</button></strong>
      <p>{[s.plannedArrival && t('order.arrivesAt', { time: timeOfDay(ms(s.plannedArrival), app.world.timeZone) }), s.cost?.total !== undefined && t('why.cost', { n: Math.round(s.cost.total) })].filter(Boolean).join(' · ')}</p>
      <p class="took">{applies ? t(applies > app.now() ? 'suggest.applies' : 'suggest.applying', { time: timeOfDay(applies, app.world.timeZone), n: span(applies - app.now()) }) : t(s.mode === 'SHADOW' ? 'suggest.shadow' : 'suggest.waits')}</p>
    </div>
  )
}

interface Rule { mode?: string; territory?: string; vetoWindow?: string }
interface Policy { id?: string; displayName?: string; version?: number; rule?: Rule; teams?: Rule[] }
const ruling = signal<Policy | null>(null)
const readMs = 60_000

/** How orders are dispatched now, when that is not by itself; with the suggestions that wait and one button for all of them. */
export function Mode({ orders }: { orders: Order[] }): JSX.Element | null {
  useEffect(() => {
    const read = () => void app.client.read<Policy>('/v1/policies:active').then((p) => (ruling.value = p), () => undefined) // roles that may not see it do without
    read()
    const timer = setInterval(read, readMs)
    return () => clearInterval(timer)
  }, [])
  const rule = ruling.value?.rule
  const mode = rule?.mode && rule.mode !== 'MODE_UNSPECIFIED' ? rule.mode : 'AUTO'
  const teams = (ruling.value?.teams ?? []).filter((r) => r.mode !== mode)
  const waiting = orders.filter((o) => o.suggestion)
  if (mode === 'AUTO' && teams.length === 0 && waiting.length === 0) return null
  return (
    <section class="mode" aria-label={t('mode.title')}>
      <p><b>{tOr('mode', mode)}</b> {teams.map((r) => `${r.territory}: ${tOr('mode', r.mode ?? 'AUTO')}`).join(' · ')}</p>
      <p class="took">{tOr('modeText', mode)}</p>
      <AcceptAll waiting={waiting} />
    </section>
  )
}

interface Result { id: string; title: string; error: string }

/** Carries out all suggestions that are shown, one by one: each has its own result, as the service answered. */
function AcceptAll({ waiting }: { waiting: Order[] }): JSX.Element | null {
  const results = useSignal<Result[] | null>(null)
  const total = useSignal(0)
  const busy = useSignal(false)
  const run = async () => {
    busy.value = true
    results.value = []
    total.value = waiting.length
    for (const o of waiting) {
      let error = ''
      try {
        app.world.put(await guarded(await app.client.order(o.id), 'acceptSuggestion', {}))
      } catch (failure) {
        error = failure instanceof ApiError && failure.status !== 0 ? failure.message : t('error.offline')
      }
      results.value = [...results.value, { id: o.id, title: oneOf(o.description) || o.id, error }]
      app.changed()
    }
    busy.value = false
  }
  const failed = (results.value ?? []).filter((r) => r.error)
  return (
    <>
      {waiting.length > 1 && <button type="button" disabled={busy.value} onClick={() => void run()}>{t('suggest.all', { n: waiting.length })}</button>}
      {results.value && <p role="status">{t('suggest.result', { done: results.value.length - failed.length, all: total.value, failed: failed.length })} {!busy.value && <button type="button" class="link small" onClick={() => (results.value = null)}>{t('app.close')}</button>}</p>}
      {failed.length > 0 && <ul class="error" role="alert">{failed.map((r) => <li key={r.id}><button type="button" class="link" onClick={() => (app.selection.value = { kind: 'order', id: r.id })}>{r.title}</button>: {r.error}</li>)}</ul>}
    </>
  )
}
