import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { span, when } from '../format.ts'
import { oneOf } from '../i18n.ts'
import { beat, clock, dark, ms, zone } from '../pages/base.ts'
import { demo, newKey } from '../pages/http.ts'
import { OrderNotes } from '../pages/notes.tsx'
import { Line, Trouble } from '../pages/parts.tsx'
import { say, sayOr } from '../pages/words.ts'
import { asker, Photos } from './photos.tsx'
import { app, type Stage, type Track } from './app.ts'

const stages: Stage[] = ['WAITING', 'DEPARTED', 'IN_PROGRESS', 'DONE']
const star = 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z'

/** How a repair goes, and what its tenant can do. */
export function Repair(): JSX.Element {
  void beat.value
  const track = app.track.value
  if (!track) return app.error.value ? <Trouble error={app.error.value} /> : <p class="empty" role="status">{say('loading')}</p>
  return (
    <>
      <Hero track={track} />
      {track.mayRate && <Rate />}
      {track.stage === 'DEPARTED' && track.approach?.location && <Approach track={track} />}
      <section class="box"><h2>{say('notes')}</h2><OrderNotes key={track.workOrderId} asker={asker} orderId={track.workOrderId} me="TENANT" /></section>
      <Steps track={track} />
      <Photos key={track.workOrderId} orderId={track.workOrderId} more={!['DONE', 'CALLED_OFF'].includes(track.stage)} />
      {track.mayCancel && <Words verb="cancel" />}
      {track.state === 'COMPLETED' && !track.merged && <Words verb="reopen" />}
      {app.session.value?.unitId && <button type="button" class="big" onClick={() => app.show('')}>{say('r.another')}</button>}
    </>
  )
}

function Hero({ track: t }: { track: Track }): JSX.Element {
  const at = stages.indexOf(t.stage)
  const what = oneOf(t.description ?? '')
  return (
    <section class="hero" data-stage={t.stage} aria-live="polite">
      {at >= 0 && (
        <ol class="stages">
          {stages.map((s, i) => <li key={s} class={i < at ? 'past' : ''} {...(i === at ? { 'aria-current': 'step' as const } : {})}>{say(`r.stage.${s}`)}</li>)}
        </ol>
      )}
      <h2>{headline(t)}</h2>
      <Times track={t} />
      {t.stage === 'IN_PROGRESS' && t.state === 'PAUSED' && t.reason && <p>{oneOf(t.reason)}</p>}
      {t.merged && <p class="taken">{say('r.merged')}</p>}
      {(t.rating ?? 0) > 0 && <p class="taken">{say('r.thanks', { n: t.rating! })}</p>}
      <p class="under">{[what, t.unitId && say('r.for', { unit: t.unitId })].filter(Boolean).join(' · ')}</p>
    </section>
  )
}

function headline(t: Track): string {
  const name = oneOf(t.technicianName ?? '')
  if (t.stage === 'CALLED_OFF') return say('r.called')
  if (t.stage === 'DONE') return say('r.done')
  if (t.state === 'PAUSED') return say('r.paused')
  if (!name) return say('r.looking')
  if (t.stage === 'DEPARTED') return say('r.coming', { name })
  if (t.stage === 'IN_PROGRESS') return say('r.there', { name })
  return say(t.state === 'ACCEPTED' ? 'r.charge' : 'r.asked', { name })
}

function Times({ track: t }: { track: Track }): JSX.Element | null {
  const at = (time: string | undefined) => when(ms(time), clock.now(), zone.value)
  const left = ms(t.plannedArrival) - clock.now()
  if (t.stage === 'DEPARTED') {
    return <p class="eta">{say('r.etaAt', { time: at(t.plannedArrival) })} · {left > 60_000 ? say('r.eta', { n: span(left) }) : say('r.soon')}</p>
  }
  if (t.stage !== 'WAITING') return null
  return (
    <>
      {t.window && <p class="eta">{say('r.window', { from: at(t.window.startTime), to: at(t.window.endTime) })}</p>}
      {!t.technicianName && t.nextPromise && <p>{say('r.lookingBy', { time: at(t.nextPromise) })}</p>}
      {t.technicianName && t.nextPromise && <p class="under">{say('r.promise', { time: at(t.nextPromise) })}</p>}
    </>
  )
}

