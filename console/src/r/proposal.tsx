import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { when } from '../format.ts'
import { oneOf } from '../i18n.ts'
import { definition, figureName } from '../pages/definitions.ts'
import { clock, ms, zone } from '../pages/base.ts'
import { ask, newKey, post } from '../pages/http.ts'
import { Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { p } from './proposalwords.ts'
import { goOn, signNow } from './signwords.ts'

const quietMs = 150 // after the last move of a slider, before the price is asked for

interface Choice { months: number; freeDays: number; offerIds: string[] }
interface Option { offerId: string; displayName?: string; kind?: 'FREE_DAYS' | 'UPGRADE' | 'VOUCHER'; maxFreeDays?: number }
interface Figure { name: string; value?: number; unit?: string; definition?: string }
interface Quote { rentCents?: string; totalCents?: string; savedCents?: string; freeDaysLeft?: number; startDate?: string; endDate?: string; unavailable?: string[] }
interface Renewal {
  id: string; state?: string; greeting?: string; startDate?: string; expireTime?: string; choice?: Partial<Choice>
  prices?: { months?: number; rentCents?: string }[]; options?: Option[]; figures?: Figure[]
}

const yuan = (cents: string | undefined): string => `¥${(Number(cents ?? 0) / 100).toLocaleString('en-GB', { maximumFractionDigits: 2 })}`
const open = new Set(['OFFERED', 'VIEWED', 'COUNTERED'])

/** The proposal behind a link: the life in the dwelling, the price as it follows the sliders, and the answer. */
export function Proposal({ id }: { id: string }): JSX.Element {
  const renewal = useSignal<Renewal | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    error.value = null
    try {
      renewal.value = (await ask<Renewal>(app.token, pathOf(id))).body
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => {
    void read().then(() => {
      if (open.has(renewal.value?.state ?? '')) void post(app.token, `${pathOf(id)}:view`, { touchPointId: new URLSearchParams(location.search).get('tp') ?? '' }, newKey()).catch(() => undefined) // the page works without the note that it was opened
    })
  }, [id])
  const r = renewal.value
  if (!r) return error.value ? <><Trouble error={error.value} /><button type="button" class="big" onClick={() => void read()}>{say('again')}</button></> : <p class="empty" role="status">{say('loading')}</p>
  return (
    <>
      <section class="hero">
        <h2>{oneOf(r.greeting ?? '') || p('title')}</h2>
        {!open.has(r.state ?? '') || r.state === 'COUNTERED' ? <p class="taken" role="status">{p((r.state ?? 'EXPIRED') as 'ACCEPTED')}</p> : null}
        {r.startDate && <p class="under">{p('from', { from: r.startDate })}</p>}
      </section>
      {r.state === 'ACCEPTED' && <button type="button" class="big primary" onClick={() => void goOn(id).catch((failure: unknown) => (error.value = failure))}>{signNow()}</button>}
      {r.state === 'ACCEPTED' && <Trouble error={error.value} />}
      {open.has(r.state ?? '') && <Offer renewal={r} done={(next) => (renewal.value = next)} />}
      <Life figures={r.figures ?? []} />
      {open.has(r.state ?? '') && r.expireTime && <p class="under">{p('until', { time: when(ms(r.expireTime), clock.now(), zone.value) })}</p>}
    </>
  )
}

const pathOf = (id: string): string => `/v1/renewals/${encodeURIComponent(id)}`

/** What life in the dwelling was, in figures, each with how it was counted. */
function Life({ figures }: { figures: Figure[] }): JSX.Element | null {
  if (figures.length === 0) return null
  return (
    <section class="box life">
      <h2>{p('life')}</h2>
      <dl>{figures.map((f) => <div key={f.name} title={definition(f.definition ?? '')}><dt>{figureName(f.name)}</dt><dd>{Number((f.value ?? 0).toFixed(1))}</dd></div>)}</dl>
      <details><summary>{p('how')}</summary><ul>{figures.map((f) => <li key={f.name}>{definition(f.definition ?? '')}</li>)}</ul></details>
    </section>
  )
}

/** The sliders, the price that follows them, and the three answers. */
function Offer({ renewal: r, done }: { renewal: Renewal; done: (next: Renewal) => void }): JSX.Element {
  const prices = r.prices ?? []
  const choice = useSignal<Choice>({ months: prices[prices.length - 1]?.months ?? 12, freeDays: 0, offerIds: [] })
  const quote = useSignal<Quote | null>(null)
  const error = useSignal<unknown>(null)
  const busy = useSignal(false)
  const key = useRef({ text: '', key: '' })
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      ask<Quote>(app.token, `${pathOf(r.id)}:quote`, { method: 'POST', body: JSON.stringify({ choice: choice.value }), headers: { 'Content-Type': 'application/json' } })
        .then(({ body }) => { if (current) { quote.value = body; error.value = null } }, (failure: unknown) => { if (current) error.value = failure })
    }, quietMs)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [choice.value])
  const act = async (verb: 'accept' | 'counter' | 'decline', body: Record<string, unknown>) => {
    const text = verb + JSON.stringify(body)
    if (key.current.text !== text) key.current = { text, key: newKey() }
    busy.value = true
    error.value = null
    try {
      done((await post<Renewal>(app.token, `${pathOf(r.id)}:${verb}`, body, key.current.key)).body)
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return (
    <section class="box offer">
      <Months prices={prices} choice={choice} />
      <Days options={r.options ?? []} choice={choice} quote={quote.value} />
      <Extras options={r.options ?? []} choice={choice} quote={quote.value} />
      <Price quote={quote.value} />
      <Trouble error={error.value} />
      <button type="button" class="big primary" disabled={busy.value || !quote.value || (quote.value.unavailable ?? []).length > 0} onClick={() => void act('accept', { choice: choice.value })}>{p('accept')}</button>
      <p class="under">{p('acceptNote')}</p>
      <Words title={p('counter')} send={p('counterSend')} busy={busy.value} ask={<><label>{p('counterRent')}<input name="rent" type="number" min="1" step="1" inputMode="numeric" required /></label><label>{p('counterNote')} <small>{say('t.optional')}</small><textarea name="note" rows={2} maxLength={2000} /></label></>}
        sent={(f) => void act('counter', { months: choice.value.months, rentCents: String(Math.round(Number(f.get('rent')) * 100)), note: String(f.get('note') ?? '') })} />
      <Words title={p('decline')} send={p('declineSend')} busy={busy.value} ask={<label>{p('declineAsk')}<input name="reason" maxLength={500} /></label>} sent={(f) => void act('decline', { reason: String(f.get('reason') ?? '') })} />
    </section>
  )
}

function Months({ prices, choice }: { prices: NonNullable<Renewal['prices']>; choice: Signal<Choice> }): JSX.Element {
  return (
    <fieldset>
      <legend>{p('months')}</legend>
      <div class="choices">{prices.map((x) => <label key={x.months}><input type="radio" name="months" checked={choice.value.months === x.months} onChange={() => (choice.value = { ...choice.value, months: x.months ?? 12 })} /> {p('nMonths', { n: x.months ?? 0 })} <small>{yuan(x.rentCents)} {p('month')}</small></label>)}</div>
    </fieldset>
  )
}

function Days({ options, choice, quote }: { options: Option[]; choice: Signal<Choice>; quote: Quote | null }): JSX.Element | null {
  const most = Math.max(0, ...options.filter((o) => o.kind === 'FREE_DAYS').map((o) => o.maxFreeDays ?? 0))
  if (most === 0) return null
  const left = quote?.freeDaysLeft ?? -1
  const bound = Math.max(choice.value.freeDays, left < 0 ? most : Math.min(most, choice.value.freeDays + left))
  return (
    <label>{p('days')}: <b>{p('nDays', { n: choice.value.freeDays })}</b>
      <input type="range" min={0} max={bound} value={choice.value.freeDays} aria-valuetext={p('nDays', { n: choice.value.freeDays })} onInput={(e) => (choice.value = { ...choice.value, freeDays: Number(e.currentTarget.value) })} />
    </label>
  )
}

function Extras({ options, choice, quote }: { options: Option[]; choice: Signal<Choice>; quote: Quote | null }): JSX.Element | null {
  const extras = options.filter((o) => o.kind !== 'FREE_DAYS')
  if (extras.length === 0) return null
  const flip = (id: string) => {
    const has = choice.value.offerIds.includes(id)
    choice.value = { ...choice.value, offerIds: has ? choice.value.offerIds.filter((x) => x !== id) : [...choice.value.offerIds, id] }
  }
  return (
    <fieldset>
      <legend>{p('extras')}</legend>
      <div class="choices">
        {extras.map((o) => {
          const gone = quote?.unavailable?.some((u) => u === o.offerId || u.includes(o.displayName ?? '\n'))
          return <label key={o.offerId}><input type="checkbox" checked={choice.value.offerIds.includes(o.offerId)} onChange={() => flip(o.offerId)} /> {oneOf(o.displayName ?? o.offerId)} <small>{gone ? p('soldOut') : p(o.kind === 'VOUCHER' ? 'VOUCHER' : 'UPGRADE')}</small></label>
        })}
      </div>
    </fieldset>
  )
}

function Price({ quote: q }: { quote: Quote | null }): JSX.Element {
  if (!q) return <p class="under" role="status">{p('counting')}</p>
  return (
    <div class="price" role="status">
      <b>{yuan(q.rentCents)}</b> <span>{p('month')}</span>
      <p class="under">{[p('total', { n: yuan(q.totalCents) }), q.startDate && q.endDate && p('dates', { from: q.startDate, to: q.endDate }), Number(q.savedCents ?? 0) > 0 && p('saved', { n: yuan(q.savedCents) })].filter(Boolean).join(' · ')}</p>
    </div>
  )
}

/** An answer that needs words: its form opens by a press. */
function Words({ title, send, ask: inputs, busy, sent }: { title: string; send: string; ask: JSX.Element; busy: boolean; sent: (form: FormData) => void }): JSX.Element {
  const shown = useSignal(false)
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    sent(new FormData(e.target as HTMLFormElement))
  }
  if (!shown.value) return <button type="button" class="big" onClick={() => (shown.value = true)}>{title}</button>
  return <form class="form" onSubmit={submit}>{inputs}<button type="submit" class="big primary" disabled={busy}>{send}</button><button type="button" class="big" onClick={() => (shown.value = false)}>{say('back')}</button></form>
}

