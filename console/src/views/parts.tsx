import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { app } from '../app.ts'
import { t } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { v } from './texts.ts'

/** What a part of a view has read: the last answer stays visible while the next is awaited or has failed. */
export interface Reading<T> { value: Signal<T | null>; error: Signal<unknown>; slow: Signal<boolean>; busy: Signal<boolean>; again: () => void }

const slowMs = 2_000

/** Reads something whenever one of its inputs changes. An answer that is overtaken by a later question is dropped. */
export function useReading<T>(read: () => Promise<T>, inputs: unknown[]): Reading<T> {
  const value = useSignal<T | null>(null)
  const error = useSignal<unknown>(null)
  const slow = useSignal(false)
  const busy = useSignal(false)
  const turn = useSignal(0)
  useEffect(() => {
    let current = true
    busy.value = true
    const timer = setTimeout(() => (slow.value = true), slowMs)
    const end = () => {
      clearTimeout(timer)
      if (current) slow.value = busy.value = false
    }
    read().then((answer) => {
      if (!current) return
      value.value = answer
      error.value = null
    }, (failure: unknown) => {
      if (current) error.value = failure
    }).finally(end)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [...inputs, turn.value])
  return { value, error, slow, busy, again: () => turn.value++ }
}

/** What a reading says of itself: that it goes slowly, has failed, is old, or found nothing. */
export function State<T>({ reading, empty }: { reading: Reading<T>; empty?: string | false | undefined }): JSX.Element | null {
  const { value, error, slow, busy, again } = reading
  return (
    <>
      {Boolean(error.value) && (
        <div class="failed">
          <Failure error={error.value} />
          {value.value !== null && <p class="took">{v('state.old')}</p>}
          <button type="button" onClick={again}>{t('nav.again')}</button>
        </div>
      )}
      {busy.value && value.value === null && <p class="empty" role="status">{slow.value ? v('state.slow') : t('nav.loading')}</p>}
      {busy.value && value.value !== null && slow.value && <p class="took" role="status">{v('state.slow')}</p>}
      {value.value !== null && empty && <p class="empty">{empty}</p>}
    </>
  )
}

/** The frame of a view that covers the map. */
export function Page({ name, title, tools, before, children }: { name: string; title: string; tools?: ComponentChildren; before?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  const offline = app.connection.value === 'offline'
  return (
    <main class={`view ${name}`} aria-label={title}>
      {offline && <p class="error offline" role="alert">{v('state.offline')}</p>}
      {before}
      <header class="tools"><h2>{title}</h2>{tools}</header>
      {children}
    </main>
  )
}

/** A list of choices with its label. */
export function Choice({ label, value, options, pick }: { label: string; value: string; options: readonly (readonly [string, string])[]; pick: (value: string) => void }): JSX.Element {
  return (
    <label class="choice">
      {label}
      <select value={value} onChange={(e) => pick(e.currentTarget.value)}>{options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}</select>
    </label>
  )
}

/** Opens the card of an order. */
export function OrderLink({ id, text }: { id: string; text?: string | undefined }): JSX.Element {
  return <button type="button" class="link" data-open={id} onClick={() => (app.selection.value = { kind: 'order', id })}>{text || id}</button>
}

export function WorkerLink({ id, text }: { id: string; text?: string | undefined }): JSX.Element {
  return <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'worker', id })}>{text || id}</button>
}
