import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { span, timeOfDay } from '../format.ts'
import { oneOf, tOr } from '../i18n.ts'
import { beat, clock, ms, zone } from '../pages/base.ts'
import { OrderNotes } from '../pages/notes.tsx'
import { TradeIcon } from '../pages/parts.tsx'
import { say, type Word } from '../pages/words.ts'
import { Photos, Signature } from './photos.tsx'
import { app, legal, type Stop } from './app.ts'
import type { Verb } from './store.ts'

const navKey = 'fettle.navigation'
type Way = 'geo' | 'amap' | 'google'
const ways: Way[] = ['geo', 'amap', 'google']
const way = signal<Way>(ways.find((w) => w === localStorage.getItem(navKey)) ?? 'geo')

/** The stops of today in the order of the route. */
export function Stops(): JSX.Element {
  const stops = app.stops.value
  void beat.value
  if (stops.length === 0) return <Nothing />
  return (
    <>
      <ol class="stops">{stops.map((s, i) => <StopCard key={s.workOrderId} stop={s} first={i === 0} />)}</ol>
      <p class="foot">
        <label class="inline">{say('t.navigate')} {say('t.navWith')}
          <select value={way.value} onChange={(e) => localStorage.setItem(navKey, (way.value = e.currentTarget.value as Way))}>
            {ways.map((w) => <option key={w} value={w}>{say(`t.nav.${w}`)}</option>)}
          </select>
        </label>
        <span>{say('t.location')}</span>
      </p>
    </>
  )
}

function Nothing(): JSX.Element {
  const on = app.onShift.value
  return (
    <section class="nothing">
      <svg width="96" height="72" viewBox="0 0 96 72" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
        <path d="M10 60h76M20 60V30l28-18 28 18v30M40 60V44h16v16" /><path d="m64 20 4 4 8-9" />
      </svg>
      <h2>{say('t.none')}</h2>
      <p>{say(on ? 't.noneOn' : 't.noneOff')}</p>
      {!on && <button type="button" class="big primary" onClick={() => void app.act('startShift', null)}>{say('t.startShift')}</button>}
    </section>
  )
}

function StopCard({ stop, first }: { stop: Stop; first: boolean }): JSX.Element {
  const asking = useSignal<Verb | null>(null)
  const waits = app.outbox.value?.waiting.some((a) => a.orderId === stop.workOrderId)
  const skill = stop.requiredSkills?.[0]?.skill ?? 'general'
  const busy = app.current.value && app.current.value !== stop
  const verbs = (legal[stop.state] ?? []).filter((v) => !(busy && (v === 'depart' || v === 'resume')))
  const press = (verb: Verb) => {
    if (verb === 'decline' || verb === 'pause' || verb === 'complete') asking.value = verb
    else void app.act(verb, stop)
  }
  return (
    <li class={`stop ${first ? 'first' : ''} ${stop.urgency === 'EMERGENCY' ? 'alarm' : ''}`} data-order={stop.workOrderId} data-state={stop.state}>
      <div class="what">
        <span class="trade"><TradeIcon trade={skill} size={27} /></span>
        <div>
          <h2>{oneOf(stop.description ?? '') || tOr('skill', skill)}</h2>
          <p class="under">{tOr('skill', skill)} · {stop.unitId ? say('t.unit', { unit: stop.unitId }) : say('t.noUnit')}</p>
        </div>
      </div>
      <p class="chips">
        <em class={`chip ${stop.state}`}>{tOr('state', stop.state)}</em>
        {stop.urgency === 'EMERGENCY' && <em class="chip late">{say('emergency')}</em>}
        {waits && <em class="chip waits">{say('t.waitsHere')}</em>}
      </p>
      <Times stop={stop} />
      {asking.value
        ? <Ask verb={asking.value} stop={stop} back={() => (asking.value = null)} />
        : (
          <div class="verbs">
            {busy && ['ACCEPTED', 'PAUSED'].includes(stop.state) && <p class="under">{say('t.busy')}</p>}
            {verbs.map((v, i) => (
              <button key={v} type="button" class={`big ${i === 0 ? 'primary' : ''}`} onClick={() => press(v)}>{say((v === 'arrive' ? 't.arriveVerb' : `t.${v}`) as Word)}</button>
            ))}
            {stop.location && ['ACCEPTED', 'EN_ROUTE'].includes(stop.state) && <a class="big button" href={navigation(stop)} {...(way.value === 'geo' ? {} : { target: '_blank', rel: 'noreferrer' })}>{say('t.navigate')}</a>}
          </div>
        )}
      {stop.state === 'EN_ROUTE' && <Duty />}
      {!asking.value && <Photos stop={stop} stage="BEFORE" />}
      {stop.state !== 'ASSIGNED' && <Said stop={stop} open={first} />}
    </li>
  )
}

