import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { ApiError, type Verb, type VerbBody } from '../api/client.ts'
import type { Explanation, OrderState, WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { changedBy, guarded } from '../guard.ts'
import { count } from '../format.ts'
import { oneOf, t } from '../i18n.ts'
import { isBeforeDeparture, isOpen } from '../world.ts'
import { Failure } from './card.tsx'
import { wanted } from './state.ts'

/** From which states a verb for a technician is legal. */
const forTechnician: readonly (readonly [Verb, readonly OrderState[]])[] = [
  ['accept', ['ASSIGNED']], ['decline', ['ASSIGNED']], ['depart', ['ACCEPTED']], ['arrive', ['EN_ROUTE']], ['start', ['ON_SITE']], ['pause', ['WORKING']], ['resume', ['PAUSED']],
  ['complete', ['ON_SITE', 'WORKING']],
]

/** The verbs of a dispatcher that are legal for an order as it stands. */
export function legalVerbs(o: WorkOrder): Verb[] {
  const state = o.state ?? 'NEW'
  if (state === 'MERGED') return ['unmerge']
  if (state === 'COMPLETED') return ['verify', 'reopen', ...(o.rating ? [] : ['rate' as const])]
  if (!isOpen(state)) return []
  const verbs: Verb[] = o.suggestion ? ['acceptSuggestion', 'rejectSuggestion'] : []
  if (isBeforeDeparture(state)) {
    verbs.push('reassign')
    if (o.pin) verbs.push('unpin')
    else if (o.assignment?.technicianId) verbs.push('pin')
  }
  verbs.push('logCall', 'escalate')
  if (isBeforeDeparture(state)) verbs.push('merge')
  verbs.push('cancel')
  return verbs
}

/** What a dispatcher can do in place of the technician who has the order. */
export const legalForTechnician = (o: WorkOrder): Verb[] => forTechnician.filter(([, from]) => o.assignment?.technicianId && from.includes(o.state ?? 'NEW')).map(([verb]) => verb)

/** The verbs of the order that is open, for the command palette. */
export const openVerbs = signal<{ verbs: Verb[]; press: (verb: Verb) => void; undo: (() => void) | null } | null>(null)

/** Buttons for what a dispatcher can do; those that need words open a small form. */
export function Verbs({ order, why, changed }: { order: WorkOrder; why: Explanation | null; changed: () => Promise<void> }): JSX.Element | null {
  const asking = useSignal<Verb | null>(null)
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const stale = useSignal('')
  const undoable = useSignal<{ verb: Verb; body: VerbBody; text: string } | null>(null)
  const act = async (verb: Verb, body: VerbBody, back = false) => {
    busy.value = true
    error.value = null
    stale.value = ''
    try {
      app.world.put(await guarded(order, verb, body))
      const way = back ? null : wayBack(order, verb)
      undoable.value = back ? null : way && { ...way, text: t('verb.did', { verb: t(`verb.${verb}`) }) }
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
  const others = legalForTechnician(order)
  const press = (verb: Verb) => {
    error.value = null
    if (atOnce.has(verb)) void act(verb, {})
    else asking.value = asking.value === verb ? null : verb
  }
  const button = (v: Verb) => (
    <button
      key={v} type="button" disabled={busy.value} class={v === 'cancel' ? 'danger' : ''} onClick={() => press(v)}
      {...(atOnce.has(v) ? {} : { 'aria-expanded': asking.value === v })}
    >
      {t(`verb.${v}`)}
    </button>
  )
  useLayoutEffect(() => { // before anything is painted: a key that is pressed at once finds its verb
    openVerbs.value = { verbs, press, undo: undoable.value && (() => void act(undoable.value!.verb, undoable.value!.body, true)) }
    if (wanted.value?.id === order.id) {
      const { verb } = wanted.value
      wanted.value = null
      if (verbs.includes(verb)) press(verb)
    }
    return () => void (openVerbs.value = null)
  }, [order.etag, undoable.value, wanted.value])
  if (verbs.length === 0) return null
  return (
    <section class="verbs" aria-label={t('verb.title')}>
      <div>{verbs.map(button)}</div>
      {others.length > 0 && <details class="words behalf"><summary>{t('verb.behalf')}</summary><div>{others.map(button)}</div></details>}
      {asking.value && [...verbs, ...others].includes(asking.value) && <Ask key={asking.value} verb={asking.value} why={why} busy={busy.value} act={act} id={order.id} back={() => (asking.value = null)} />}
      {undoable.value && <p class="undo" role="status">{undoable.value.text} <button type="button" disabled={busy.value} onClick={() => openVerbs.value?.undo?.()}>{t('verb.undo')}</button></p>}
      {stale.value && <p class="error" role="alert">{stale.value}</p>}
      <Failure error={error.value} />
    </section>
  )
}

/** What takes a verb back, with the order as it was before; null where nothing does. */
function wayBack(before: WorkOrder, verb: Verb): { verb: Verb; body: VerbBody } | null {
  const holder = before.assignment?.technicianId
  switch (verb) {
    case 'reassign':
      if (holder) return { verb: 'reassign', body: { technicianId: holder, reason: t('verb.undoReason') } }
      return before.suggestion ? { verb: 'rejectSuggestion', body: { reason: t('verb.undoReason') } } : null
    case 'acceptSuggestion': return { verb: 'rejectSuggestion', body: { reason: t('verb.undoReason') } }
    case 'pin': return { verb: 'unpin', body: {} }
    case 'unpin': return { verb: 'pin', body: { ...(before.pin?.technicianId && { technicianId: before.pin.technicianId }), ...(before.pin?.startTime && { startTime: before.pin.startTime }) } }
    case 'merge': return { verb: 'unmerge', body: {} }
    default: return null
  }
}

const atOnce = new Set<Verb>(['acceptSuggestion', 'pin', 'unpin', 'unmerge', 'verify', 'accept', 'depart', 'arrive', 'start'])
const mustSay = new Set<Verb>(['rejectSuggestion', 'cancel', 'pause', 'decline', 'reopen'])
const outcomes = ['REACHED', 'NO_ANSWER', 'BUSY', 'WRONG_NUMBER', 'REFUSED'] as const

/** Whether a reason is how a call ended. */
export const isCall = (reason: string): reason is (typeof outcomes)[number] => (outcomes as readonly string[]).includes(reason)

interface AskProps { id: string; verb: Verb; why: Explanation | null; busy: boolean; act: (verb: Verb, body: VerbBody) => Promise<void>; back: () => void }

/** Asks for whom and why. */
function Ask({ id, verb, why, busy, act, back }: AskProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('select, input')?.focus(), [])
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    const data = new FormData(e.target as HTMLFormElement)
    const body: VerbBody = {}
    for (const name of ['reason', 'technicianId', 'into', 'outcome', 'comment'] as const) {
      const text = String(data.get(name) ?? '').trim()
      if (text) body[name] = text
    }
    if (data.get('rating')) body.rating = Number(data.get('rating'))
    if (data.get('secondVisit')) body.secondVisit = true
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
      {verb === 'merge' && <Into id={id} />}
      {verb === 'logCall' && <label>{t('verb.outcome')}<select name="outcome">{outcomes.map((o) => <option key={o} value={o}>{t(`outcome.${o}`)}</option>)}</select></label>}
      {verb === 'rate' && <label>{t('verb.rating')}<select name="rating" defaultValue="5">{[5, 4, 3, 2, 1].map((n) => <option key={n} value={n}>{'★'.repeat(n)}</option>)}</select></label>}
      {verb === 'resume' && <label class="check"><input type="checkbox" name="secondVisit" value="1" />{t('verb.secondVisit')}</label>}
      {verb === 'logCall' || verb === 'rate'
        ? <label>{t('verb.comment')}<input name="comment" maxLength={2000} /></label>
        : verb !== 'resume' && <label>{t('verb.reason')}<input name="reason" maxLength={500} required={mustSay.has(verb)} /></label>}
      <div>
        <button type="submit" class={verb === 'cancel' ? 'danger' : 'primary'} disabled={busy}>{t('verb.do')}</button>
        <button type="button" onClick={back}>{t('verb.back')}</button>
      </div>
    </form>
  )
}

/** The order that this one is the same as: one that is like it, or any that is open. */
function Into({ id }: { id: string }): JSX.Element {
  const orders = [...app.world.orders.values()].filter((o) => o.id !== id).sort((a, b) => b.created - a.created)
  return (
    <label>
      {t('verb.into')}
      <select name="into" required>{orders.map((o) => <option key={o.id} value={o.id}>{oneOf(o.description) || o.id} · {t(`state.${o.state}`)}</option>)}</select>
    </label>
  )
}
