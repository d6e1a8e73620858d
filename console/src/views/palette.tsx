import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { lang, oneOf, setLang, t, tOr } from '../i18n.ts'
import { go, views } from '../route.ts'
import { toggleTheme } from '../theme.ts'
import { paletteOpen } from '../ui/state.ts'
import { openVerbs } from '../ui/verbs.tsx'
import { v } from './texts.ts'

interface Entry { key: string; kind: string; text: string; more: string; run: () => void }

const shown = 12

/** Everything that can be done without looking for it: views, orders and technicians by name or number, verbs on the open order. */
export function Palette(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const query = useSignal('')
  const at = useSignal(0)
  useLayoutEffect(() => {
    dialog.current?.showModal()
  }, [])
  const close = () => {
    dialog.current?.close()
    paletteOpen.value = false
  }
  const found = search(query.value)
  const chosen = Math.min(at.value, found.length - 1)
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    close()
    entry.run()
  }
  const keys = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0
    if (step && found.length) {
      e.preventDefault()
      at.value = (chosen + step + found.length) % found.length
      document.getElementById(`palette-${at.value}`)?.scrollIntoView({ block: 'nearest' })
    } else if (e.key === 'Enter') {
      e.preventDefault()
      run(found[chosen])
    }
  }
  return (
    <dialog ref={dialog} class="palette" aria-label={t('nav.find')} onClose={close} onClick={(e) => e.target === dialog.current && close()}>
      <input
        type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-activedescendant={chosen >= 0 ? `palette-${chosen}` : undefined} aria-autocomplete="list"
        aria-label={v('palette.ask')} placeholder={v('palette.ask')} value={query.value} onKeyDown={keys}
        onInput={(e) => {
          query.value = e.currentTarget.value
          at.value = 0
        }}
      />
      <ul id="palette-list" role="listbox" aria-label={t('nav.find')}>
        {found.map((entry, i) => (
          <li key={entry.key} id={`palette-${i}`} role="option" aria-selected={i === chosen} onClick={() => run(entry)} onMouseMove={() => (at.value = i)}>
            <small>{entry.kind}</small> <span>{entry.text}</span> <small class="more-text">{entry.more}</small>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="empty">{v('palette.none')}</p>}
    </dialog>
  )
}

function search(query: string): Entry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = (e: Entry) => words.every((w) => `${e.kind} ${e.text} ${e.more} ${e.key}`.toLowerCase().includes(w))
  const found = commands().filter(fits)
  if (words.length) {
    for (const e of things()) {
      if (found.length >= shown) break
      if (fits(e)) found.push(e)
    }
  }
  const id = query.trim()
  if (/^wo[_-]\S+$/.test(id) && !app.world.orders.has(id)) found.push({ key: id, kind: t('order.title'), text: v('palette.open', { id }), more: '', run: () => (app.selection.value = { kind: 'order', id }) })
  return found
}

function commands(): Entry[] {
  const verbs = openVerbs.value
  return [
    ...(verbs?.verbs ?? []).map((verb) => ({ key: `verb ${verb}`, kind: t('verb.title'), text: t(`verb.${verb}`), more: v('palette.onOpen'), run: () => verbs!.press(verb) })),
    ...views.map((view) => ({ key: `view ${view}`, kind: t('nav.title'), text: t(`nav.${view}`), more: '', run: () => go(view) })),
    { key: 'report', kind: v('palette.do'), text: t('app.report'), more: 'N', run: report },
    { key: 'theme', kind: v('palette.do'), text: v('palette.theme'), more: '', run: toggleTheme },
    { key: 'language', kind: v('palette.do'), text: t('app.languageTitle'), more: t('app.language'), run: () => setLang(lang.value === 'zh' ? 'en' : 'zh') },
  ]
}

function report(): void {
  go('dispatch')
  app.selection.value = { kind: 'report' }
}

function* things(): Generator<Entry> {
  for (const w of app.world.workers.values()) yield { key: w.id, kind: t('tab.people'), text: oneOf(w.name), more: tOr('worker', w.state), run: () => (app.selection.value = { kind: 'worker', id: w.id }) }
  for (const o of app.world.orders.values()) {
    yield { key: o.id, kind: t('order.title'), text: oneOf(o.description) || o.id, more: tOr('state', o.state), run: () => (app.selection.value = { kind: 'order', id: o.id }) }
  }
}
