import { useSignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Alternative, Explanation, TimelineEntry, WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { count, span, timeOfDay, when } from '../format.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import { isAtWork, isOpen, ms } from '../world.ts'
import { dwelling } from './dwelling.ts'
import { explained } from './explained.ts'
import { Card, Facts, Failure } from './card.tsx'
import { isDesk, OrderNotes } from './notes.tsx'
import { TenantLinks } from './share.tsx'
import { Lazy } from './lazy.tsx'
import { Reports } from './reports.tsx'
import { Suggested } from './suggestion.tsx'
import { isCall, Verbs } from './verbs.tsx'

const readAgainMs = 600
const shownInfeasible = 6

interface Loaded { order: WorkOrder; why: Explanation | null; timeline: TimelineEntry[] }

/** An order with its explanation, its history and what a dispatcher can do with it. */
export function OrderCard({ id, tookMs }: { id: string; tookMs?: number | undefined }): JSX.Element {
  const loaded = useSignal<Loaded | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    try {
      const [order, why, timeline] = await Promise.all([
        app.client.order(id), app.client.explain(id).catch(() => null), app.client.timeline(id).catch(() => []),
      ])
      loaded.value = { order, why, timeline }
      error.value = null
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void read(), [id])
  const touched = app.touched.value
  useEffect(() => {
    if (touched.order !== id) return
    const timer = setTimeout(read, readAgainMs)
    return () => clearTimeout(timer)
  }, [touched.order === id ? touched.serial : 0])
  const { order, why, timeline } = loaded.value ?? {}
  return (
    <Card title={oneOf(order?.description ?? '') || t('order.title')} kind="order">
      <Failure error={error.value} />
      {order && <Head order={order} tookMs={tookMs} />}
      {order && <Verbs order={order} why={why ?? null} changed={read} />}
      {order && <Reports order={order} changed={read} />}
      {order && isDesk() && <section class="said"><h3>{t('order.notes')}</h3><OrderNotes key={order.id} id={order.id} /></section>}
      {why && <Why why={why} />}
      {order && !why && <p class="empty">{t('why.none')}</p>}
      {order && <TenantLinks key={order.id} order={order} />}
      {order && <Hands id={order.id} />}
      {timeline && <Timeline id={id} entries={timeline} />}
    </Card>
  )
}

const waterfall = () => import('../views/waterfall.tsx').then((m) => m.Waterfall)

const decisions = () => import('../views/decisions.tsx').then((m) => m.Decisions)

/** The waterfall of the order and the record of decisions, read when they are opened. */
function Hands({ id }: { id: string }): JSX.Element {
  const open = useSignal(false)
  const decided = useSignal(false)
  return (
    <>
      <details class="words" onToggle={(e) => (open.value = e.currentTarget.open)}>
        <summary>{t('order.waterfall')}</summary>
        {open.value && <Lazy load={waterfall} props={{ id }} />}
      </details>
      <details class="words" onToggle={(e) => (decided.value = e.currentTarget.open)}>
        <summary>{t('order.decisions')}</summary>
        {decided.value && <Lazy load={decisions} props={{ id }} />}
      </details>
    </>
  )
}

function Head({ order: o, tookMs }: { order: WorkOrder; tookMs?: number | undefined }): JSX.Element {
  const zone = app.watched().timeZone
  const clock = (time: string | undefined) => when(ms(time), app.now(), zone)
  const due = [
    o.dueTimes?.accept && t('order.dueAccept', { time: clock(o.dueTimes.accept) }),
    o.dueTimes?.onSite && t('order.dueOnSite', { time: clock(o.dueTimes.onSite) }),
    o.dueTimes?.resolve && t('order.dueResolve', { time: clock(o.dueTimes.resolve) }),
  ].filter(Boolean).join(' · ')
  const window = o.assignment?.window
  const rows: [string, ComponentChildren][] = [
    [t('order.reported'), clock(o.createTime)],
    [t('order.skills'), (o.requiredSkills ?? []).map((s) => tOr('skill', s.skill) + ((s.level ?? 1) > 1 ? ` ${s.level}` : '')).join(', ')],
    [t('order.unit'), o.unitId && dwelling(o.unitId)],
    [t('order.due'), due],
    [t('order.window'), window && t('worker.stopAt', { from: clock(window.startTime), to: clock(window.endTime) })],
    [t('order.attention'), (o.escalationLevel ?? 0) > 0 && t('order.level', { n: o.escalationLevel! })],
    [t('verb.reason'), o.reason && oneOf(o.reason)],
    [t('order.rating'), (o.rating ?? 0) > 0 && <><span role="img" aria-label={t('order.stars', { n: o.rating! })}>{'★'.repeat(o.rating!)}{'☆'.repeat(5 - o.rating!)}</span> {o.ratingComment && oneOf(o.ratingComment)}</>],
    [t('order.id'), <span class="id">{o.id}</span>],
  ]
  return (
    <>
      <p class="chips">
        <em class={`chip ${o.state ?? ''}`}>{tOr('state', o.state ?? 'NEW')}</em>
        {o.urgency === 'EMERGENCY' && <em class="chip alarm">{t('urgency.EMERGENCY')}</em>}
        {o.pin && <em class="chip">{t('order.pinned')}</em>}
        {(o.visit ?? 1) > 1 && <em class="chip">{t('order.visit', { n: o.visit! })}</em>}
      </p>
      {o.suggestion ? <Suggested order={o} /> : <Verdict order={o} />}
      {tookMs !== undefined && <p class="took">{t('order.justNow', { n: count(tookMs) })}</p>}
      <Facts rows={rows} />
    </>
  )
}

/** Why nobody has an order: the sentence of the service where it is one in the language of the page, else the reason alone. */
function whyNobody(detail: string, reason: string): string {
  const said = explained(detail)
  return detail && said.lang === lang.value ? said.text : tOr('reason', reason)
}

/** Who comes and when, or why nobody does. */
function Verdict({ order: o }: { order: WorkOrder }): JSX.Element | null {
  const a = o.assignment
  if (a?.technicianId) {
    const name = a.technicianName || app.watched().workers.get(a.technicianId)?.name || a.technicianId
    const arrival = ms(a.plannedArrival)
    const left = arrival - app.now()
    const time = when(arrival, app.now(), app.world.timeZone)
    const comes = arrival > 0 && isOpen(o.state ?? 'NEW') && !isAtWork(o.state ?? 'NEW')
    return (
      <div class="verdict">
        <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'worker', id: a.technicianId })}>{t('order.assignedTo', { name: oneOf(name) })}</button>
        {comes && <p>{left > 0 ? t('order.eta', { time, n: span(left) }) : t('order.arrivesAt', { time })}</p>}
      </div>
    )
  }
  if (!o.unassigned && o.state !== 'NEW') return null
  return (
    <div class="verdict none">
      <strong>{t('order.unassigned')}</strong>
      {o.unassigned && <p>{whyNobody(o.unassigned.detail ?? '', o.unassigned.reason ?? '')}</p>}
    </div>
  )
}

