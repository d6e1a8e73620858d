import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { timeOfDay } from '../format.ts'
import { oneOf } from '../i18n.ts'
import { zone } from '../pages/base.ts'
import { Line, Switches } from '../pages/parts.tsx'
import { say, type Word } from '../pages/words.ts'
import { app } from './app.ts'
import { Ideas } from './ideas.tsx'
import { OutboxView } from './outboxview.tsx'
import { SheetView } from './sheet.tsx'
import { SignIn } from './signin.tsx'
import { Stops } from './stops.tsx'

type Tab = 'stops' | 'sheet' | 'ideas' | 'outbox'
const tab = signal<Tab>('stops')
const signs: Record<Tab, string> = {
  stops: 'M5 6h14M5 12h14M5 18h9', sheet: 'M5 20V10M12 20V4M19 20v-7', ideas: 'M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 10.9c.5.4.7 1 .7 1.6h5.6c0-.6.2-1.2.7-1.6A6 6 0 0 0 12 3z',
  outbox: 'M4 13v6h16v-6M12 15V4M8 8l4-4 4 4',
}

/** The page of a technician. */
export function Page(): JSX.Element {
  if (!app.session.value) return <SignIn />
  const refused = app.outbox.value?.refused.length ?? 0
  const waiting = app.outbox.value?.waiting.length ?? 0
  return (
    <div class="page">
      <Head />
      <Notices />
      <main>{tab.value === 'stops' ? <Stops /> : tab.value === 'sheet' ? <SheetView /> : tab.value === 'ideas' ? <Ideas /> : <OutboxView />}</main>
      <nav class="tabs" aria-label={say('t.title')}>
        {(Object.keys(signs) as Tab[]).map((name) => (
          <button key={name} type="button" {...(tab.value === name ? { 'aria-current': 'page' as const } : {})} onClick={() => (tab.value = name)}>
            <Line d={signs[name]} size={22} />
            <span>{say(`t.${name}` as Word)}</span>
            {name === 'outbox' && waiting + refused > 0 && <b class={refused ? 'bad' : ''}>{waiting + refused}</b>}
          </button>
        ))}
      </nav>
    </div>
  )
}

function Head(): JSX.Element {
  const on = app.onShift.value
  const online = app.reached.value && navigator.onLine
  const toggle = () => {
    if (on && !confirm(say('t.endShiftAsk'))) return
    void app.act(on ? 'endShift' : 'startShift', null)
  }
  return (
    <header class="head">
      <div>
        <h1>{oneOf(app.person.value?.displayName ?? '') || say('t.title')}</h1>
        <p class="under"><i class={`dot ${online ? 'good' : 'bad'}`} />{say(online ? 't.online' : 't.offline')} · {say(on ? 't.onShift' : 't.offShift')}</p>
      </div>
      <button type="button" class="shift" onClick={toggle}>{say(on ? 't.endShift' : 't.startShift')}</button>
      <Switches />
    </header>
  )
}

/** What holds for the whole page. */
function Notices(): JSX.Element {
  const offline = !app.reached.value || app.outbox.value?.reached.value === false
  const duty = app.duty.value
  const refused = app.outbox.value?.refused.length ?? 0
  return (
    <div aria-live="polite">
      {offline && <p class="notice soon">{say('t.offlineText')} {app.asOf.value > 0 && say('t.asOf', { time: timeOfDay(app.asOf.value, zone.value) })}</p>}
      {app.broken.value && <p class="notice late" role="alert">{say('t.kept', { why: app.broken.value })}</p>}
      {refused > 0 && tab.value !== 'outbox' && <button type="button" class="notice late" onClick={() => (tab.value = 'outbox')}>{say(app.outbox.value!.refused.every((a) => a.refused!.status === 200) ? 't.outboxKept' : 't.outboxRefused')}: {refused}</button>}
      {duty?.denied.value && app.current.value?.state === 'EN_ROUTE' && <p class="notice soon">{say('t.locationDenied')}</p>}
    </div>
  )
}
