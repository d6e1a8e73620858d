import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { oneOf, t } from '../i18n.ts'
import { keep, route } from '../route.ts'
import { isAtWork, nextDue, toneOf, type Order } from '../world.ts'

export const kinds = ['suggested', 'late', 'soon', 'nobody', 'emergency', 'pinned', 'work'] as const
export type OrderKind = (typeof kinds)[number]

/** A choice of orders with words, kept under a name in this browser. */
interface Saved { name: string; only: string; words: string }

const savedKey = 'fettle.queue.saved'
const saved = signal<Saved[]>(read())

function read(): Saved[] {
  try {
    return JSON.parse(localStorage.getItem(savedKey) ?? '[]') as Saved[]
  } catch {
    return []
  }
}

function write(all: Saved[]): void {
  saved.value = all
  localStorage.setItem(savedKey, JSON.stringify(all))
}

const tests: Record<OrderKind, (o: Order, now: number) => boolean> = {
  suggested: (o) => o.suggestion !== null,
  late: (o, now) => nextDue(o) > 0 && nextDue(o) < now, soon: (o, now) => toneOf(o, now) === 'soon', nobody: (o) => !o.technicianId, emergency: (o) => o.urgency === 'EMERGENCY', pinned: (o) => o.pinned,
  work: (o) => isAtWork(o.state),
}

const chosen = (): { only: OrderKind | undefined; words: string } => {
  const p = route.value.parameters
  return { only: kinds.find((k) => k === p.get('only')), words: p.get('words') ?? '' }
}

/** The orders that the filters of the address leave. */
export function filtered(orders: Order[]): Order[] {
  const { only, words } = chosen()
  const now = app.now()
  const word = words.trim().toLowerCase()
  const names = app.world.workers
  return orders.filter((o) => (!only || tests[only](o, now)) && (!word || `${o.description} ${o.id} ${names.get(o.technicianId)?.name ?? ''}`.toLowerCase().includes(word)))
}

/** Shows the orders of one kind, or all again. */
export const pickKind = (kind: OrderKind): void => keep({ only: chosen().only === kind ? '' : kind })
export const isKind = (kind: OrderKind): boolean => chosen().only === kind

/** Filters of the queue: kinds of orders, words, and choices that were kept under a name. */
export function QueueFilter({ shown, all }: { shown: number; all: number }): JSX.Element {
  const { only, words } = chosen()
  const known = saved.value.find((s) => s.only === (only ?? '') && s.words === words)
  const naming = useSignal(false)
  const save = (name: string) => write([...saved.value.filter((s) => s.name !== name), { name, only: only ?? '', words }])
  return (
    <div class="queue-filter" role="search">
      <input type="search" aria-label={t('filter.words')} placeholder={t('filter.words')} value={words} onInput={(e) => keep({ words: e.currentTarget.value })} />
      <select aria-label={t('filter.only')} value={only ?? ''} onChange={(e) => keep({ only: e.currentTarget.value })}>
        <option value="">{t('filter.all')}</option>
        {kinds.map((k) => <option key={k} value={k}>{t(`filter.${k}`)}</option>)}
      </select>
      {(saved.value.length > 0 || only || words) && (
        <p>
          {saved.value.map((s) => <button key={s.name} type="button" class="chip" aria-pressed={s === known} onClick={() => keep(s === known ? { only: '', words: '' } : { only: s.only, words: s.words })}>{oneOf(s.name)}</button>)}
          {(only || words) && <span class="took" role="status">{t('filter.shown', { n: shown, all })}</span>}
          {(only || words) && !known && <button type="button" class="link" onClick={() => (naming.value = true)}>{t('filter.save')}</button>}
          {known && <button type="button" class="link" onClick={() => write(saved.value.filter((s) => s !== known))}>{t('filter.forget')}</button>}
          {(only || words) && <button type="button" class="link" onClick={() => keep({ only: '', words: '' })}>{t('filter.clear')}</button>}
        </p>
      )}
      {naming.value && <Naming first={words || (only ? t(`filter.${only}`) : '')} save={save} close={() => (naming.value = false)} />}
    </div>
  )
}

/** Asks for the name of a choice; a name that is taken is said before it is written over. */
function Naming({ first, save, close }: { first: string; save: (name: string) => void; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const name = useSignal(first)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  const taken = saved.value.some((s) => s.name === name.value.trim())
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    save(name.value.trim())
    close()
  }
  return (
    <dialog ref={dialog} class="naming" aria-label={t('filter.name')} onClose={close}>
      <form onSubmit={submit}>
        <h2>{t('filter.name')}</h2>
        <label>{t('filter.nameOf')}<input required maxLength={40} pattern=".*\S.*" value={name.value} onInput={(e) => (name.value = e.currentTarget.value)} /></label>
        <p class="took">{t(taken ? 'filter.taken' : 'filter.here')}</p>
        <div class="buttons"><button type="submit" class="primary">{t('filter.save')}</button><button type="button" onClick={close}>{t('verb.back')}</button></div>
      </form>
    </dialog>
  )
}