function Why({ why }: { why: Explanation }): JSX.Element {
  return (
    <>
      {why.chosen && (
        <section>
          <h3>{t('why.title')} <small>{t(why.recorded ? 'why.recorded' : 'why.asPlanned')}</small></h3>
          <Terms terms={why.chosen.cost?.terms ?? {}} total={why.chosen.cost?.total ?? 0} />
          {(why.chosen.travelSeconds ?? 0) > 0 && <p class="took">{t('why.travel', { n: span(why.chosen.travelSeconds! * 1000) })}</p>}
        </section>
      )}
      {(why.alternatives?.length ?? 0) > 0 && (
        <section>
          <h3>{t('why.alternatives')}</h3>
          <ol class="others">{why.alternatives!.map((a) => <Other key={a.technicianId} other={a} />)}</ol>
        </section>
      )}
      <Cannot why={why} />
      {(why.sentences?.length ?? 0) > 0 && (
        <details class="words">
          <summary>{t('why.words')}</summary>
          {why.sentences!.map((s) => <Sentence key={s} text={s} />)}
        </details>
      )}
    </>
  )
}

/** A sentence of the service, with names in the place of ids. */
function Sentence({ text, kind = '' }: { text: string; kind?: string }): JSX.Element {
  const said = explained(text)
  return <p class={kind} lang={said.lang === 'zh' ? 'zh-CN' : 'en'}>{said.text}</p>
}