const faces = { GOOD: 'M8 14.5c1.2 1.4 2.5 2 4 2s2.8-.6 4-2', NEUTRAL: 'M8 15.5h8', BAD: 'M8 16.5c1.2-1.4 2.5-2 4-2s2.8.6 4 2' } as const

interface OpenSurvey { surveyId?: string; question?: string; answered?: boolean }

/** What the tenant of a lease says: a tap a bill, and the survey of the quarter while it is open. */
export function Voice(): JSX.Element {
  return <><Mood /><Survey /></>
}

/** How likely it is that the tenant would recommend the house: once a quarter, 0 to 10. */
function Survey(): JSX.Element | null {
  const survey = useSignal<OpenSurvey | null>(null)
  const score = useSignal<number | null>(null)
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const key = useRef(newKey())
  useEffect(() => void ask<OpenSurvey>(app.token, '/v1/surveys:open').then(({ body }) => (survey.value = body), (failure: unknown) => (error.value = failure)), [])
  const s = survey.value
  if (!s?.surveyId) return error.value ? <Trouble error={error.value} /> : null
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const comment = String(new FormData(e.target as HTMLFormElement).get('comment') ?? '').trim()
    busy.value = true
    error.value = null
    try {
      await post(app.token, `/v1/surveys/${encodeURIComponent(s.surveyId!)}:respond`, { score: score.value, comment }, key.current)
      survey.value = { ...s, answered: true }
    } catch (failure) {
      error.value = failure
      key.current = newKey()
    }
    busy.value = false
  }
  if (s.answered) return <section class="box"><p class="taken" role="status">{p('surveyThanks')}</p></section>
  return (
    <form class="form survey" onSubmit={(e) => void submit(e)}>
      <fieldset>
        <legend>{ownWords(s.question ?? '') ? p('surveyAsk') : oneOf(s.question ?? '')}</legend>
        <div class="scores">{Array.from({ length: 11 }, (_, n) => <button key={n} type="button" aria-pressed={score.value === n} onClick={() => (score.value = n)}>{n}</button>)}</div>
        <p class="under ends"><span>{p('surveyLow')}</span><span>{p('surveyHigh')}</span></p>
      </fieldset>
      <label>{p('surveyWhy')} <small>{say('t.optional')}</small><textarea name="comment" rows={3} maxLength={2000} /></label>
      <Trouble error={error.value} />
      <button type="submit" class="big primary" disabled={busy.value || score.value === null}>{say(busy.value ? 'sending' : 'send')}</button>
    </form>
  )
}

