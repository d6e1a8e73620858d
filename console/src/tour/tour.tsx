import { useSignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { count, timeOfDay, when } from '../format.ts'
import { lang, oneOf, tOr } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { code, kpiName, kpiText } from '../views/texts.ts'
import { State, useReading } from '../views/parts.tsx'
import { definition, figureName } from '../pages/definitions.ts'
import { ms } from '../world.ts'
import { change, choose, placeOf, report, restart, sign, steps, story, type Lease, type Renewal, type Step } from './story.ts'
import { words } from './words.ts'

/** A figure with how it is counted. */
interface Fact { name: string; value: string; how?: string | undefined }

const lookMs = 2_000

/** The story of one household, step by step beside the console that shows it. */
export function Tour(): JSX.Element {
  const s = story.value
  const step = steps[s.at] ?? 'operator'
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const to = placeOf(step, story.peek())
    if (location.hash !== to) location.hash = to
    const order = story.peek().order
    app.selection.value = order && (step === 'report' || step === 'dispatch' || step === 'repair') ? { kind: 'order', id: order } : null
    heading.current?.focus({ preventScroll: true })
  }, [step])
  const go = (by: number) => change({ at: Math.min(Math.max(s.at + by, 0), steps.length - 1) })
  const keys = (e: KeyboardEvent) => {
    if (e.key === 'Escape') {
      e.stopPropagation()
      change({ open: false })
    }
  }
  return (
    <section class="tour" role="dialog" aria-modal="false" aria-labelledby="tour-title" onKeyDown={keys} data-step={step}>
      <header>
        <small>{words('title', { n: s.at + 1, all: steps.length })}</small>
        <button type="button" class="plain" onClick={() => change({ open: false })}>{words('skip')}</button>
      </header>
      <div class="tour-body" tabIndex={0} role="group" aria-labelledby="tour-title">
        <h2 id="tour-title" ref={heading} tabIndex={-1}>{words(`${step}.title`)}</h2>
        <p>{words(`${step}.text`)}</p>
        <Ready key={step} step={step} />
      </div>
      <footer>
        <button type="button" disabled={s.at === 0} onClick={() => go(-1)}>{words('back')}</button>
        <progress max={steps.length} value={s.at + 1} aria-label={words('title', { n: s.at + 1, all: steps.length })} />
        {step === 'end' ? <button type="button" class="primary" onClick={restart}>{words('again')}</button> : <button type="button" class="primary" onClick={() => go(1)}>{words('next')}</button>}
      </footer>
    </section>
  )
}

/** Counts up every two seconds, so that what is read stays fresh. */
function useTicks(): number {
  const n = useSignal(0)
  useEffect(() => {
    const timer = setInterval(() => n.value++, lookMs)
    return () => clearInterval(timer)
  }, [])
  return n.value
}

/** The body of a step, once there is a household to tell of. */
function Ready({ step }: { step: Step }): JSX.Element {
  const tick = useTicks()
  const found = story.value.renewal !== undefined
  const reading = useReading(choose, [found, found ? 0 : tick])
  if (!found) return reading.error.value ? <State reading={reading} /> : <p role="status">{words('waiting')}</p>
  const Body = bodies[step]
  return <Body tick={tick} />
}

function Facts({ facts }: { facts: Fact[] }): JSX.Element {
  return (
    <dl class="tour-facts">
      {facts.map((f) => <div key={f.name}><dt>{f.name}</dt><dd>{f.value}</dd>{f.how && <dd class="how"><span class="unseen">{words('definition')}: </span>{f.how}</dd>}</div>)}
    </dl>
  )
}