/** Cost by term as bars, longest first. */
function Terms({ terms, total }: { terms: Record<string, number>; total: number }): JSX.Element {
  const rows = Object.entries(terms).filter(([, v]) => v !== 0).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))
  const longest = Math.max(1, ...rows.map(([, v]) => Math.abs(v)))
  return (
    <>
      <p class="total">{t('why.cost', { n: count(total) })}</p>
      <table class="terms">
        <tbody>
          {rows.map(([term, v]) => (
            <tr key={term}>
              <th scope="row">{tOr('term', term)}</th>
              <td aria-hidden="true"><i class={v < 0 ? 'minus' : ''} style={{ width: `${Math.max(1, (100 * Math.abs(v)) / longest)}%` }} /></td>
              <td>{count(v)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function Other({ other: a }: { other: Alternative }): JSX.Element {
  const d = a.difference ?? 0
  const difference = d > 0 ? t('why.difference', { n: count(d) }) : d < 0 ? t('why.cheaper', { n: count(-d) }) : t('why.same')
  return (
    <li>
      <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'worker', id: a.technicianId })}>{oneOf(a.technicianName || a.technicianId)}</button>
      <b>{difference}</b>
      <p>
        {a.bindingRule && <span>{t('why.binding', { term: tOr('term', a.bindingRule) })}</span>}
        {a.plannedArrival && <span>{t('order.arrivesAt', { time: timeOfDay(ms(a.plannedArrival), app.world.timeZone) })}</span>}
      </p>
      {a.flip && <Sentence text={a.flip} kind="flip" />}
    </li>
  )
}

function Cannot({ why }: { why: Explanation }): JSX.Element | null {
  const all = useSignal(false)
  const people = why.infeasible ?? []
  if (people.length === 0) return null
  const shown = all.value ? people : people.slice(0, shownInfeasible)
  return (
    <section>
      <h3>{t('why.infeasible')}</h3>
      <ul class="cannot">
        {shown.map((p) => <li key={p.technicianId} title={explained(p.detail ?? '').text}><b>{oneOf(p.technicianName || p.technicianId)}</b> {tOr('reason', p.reason ?? '')}</li>)}
      </ul>
      {shown.length < people.length && <button type="button" class="more" onClick={() => (all.value = true)}>{t('why.more', { n: people.length - shown.length })}</button>}
    </section>
  )
}

function Timeline({ id, entries }: { id: string; entries: TimelineEntry[] }): JSX.Element | null {
  if (entries.length === 0) return null
  return (
    <section>
      <h3>{t('timeline.title')} <Exports id={id} /></h3>
      <ol class="timeline">
        {entries.map((e, i) => {
          const name = app.world.workers.get(e.technicianId ?? '')?.name ?? e.technicianId ?? ''
          const reason = reasonOf(e.reason ?? '')
          const text = tOr('event', e.type ?? '', { order: t('order.it'), name: oneOf(name) || t('queue.nobody'), reason })
          const late = [
            e.verb && t('timeline.late', { verb: tOr('verb', e.verb), conflict: tOr('conflict', e.conflict ?? '') }),
            e.tapTime && t('timeline.tapped', { time: timeOfDay(ms(e.tapTime), app.world.timeZone) }),
          ].filter(Boolean)
          return (
            <li key={e.sequence ?? i} title={lang.value === 'en' ? e.text ?? '' : undefined}>
              <time>{timeOfDay(ms(e.time), app.world.timeZone)}</time>
              <span>{[text.charAt(0).toUpperCase() + text.slice(1), ...late].join(' · ')}{e.reason && !text.includes(reason) ? ` (${reason})` : ''}</span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** A reason in words: of a call how it ended, else why something could not be. */
const reasonOf = (reason: string): string => (isCall(reason) ? t(`outcome.${reason}`) : tOr('reason', oneOf(reason)))

/** The history of the order as a file, with its digest. */
function Exports({ id }: { id: string }): JSX.Element {
  const error = useSignal<unknown>(null)
  const take = async (path: string, ending: string) => {
    error.value = null
    try {
      const answer = await app.client.open(`/v1/workOrders/${encodeURIComponent(id)}/${path}`)
      save(await answer.blob(), `${id}.${ending}`)
    } catch (failure) {
      error.value = failure
    }
  }
  return (
    <>
      <button type="button" class="link small" onClick={() => void take('timeline:export', 'json')}>{t('timeline.export')}</button>
      <button type="button" class="link small" onClick={() => void take(`timeline.pdf?language=${lang.value}`, 'pdf')}>{t('timeline.pdf')}</button>
      <Failure error={error.value} />
    </>
  )
}

/** Hands a file to the browser to keep. */
function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
