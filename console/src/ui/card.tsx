import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { app } from '../app.ts'
import { lang, t, tOr } from '../i18n.ts'
import { Icon } from './icons.tsx'

/** The sheet beside the map; the focus moves to it when it opens and back when it closes. */
export function Card({ title, kind, children, close = () => (app.selection.value = null) }: { title: string; kind: string; children: ComponentChildren; close?: () => void }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const before = document.activeElement
    const first = document.querySelector<HTMLElement>('.card [data-first]') ?? heading.current
    first?.focus({ preventScroll: true })
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <section class={`card ${kind}`} aria-label={title}>
      <header>
        <h2 ref={heading} tabIndex={-1}>{title}</h2>
        <button type="button" class="plain" aria-label={t('app.close')} title={t('app.close')} onClick={close}><Icon name="close" /></button>
      </header>
      <div class="body" tabIndex={0} role="group" aria-label={title}>{children}</div>
    </section>
  )
}

/** What went wrong, with the fields at fault. */
export function Failure({ error }: { error: unknown }): JSX.Element | null {
  if (!error) return null
  if (!(error instanceof ApiError)) return <p class="error" role="alert">{String(error)}</p>
  if (error.status === 0) return <p class="error" role="alert">{t('error.offline')}</p>
  const reason = error.problem.reason ?? ''
  const said = lang.value === 'zh' ? tOr('problem', reason) : reason
  return (
    <div class="error" role="alert">
      <p>{said !== reason && <>{said} </>}<span lang="en">{error.message}</span>{reason && <code>{reason}</code>}</p>
      {error.fields.length > 0 && <ul>{error.fields.map((f) => <li key={f}>{f}</li>)}</ul>}
    </div>
  )
}

/** Rows of name and value. */
export function Facts({ rows }: { rows: [string, ComponentChildren][] }): JSX.Element {
  return (
    <dl class="facts">
      {rows.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  )
}