/** The way here, drawn by a part of the page that loads when it is needed. */
function Approach({ track: t }: { track: Track }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const seen = t.approach!
  const [home, there] = [t.location ?? {}, seen.location ?? {}]
  useEffect(() => {
    void Promise.all([import('./approach.ts'), streets()]).then(([{ draw }, base]) => canvas.current && draw(canvas.current, { home, there, base }))
  }, [there.latitude, there.longitude, dark()])
  const km = distance(home, there)
  const text = say('r.mapText', { name: oneOf(t.technicianName ?? ''), km: km.toFixed(1), ago: span(clock.now() - ms(seen.time)) })
  return <section class="box approach"><h2>{say('r.map')}</h2><canvas ref={canvas} role="img" aria-label={text} /><p class="under">{text}</p></section>
}

let base: Promise<GeoJSON.FeatureCollection | null> | null = null
const streets = (): Promise<GeoJSON.FeatureCollection | null> => (base ??= demo<GeoJSON.FeatureCollection>('/demo/map.geojson'))

/** Kilometres between two places that are near each other. */
function distance(a: { latitude?: number; longitude?: number }, b: { latitude?: number; longitude?: number }): number {
  const north = ((a.latitude ?? 0) - (b.latitude ?? 0)) * 111.2
  const east = ((a.longitude ?? 0) - (b.longitude ?? 0)) * 111.2 * Math.cos(((a.latitude ?? 0) * Math.PI) / 180)
  return Math.hypot(north, east)
}

function Steps({ track: t }: { track: Track }): JSX.Element {
  return (
    <section class="box">
      <h2>{say('r.history')}</h2>
      <ol class="steps">
        {(t.steps ?? []).toReversed().map((s, i) => (
          <li key={i}>
            <time dateTime={s.time}>{when(ms(s.time), clock.now(), zone.value)}</time>
            <span>{sayOr('step', s.type, { name: oneOf(s.technicianName ?? '') })}{s.reason && <small>{oneOf(s.reason)}</small>}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Rate(): JSX.Element {
  const rating = useSignal(0)
  const { busy, error, send } = useSending()
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    const comment = String(new FormData(e.target as HTMLFormElement).get('comment') ?? '').trim()
    void send('rate', { rating: rating.value, ...(comment && { comment }) })
  }
  return (
    <form class="form rate" onSubmit={submit}>
      <fieldset>
        <legend>{say('r.rate')}</legend>
        <div class="stars">
          {[1, 2, 3, 4, 5].map((n) => <button key={n} type="button" aria-pressed={n <= rating.value} aria-label={say('r.star', { n })} onClick={() => (rating.value = n)}><Line d={star} /></button>)}
        </div>
      </fieldset>
      <label>{say('r.comment')} <small>{say('t.optional')}</small><textarea name="comment" rows={2} maxLength={2000} /></label>
      <Trouble error={error.value} />
      <button type="submit" class="big primary" disabled={busy.value || rating.value === 0}>{say(busy.value ? 'sending' : 'r.rateSend')}</button>
    </form>
  )
}

/** A verb that needs words: asks for them first. */
function Words({ verb }: { verb: 'cancel' | 'reopen' }): JSX.Element {
  const open = useSignal(false)
  const { busy, error, send } = useSending()
  if (!open.value) return <button type="button" class={`big ${verb === 'cancel' ? 'danger' : ''}`} onClick={() => (open.value = true)}>{say(`r.${verb}`)}</button>
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    void send(verb, { reason: String(new FormData(e.target as HTMLFormElement).get('reason')).trim() })
  }
  return (
    <form class="form" onSubmit={submit}>
      <label>{say(`r.${verb}Ask`)}<input name="reason" required maxLength={240} /></label>
      <Trouble error={error.value} />
      <button type="submit" class={`big ${verb === 'cancel' ? 'danger' : 'primary'}`} disabled={busy.value}>{say(`r.${verb}Do`)}</button>
      <button type="button" class="big" onClick={() => (open.value = false)}>{say('back')}</button>
    </form>
  )
}

/** Sends a verb; the same words keep their key, so that they are not done twice. */
function useSending() {
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const last = useRef({ text: '', key: '' })
  const send = async (verb: 'cancel' | 'rate' | 'reopen', body: Record<string, unknown>) => {
    const text = JSON.stringify(body)
    if (last.current.text !== text) last.current = { text, key: newKey() }
    busy.value = true
    error.value = null
    try {
      await app.act(verb, body, last.current.key)
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return { busy, error, send }
}