/** Whether a question is the one that a survey has unless another is given: it is asked in the language of the page. */
const ownWords = (question: string): boolean => question === '' || question.startsWith('How likely is it that you would recommend living here')

/** One tap a bill: how it is to live here. */
function Mood(): JSX.Element {
  const tapped = useSignal<{ mood?: string; month?: string; careTaskId?: string } | null>(null)
  const error = useSignal<unknown>(null)
  const tap = async (mood: string) => {
    error.value = null
    try {
      tapped.value = (await post<{ mood?: string; month?: string; careTaskId?: string }>(app.token, '/v1/surveys:mood', { mood }, newKey())).body
    } catch (failure) {
      error.value = failure
    }
  }
  return (
    <section class="box mood">
      <p class="under">{p('moodText')}</p>
      <div class="faces">
        {(Object.keys(faces) as (keyof typeof faces)[]).map((m) => (
          <button key={m} type="button" aria-pressed={tapped.value?.mood === m} onClick={() => void tap(m)}>
            <svg viewBox="0 0 24 24" width="52" height="52" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" aria-hidden="true"><circle cx="12" cy="12" r="9.5" /><path d={`M8.5 9.5h.01M15.5 9.5h.01${faces[m]}`} /></svg>
            <span>{p(m)}</span>
          </button>
        ))}
      </div>
      <Trouble error={error.value} />
      {tapped.value && <p class="taken" role="status">{p('moodThanks', { month: tapped.value.month ?? '' })} {tapped.value.careTaskId && p('moodCare')}</p>}
    </section>
  )
}