/** A button that does something for real, and says when it went wrong. */
function Do({ text, act }: { text: string; act: () => Promise<unknown> }): JSX.Element {
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const press = async () => {
    busy.value = true
    error.value = null
    try {
      await act()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return <><button type="button" class="tour-do" disabled={busy.value} onClick={() => void press()}>{text}</button><Failure error={error.value} /></>
}

interface BodyProps { tick: number }
const percent = (share: number | undefined): string => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`)
const yuan = (cents: string | undefined): string => (cents ? `¥${(Number(cents) / 100).toFixed(2)}` : '–')

interface Survey { id: string; quarter: string }
interface Results { invited?: number; total?: { answers?: number; detractors?: number } }

/** The operator in three figures, and the household. */
function Operator(): JSX.Element {
  const reading = useReading(async () => {
    const { surveys = [] } = await app.client.read<{ surveys?: Survey[] }>('/v1/surveys')
    const first = [...surveys].sort((a, b) => (a.quarter < b.quarter ? -1 : 1))[0]
    const results = first ? await app.client.read<Results>(`/v1/surveys/${first.id}:results`) : {}
    const [lease, unit] = await Promise.all([app.client.read<Lease>(`/v1/leases/${story.value.lease}`), app.client.read<{ number: string; propertyId: string }>(`/v1/units/${story.value.unit}`)])
    const [who, where] = await Promise.all([app.client.read<{ displayName: string }>(`/v1/tenants/${lease.tenantId}`), app.client.read<{ displayName: string }>(`/v1/properties/${unit.propertyId}`)])
    return { results, home: `${called(who.displayName)}, ${called(where.displayName)} ${unit.number}` }
  }, [])
  const got = reading.value.value
  const total = got?.results.total
  return (
    <>
      <State reading={reading} />
      {got && (
        <Facts facts={[
          { name: words('operator.running'), value: count(got.results.invited ?? 0), how: words('operator.runningDef') },
          { name: words('operator.leaving'), value: percent(total?.answers ? (total.detractors ?? 0) / total.answers : undefined), how: words('operator.leavingDef') },
          { name: words('operator.home'), value: got.home },
        ]} />
      )}
      <p class="took">{words('simulated')}</p>
    </>
  )
}

/** Names of the demo are "中文 English". */
function called(name: string): string {
  const at = name.indexOf(' ')
  return at > 0 && /\p{Script=Han}/u.test(name.slice(0, at)) ? (lang.value === 'zh' ? name.slice(0, at) : name.slice(at + 1)) : oneOf(name)
}

function ReportStep(): JSX.Element {
  const { order, tookMs } = story.value
  const act = async () => {
    await report()
    app.selection.value = { kind: 'order', id: story.value.order! }
  }
  if (!order) return <Do text={words('report.do')} act={act} />
  return (
    <>
      <p role="status">{words('report.done', { id: order })}</p>
      {tookMs !== undefined && <Facts facts={[{ name: words('report.took'), value: `${tookMs} ms`, how: words('report.tookDef') }]} />}
    </>
  )
}

function useOrder(tick: number): WorkOrder | null {
  const { order } = story.value
  return useReading(async () => (order ? app.client.order(order) : null), [order, tick]).value.value
}

function Dispatch({ tick }: BodyProps): JSX.Element {
  const order = useOrder(tick)
  const kpis = <Indicators names={['MINUTES_TO_ACCEPT', 'SLA_ACCEPT']} />
  if (!story.value.order) return <><p>{words('repair.needed')}</p>{kpis}</>
  const a = order?.assignment
  const zone = app.watched().timeZone
  return (
    <>
      {a && (
        <Facts facts={[
          { name: words('dispatch.who'), value: oneOf(a.technicianName ?? '') },
          { name: words('dispatch.arrival'), value: when(ms(a.plannedArrival), app.now(), zone) },
          { name: words('dispatch.window'), value: a.window ? `${timeOfDay(ms(a.window.startTime), zone)} – ${timeOfDay(ms(a.window.endTime), zone)}` : '–' },
        ]} />
      )}
      {kpis}
    </>
  )
}

interface KPIs { definitions?: { kpi: string; text: string }[]; rows?: { values?: { kpi: string; value?: number; median?: number }[] }[] }

/** Figures of the last day as the service has them, with its definitions. */
function Indicators({ names }: { names: string[] }): JSX.Element {
  const reading = useReading(() => app.client.read<KPIs>('/v1/kpis'), [])
  const got = reading.value.value
  const fact = (kpi: string): Fact => {
    const x = got?.rows?.[0]?.values?.find((v) => v.kpi === kpi)
    const value = x?.value === undefined ? '–' : kpi.startsWith('SLA') || kpi === 'FIRST_TIME_FIX' ? percent(x.value) : kpi === 'RATING' ? x.value.toFixed(1) : `${Math.round(x.median ?? x.value)} min`
    return { name: kpiName(kpi), value, how: kpiText(kpi, got?.definitions?.find((d) => d.kpi === kpi)?.text ?? '') }
  }
  return <><State reading={reading} />{got && <Facts facts={names.map(fact)} />}</>
}

/** The state in which an event leaves an order, by the last word of its type; the word itself where there is none. */
const stateAfter = (type: string): string => {
  const word = type.replace(/^work_order\./, '')
  return { created: 'NEW', departed: 'EN_ROUTE', arrived: 'ON_SITE', started: 'WORKING', rated: 'VERIFIED' }[word] ?? word.toUpperCase()
}

function Repair({ tick }: BodyProps): JSX.Element {
  const { order } = story.value
  const reading = useReading(async () => (order ? app.client.timeline(order) : []), [order, tick])
  if (!order) return <p>{words('repair.needed')}</p>
  const entries = (reading.value.value ?? []) as { time?: string; type?: string }[]
  const shown = entries.filter((e) => !/eta_changed|updated|position/.test(e.type ?? ''))
  return (
    <>
      <State reading={reading} />
      <ol class="tour-line" aria-live="polite">
        {shown.map((e, i) => <li key={i}><time>{when(ms(e.time), app.now(), app.watched().timeZone)}</time> {tOr('state', stateAfter(e.type ?? ''))}</li>)}
      </ol>
    </>
  )
}

function Rating({ tick }: BodyProps): JSX.Element {
  const order = useOrder(tick)
  const rated = order?.rating ?? 0
  return (
    <>
      {rated > 0 ? <p role="status">{words('rating.done', { n: rated })}</p>
        : order?.state === 'COMPLETED' ? <Do text={words('rating.do')} act={() => app.client.verb(order, 'rate', { rating: 5, comment: 'Quick and friendly.' })} />
          : <p role="status">{words('rating.early')}</p>}
      <Indicators names={['RATING', 'FIRST_TIME_FIX']} />
    </>
  )
}

interface Obligation { id: string; rung?: string; state?: string; dueDate?: string; reason?: string }

function Reminder(): JSX.Element {
  const reading = useReading(async () => {
    const lease = await app.client.read<Lease>(`/v1/leases/${story.value.lease}`)
    return { lease, owed: await app.client.list<Obligation>(`/v1/obligations?leaseId=${story.value.lease}&`, 'obligations') }
  }, [])
  const got = reading.value.value
  return (
    <>
      <State reading={reading} />
      {got && (
        <Facts facts={[
          { name: words('reminder.ends'), value: got.lease.endDate ?? '–' },
          ...got.owed.map((o) => ({ name: words('reminder.rung', { n: (o.rung ?? '').replace(/\D/g, '') || '?' }), value: code(o.state ?? ''), how: o.reason && definition(o.reason) })),
        ]} />
      )}
    </>
  )
}

function Proposal(): JSX.Element {
  const reading = useReading(() => app.client.read<Renewal>(`/v1/renewals/${story.value.renewal}`), [])
  const { link } = story.value
  const make = async () => {
    const { token } = await app.client.send<{ token: string }>('POST', `/v1/renewals/${story.value.renewal}:link`, {}, crypto.randomUUID(), '')
    change({ link: `/r/${token}` })
  }
  return (
    <>
      <State reading={reading} />
      {reading.value.value && <Facts facts={(reading.value.value.figures ?? []).slice(0, 5).map((f) => ({ name: figureName(f.name), value: `${Number((f.value ?? 0).toFixed(1))} ${definition(f.unit ?? '')}`, how: definition(f.definition ?? '') }))} />}
      {link ? <p><a href={link} target="_blank" rel="noreferrer">{words('proposal.open')}</a></p> : <Do text={words('proposal.link')} act={make} />}
    </>
  )
}

/** A name of a figure in words. */
function Signature({ tick }: BodyProps): JSX.Element {
  const reading = useReading(async () => {
    const lease = await app.client.read<Lease>(`/v1/leases/${story.value.lease}`)
    return { lease, next: lease.nextLeaseId ? await app.client.read<Lease>(`/v1/leases/${lease.nextLeaseId}`) : null }
  }, [tick])
  const got = reading.value.value
  if (!got) return <State reading={reading} />
  const { lease, next } = got
  const state = (l: Lease) => `${code(l.state ?? '')}${l.endDate ? `, ${l.endDate}` : ''}`
  return (
    <>
      <Facts facts={[
        { name: words('signature.before'), value: state(lease) },
        ...(next ? [{ name: words('signature.after'), value: state(next) }, { name: words('signature.rent'), value: yuan(next.rentCents), how: words('signature.rentDef') }] : []),
      ]} />
      {lease.state !== 'RENEWED' && <Do text={words('signature.do')} act={async () => { await sign(); reading.again() }} />}
    </>
  )
}

interface Rate { definition?: string; total?: { rate?: number; ended?: number; renewed?: number } }

function RateStep(): JSX.Element {
  const reading = useReading(async () => {
    const year = new Date(app.now() - 365 * 24 * 3_600_000).toISOString().slice(0, 10)
    const [now, before] = await Promise.all([app.client.read<Rate>('/v1/renewals:rate'), app.client.read<Rate>(`/v1/renewals:rate?date=${year}`)])
    return { now, before }
  }, [])
  const got = reading.value.value
  const of = (r: Rate) => `${percent(r.total?.rate)} (${r.total?.renewed ?? 0} / ${r.total?.ended ?? 0})`
  return (
    <>
      <State reading={reading} />
      {got && <Facts facts={[{ name: words('rate.before'), value: of(got.before) }, { name: words('rate.now'), value: of(got.now), how: definition(got.now.definition ?? '') }]} />}
    </>
  )
}

function End(): JSX.Element {
  const links: [string, string][] = [['#/planner', 'nav.planner'], ['#/figures', 'nav.figures'], ['#/operations?show=certificate', 'nav.operations']]
  return <ul>{links.map(([to, name]) => <li key={to}><a href={to}>{navName(name)}</a></li>)}</ul>
}

const navName = (name: string): string => ({ 'nav.planner': ['Planner', '规划'], 'nav.figures': ['Figures', '指标'], 'nav.operations': ['Reminders without a gap', '零漏报证明'] })[name]![lang.value === 'zh' ? 1 : 0]!

const bodies: Record<Step, (props: BodyProps) => ComponentChildren> = {
  operator: Operator, report: ReportStep, dispatch: Dispatch, repair: Repair, rating: Rating, reminder: Reminder, proposal: Proposal, signature: Signature, rate: RateStep, end: End,
}
