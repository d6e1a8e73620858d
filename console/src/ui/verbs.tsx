import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError, type Verb, type VerbBody } from '../api/client.ts'
import type { Explanation, WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { changedBy, guarded } from '../guard.ts'
import { count } from '../format.ts'
import { oneOf, t } from '../i18n.ts'
import { isBeforeDeparture, isOpen } from '../world.ts'
import { Failure } from './card.tsx'

/** The verbs of a dispatcher that are legal for an order as it stands. */
export function legalVerbs(o: WorkOrder): Verb[] {
  const state = o.state ?? 'NEW'
  if (!isOpen(state)) return []
  const verbs: Verb[] = []
  if (isBeforeDeparture(state)) {
    verbs.push('reassign')
    if (o.pin) verbs.push('unpin')
    else if (o.assignment?.technicianId) verbs.push('pin')
  }
  verbs.push('escalate', 'cancel')
  return verbs
}

/** The verbs of the order that is open, for the command palette. */
export const openVerbs = signal<{ verbs: Verb[]; press: (verb: Verb) => void } | null>(null)

/** Buttons for what a dispatcher can do; those that need words open a small form. */
export function Verbs({ order, why, changed }: { order: WorkOrder; why: Explanation | null; changed: () => Promise<void> }): JSX.Element | null {
  const asking = useSignal<Verb | null>(null)
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const stale = useSignal('')
  const act = async (verb: Verb, body: VerbBody) => {
    busy.value = true
    error.value = null
    stale.value = ''
    try {
      app.world.put(await guarded(order, verb, body))
      app.changed()
      asking.value = null
    } catch (failure) {
      const conflict = failure instanceof ApiError && failure.status === 412
      stale.value = conflict ? await changedBy(order) : ''
      error.value = conflict ? null : failure
    }
    await changed()
    busy.value = false
  }
  const verbs = legalVerbs(order)
  const press = (verb: Verb) => {
    error.value = null
    if (verb === 'pin' || verb === 'unpin') void act(verb, {})
    else asking.value = asking.value === verb ? null : verb
  }
  useEffect(() => {
    openVerbs.value = { verbs, press }
    return () => void (openVerbs.value = null)
  }, [order.etag])
  if (verbs.length === 0) return null
  return (
    <section class="verbs" aria-label={t('verb.title')}>
      <div>
        {verbs.map((v) => (
          <button
            key={v} type="button" disabled={busy.value} class={v === 'cancel' ? 'danger' : ''} onClick={() => press(v)}
            {...(v === 'pin' || v === 'unpin' ? {} : { 'aria-expanded': asking.value === v })}
          >
            {t(`verb.${v}`)}
          </button>
        ))}
      </div>
      {asking.value && verbs.includes(asking.value) && <Ask key={asking.value} verb={asking.value} why={why} busy={busy.value} act={act} back={() => (asking.value = null)} />}
      {stale.value && <p class="error" role="alert">{stale.value}</p>}
      <Failure error={error.value} />
    </section>
  )
}

interface AskProps { verb: Verb; why: Explanation | null; busy: boolean; act: (verb: Verb, body: VerbBody) => Promise<void>; back: () => void }

/** Asks for whom and why. */
function Ask({ verb, why, busy, act, back }: AskProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('select, input')?.focus(), [])
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    const data = new FormData(e.target as HTMLFormElement)
    const body: VerbBody = {}
    const reason = String(data.get('reason') ?? '').trim()
    const technicianId = String(data.get('technicianId') ?? '')
    if (reason) body.reason = reason
    if (technicianId) body.technicianId = technicianId
    void act(verb, body)
  }
  return (
    <form class="ask" ref={form} onSubmit={submit}>
      {verb === 'reassign' && (
        <label>
          {t('verb.to')}
          <select name="technicianId">
            <option value="">{t('verb.nextBest')}</option>
            {(why?.alternatives ?? []).map((a) => (
              <option key={a.technicianId} value={a.technicianId}>
                {oneOf(a.technicianName || a.technicianId)} ({(a.difference ?? 0) >= 0 ? '+' : '−'}{count(Math.abs(a.difference ?? 0))})
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        {t('verb.reason')}
        <input name="reason" maxLength={500} required={verb === 'cancel'} />
      </label>
      <div>
        <button type="submit" class={verb === 'cancel' ? 'danger' : 'primary'} disabled={busy}>{t('verb.do')}</button>
        <button type="button" onClick={back}>{t('verb.back')}</button>
      </div>
    </form>
  )
}
