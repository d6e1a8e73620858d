import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { t } from '../i18n.ts'
import { keysOpen } from './state.ts'

const lines = [
  ['↑ ↓ Home End', 'keys.rows'], ['J K', 'keys.next'], ['Enter', 'keys.open'], ['/', 'keys.find'], ['1 … 5', 'keys.views'], ['Ctrl-K', 'keys.palette'], ['N', 'keys.report'],
  ['A', 'keys.accept'], ['X', 'keys.reject'], ['R', 'keys.reassign'], ['L', 'keys.call'], ['P', 'keys.pin'], ['U', 'keys.undo'], ['M', 'keys.move'], ['Esc', 'keys.close'], ['?', 'keys.help'],
] as const

/** Every key and what it does. */
export function Keys(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="keys" aria-label={t('keys.title')} onClose={() => (keysOpen.value = false)} onClick={(e) => e.target === dialog.current && dialog.current?.close()}>
      <h2>{t('keys.title')}</h2>
      <dl>{lines.map(([key, text]) => <div key={key}><dt>{key.split(' ').map((k) => (k === '…' ? k : <kbd key={k}>{k}</kbd>))}</dt><dd>{t(text)}</dd></div>)}</dl>
      <form method="dialog"><button type="submit">{t('app.close')}</button></form>
    </dialog>
  )
}

/** Moves the focus between the rows of a list. True when the key was one for it. */
export function moveRow(e: KeyboardEvent, list: HTMLElement): boolean {
  if (!(e.target instanceof HTMLElement) || e.target.closest('input, select, textarea')) return false
  const rows = [...list.querySelectorAll<HTMLElement>('.row')]
  const at = rows.indexOf(e.target.closest<HTMLElement>('.row') ?? rows[-1]!)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[e.key]
  if (to === undefined || rows.length === 0) return false
  e.preventDefault()
  rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus()
  return true
}

/** Opens the next or the previous order of the queue, beginning with the first. */
export function stepQueue(step: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('.list .row')]
  const at = rows.findIndex((r) => r.classList.contains('selected'))
  const row = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))]
  row?.click()
  row?.scrollIntoView({ block: 'nearest' })
}