/** Notes with the tenant and the desk: of the first stop at once, of others when they are opened. */
function Said({ stop, open }: { stop: Stop; open: boolean }): JSX.Element | null {
  const opened = useSignal(open)
  const [credential, box] = [app.credential, app.outbox.value]
  if (!credential) return null
  const kept = box && { send: (text: string) => app.note(stop, text), waiting: box.waiting.filter((a) => a.verb === 'note' && a.orderId === stop.workOrderId) }
  return (
    <details open={opened.value} onToggle={(e) => (opened.value = e.currentTarget.open)}>
      <summary>{say('notes')}</summary>
      {opened.value && <OrderNotes asker={credential} orderId={stop.workOrderId} me="TECHNICIAN" {...(kept && { kept })} />}
    </details>
  )
}

function Times({ stop }: { stop: Stop }): JSX.Element | null {
  const at = (time: string | undefined) => timeOfDay(ms(time), zone.value)
  const open = ['ASSIGNED', 'ACCEPTED', 'EN_ROUTE'].includes(stop.state)
  const parts = [
    open && stop.plannedArrival && say('t.arrive', { time: at(stop.plannedArrival) }),
    open && stop.window && say('t.window', { from: at(stop.window.startTime), to: at(stop.window.endTime) }),
    stop.onSiteDuration && say('t.work', { n: span(parseFloat(stop.onSiteDuration) * 1000) }),
  ].filter(Boolean)
  const left = ms(stop.acceptBy) - clock.now()
  return (
    <div class="times">
      <p>{parts.join(' · ')}</p>
      {stop.state === 'ASSIGNED' && stop.acceptBy && <p class={left < 300_000 ? 'late' : 'soon'}>{say('t.acceptBy', { time: at(stop.acceptBy) })}</p>}
    </div>
  )
}

function Duty(): JSX.Element {
  const duty = app.duty.value
  const said = [duty?.telling.value && say('t.locationOn'), duty?.awake.value && say('t.awake')].filter(Boolean)
  return <p class="under duty">{said.join(' · ')}</p>
}

/** Asks for the reason, with the usual ones a tap away, and for parts. */
function Ask({ verb, stop, back }: { verb: Verb; stop: Stop; back: () => void }): JSX.Element {
  const reason = useSignal('')
  const kind = verb as 'decline' | 'pause' | 'complete'
  const signature = useRef({ file: async (): Promise<File | null> => null }).current
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const form = new FormData(e.target as HTMLFormElement)
    const signed = await signature.file()
    if (signed) await app.attach(stop, signed, 'SIGNATURE', String(form.get('signer') ?? '').trim())
    const parts = String(form.get('parts') ?? '').trim()
    const text = [reason.value.trim(), parts && say('t.partsPrefix', { text: parts })].filter(Boolean).join('; ')
    void app.act(verb, stop, text)
    back()
  }
  return (
    <form class="ask" onSubmit={(e) => void submit(e)}>
      <fieldset>
        <legend>{say(`t.why.${kind}`)}</legend>
        <div class="usual">
          {say(`t.reasons.${kind}`).split('|').map((r) => <button key={r} type="button" aria-pressed={reason.value === r} onClick={() => (reason.value = r)}>{r}</button>)}
        </div>
        <input name="reason" aria-label={say(`t.why.${kind}`)} maxLength={240} required={kind === 'pause'} value={reason.value} onInput={(e) => (reason.value = e.currentTarget.value)} />
      </fieldset>
      {kind !== 'decline' && <label>{say('t.parts')} <small>{say('t.optional')}</small><input name="parts" maxLength={240} /></label>}
      {kind === 'complete' && <Photos stop={stop} stage="AFTER" />}
      {kind === 'complete' && (
        <details>
          <summary>{say('t.signature')} <small>{say('t.optional')}</small></summary>
          <div class="signing"><Signature into={signature} /><label>{say('t.signer')}<input name="signer" maxLength={80} autocomplete="off" /></label></div>
        </details>
      )}
      <button type="submit" class="big primary">{say(`t.${kind}`)}</button>
      <button type="button" class="big" onClick={back}>{say('back')}</button>
    </form>
  )
}

/** Hands the place over to the map that the technician likes. */
function navigation(stop: Stop): string {
  const { latitude = 0, longitude = 0 } = stop.location ?? {}
  const label = encodeURIComponent(oneOf(stop.description ?? '').slice(0, 40) || 'Fettle')
  switch (way.value) {
    case 'amap': return `https://uri.amap.com/navigation?to=${longitude},${latitude},${label}&mode=car&coordinate=wgs84&callnative=1`
    case 'google': return `https://www.google.com/maps/dir/?api=1&destination=${latitude},${longitude}`
    default: return `geo:${latitude},${longitude}?q=${latitude},${longitude}(${label})`
  }
}
