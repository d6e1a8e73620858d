import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { count, span, when } from '../format.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import { keep, route } from '../route.ts'
import { ms } from '../world.ts'
import { hour } from './day.ts'
import { Choice, OrderLink, Page, State, useReading } from './parts.tsx'
import { Sheet } from './sheet.tsx'
import { kpiName, kpiText, v } from './texts.ts'
import { Hops } from './waterfall.tsx'

interface Definition { kpi: string; unit: string; text: string }
interface Value { kpi: string; count?: number; value?: number; median?: number; p90?: number; shrunk?: number }
interface Row { group?: string; groupName?: string; startTime?: string; endTime?: string; values?: Value[]; hops?: { hop: string; minutes?: number; totalWithoutMinutes?: number }[]; totalMinutes?: number }
interface KPIs { startTime?: string; endTime?: string; asOfTime?: string; definitions?: Definition[]; rows?: Row[] }
interface Drill { kpi: string; row: Row; groupBy: string }

const strip = ['REPORTED', 'OPEN', 'COMPLETED', 'MINUTES_TO_ACCEPT', 'MINUTES_TO_ON_SITE', 'MINUTES_TO_RESOLVE', 'SLA_ON_SITE', 'WINDOW_KEPT', 'FIRST_TIME_FIX', 'RATING']
const ofTechnicians = new Set(['TRAVEL_SHARE', 'UTILIZATION'])
const groups = ['', 'BUILDING', 'TRADE', 'TECHNICIAN', 'CHANNEL', 'URGENCY'] as const
const periods = ['', 'DAY', 'WEEK', 'MONTH'] as const
const tabs = ['kpis', 'silent', 'sheet'] as const

/** The text of a figure: minutes and stars with one digit, shares in percent. */
function shown(v: Value | undefined, unit: string): string {
  if (!v || v.value === undefined) return unit === 'COUNT' ? '0' : '–'
  if (unit === 'SHARE') return `${(100 * v.value).toFixed(v.value > 0 && v.value < 0.1 ? 1 : 0)} %`
  if (unit === 'MINUTES') return span((v.median ?? v.value) * 60_000)
  return unit === 'STARS' ? v.value.toFixed(1) : count(v.value)
}

/** What dispatch has achieved: every figure with its definition and the orders behind it. */
export function Figures(): JSX.Element {
  const tab = tabs.find((x) => x === route.value.parameters.get('show')) ?? 'kpis'
  const buttons = <p class="segments">{tabs.map((x) => <button key={x} type="button" aria-pressed={tab === x} onClick={() => keep({ show: x === 'kpis' ? '' : x })}>{v(`fig.${x}`)}</button>)}</p>
  return (
    <Page name="figures" title={t('nav.figures')} tools={buttons}>
      <div class="scroll" tabIndex={0} role="group" aria-label={t('nav.figures')}>
        {tab === 'kpis' && <Indicators />}
        {tab === 'silent' && <Silent />}
        {tab === 'sheet' && <Sheets />}
      </div>
    </Page>
  )
}

function Indicators(): JSX.Element {
  const p = route.value.parameters
  const days = Number(p.get('days')) || 30
  const groupBy = p.get('by') ?? ''
  const period = p.get('period') ?? ''
  const drill = useSignal<Drill | null>(null)
  const turn = useSignal(0)
  const reading = useReading(async () => {
    const end = new Date(app.now())
    const query = `startTime=${new Date(end.getTime() - days * 24 * hour).toISOString()}&endTime=${end.toISOString()}`
    const [all, rows] = await Promise.all([
      app.client.read<KPIs>(`/v1/kpis?${query}`),
      groupBy || period ? app.client.read<KPIs>(`/v1/kpis?${query}${groupBy && `&groupBy=${groupBy}`}${period && `&period=${period}`}`) : null,
    ])
    return { all, rows }
  }, [days, groupBy, period, turn.value])
  const seen = reading.value.value
  const definitions = seen?.all.definitions ?? []
  const whole = seen?.all.rows?.[0]
  return (
    <>
      <div class="filters">
        <Choice label={v('fig.days')} value={String(days)} pick={(d) => keep({ days: d })} options={[['1', v('fig.day1')], ['7', v('fig.day7')], ['30', v('fig.day30')], ['90', v('fig.day90')]]} />
        <Choice label={v('fig.by')} value={groupBy} pick={(by) => keep({ by })} options={groups.map((g) => [g, v(`group.${g || 'ALL'}`)])} />
        <Choice label={v('fig.period')} value={period} pick={(x) => keep({ period: x })} options={periods.map((x) => [x, v(`period.${x || 'ALL'}`)])} />
        <button type="button" onClick={() => turn.value++}>{v('fig.again')}</button>
        {seen && <small class="took">{v('fig.asOf', { time: when(ms(seen.all.asOfTime), app.now(), app.world.timeZone) })}</small>}
      </div>
      <State reading={reading} empty={seen !== null && !whole && v('fig.none')} />
      {whole && <Strip row={whole} definitions={definitions} drill={drill} />}
      {drill.value && <Orders drill={drill} />}
      {seen?.rows && <Groups rows={seen.rows.rows ?? []} definitions={definitions} groupBy={groupBy} period={period} drill={drill} />}
      {whole?.hops && whole.hops.length > 0 && <section class="block"><h3>{v('fig.hops', { n: span((whole.totalMinutes ?? 0) * 60_000) })}</h3><Hops hops={whole.hops} total={whole.totalMinutes ?? 0} /></section>}
      {definitions.length > 0 && <details class="words block"><summary>{v('fig.definitions')}</summary><dl class="facts">{definitions.map((d) => <div key={d.kpi}><dt>{kpiName(d.kpi)}</dt><dd>{kpiText(d.kpi, d.text)}</dd></div>)}</dl></details>}
    </>
  )
}

function Strip({ row, definitions, drill }: { row: Row; definitions: Definition[]; drill: Signal<Drill | null> }): JSX.Element {
  return (
    <ul class="strip">
      {strip.map((kpi) => {
        const d = definitions.find((x) => x.kpi === kpi)
        const value = row.values?.find((x) => x.kpi === kpi)
        const more = d?.unit === 'MINUTES' && value?.p90 !== undefined ? v('fig.p90', { n: span(value.p90 * 60_000) }) : d?.unit === 'COUNT' ? '' : v('fig.of', { n: count(value?.count ?? 0) })
        return (
          <li key={kpi} title={kpiText(kpi, d?.text ?? '')}>
            <button type="button" data-kpi-card={kpi} aria-pressed={drill.value?.kpi === kpi && drill.value.row === row} onClick={() => (drill.value = { kpi, row, groupBy: '' })}>
              <span>{kpiName(kpi)}</span><b>{shown(value, d?.unit ?? 'COUNT')}</b><small>{more}</small>
            </button>
          </li>
        )
      })}
    </ul>
  )
}

function Groups({ rows, definitions, groupBy, period, drill }: { rows: Row[]; definitions: Definition[]; groupBy: string; period: string; drill: Signal<Drill | null> }): JSX.Element {
  if (rows.length === 0) return <p class="empty">{v('fig.none')}</p>
  const name = (r: Row) => groupName(groupBy, r)
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={v('fig.table')}>
      <table class="plain-table groups">
        <caption>{v('fig.table')}</caption>
        <thead><tr>{period && <th scope="col">{v('fig.period')}</th>}{groupBy && <th scope="col">{v('fig.by')}</th>}{definitions.map((d) => <th key={d.kpi} scope="col" title={kpiText(d.kpi, d.text)}>{kpiName(d.kpi)}</th>)}</tr></thead>
        <tbody>
          {rows.map((r) => (
            <tr key={`${r.group}/${r.startTime}`}>
              {period && <th scope="row">{day(r.startTime)}</th>}
              {groupBy && <th scope="row">{name(r)}</th>}
              {definitions.map((d) => {
                const text = shown(r.values?.find((x) => x.kpi === d.kpi), d.unit)
                return <td key={d.kpi}>{ofTechnicians.has(d.kpi) || text === '–' || text === '0' ? text : <button type="button" class="link" onClick={() => (drill.value = { kpi: d.kpi, row: r, groupBy })}>{text}</button>}</td>
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function groupName(groupBy: string, r: Row): string {
  if (groupBy === 'TECHNICIAN') return oneOf(r.groupName || r.group || '') || t('queue.nobody')
  if (groupBy === 'TRADE') return tOr('skill', r.group ?? '')
  if (groupBy === 'URGENCY') return r.group === 'EMERGENCY' ? t('urgency.EMERGENCY') : t('urgency.NORMAL')
  return r.group || v('fig.noGroup')
}

const day = (time: string | undefined): string =>
  new Intl.DateTimeFormat(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { timeZone: app.world.timeZone, dateStyle: 'medium' }).format(ms(time))

/** The orders behind a figure. */
function Orders({ drill }: { drill: Signal<Drill | null> }): JSX.Element | null {
  const { kpi, row, groupBy } = drill.value!
  const query = new URLSearchParams({ kpi, startTime: row.startTime ?? '', endTime: row.endTime ?? '', pageSize: '200', ...(groupBy && { groupBy, group: row.group ?? '' }) }).toString()
  const reading = useReading(() => app.client.read<{ orders?: { workOrderId: string; createTime?: string; value?: number }[]; nextPageToken?: string }>(`/v1/kpis:orders?${query}`), [query])
  const orders = reading.value.value?.orders ?? []
  const value = (n: number | undefined) => (kpi.startsWith('MINUTES') ? span((n ?? 0) * 60_000) : kpi === 'RATING' ? String(n ?? '–') : (n ?? 0) > 0 ? v('fig.yes') : v('fig.no'))
  return (
    <section class="block drill" aria-label={v('fig.orders', { kpi: kpiName(kpi) })}>
      <h3>{v('fig.orders', { kpi: kpiName(kpi) })}{groupBy && ` · ${groupName(groupBy, row)}`} <button type="button" class="plain" onClick={() => (drill.value = null)}>{t('app.close')}</button></h3>
      <State reading={reading} empty={orders.length === 0 && v('fig.noOrders')} />
      <ul>
        {orders.map((o) => <li key={o.workOrderId}><time>{when(ms(o.createTime), app.now(), app.world.timeZone)}</time><OrderLink id={o.workOrderId} text={oneOf(app.world.orders.get(o.workOrderId)?.description ?? '')} /><b>{value(o.value)}</b></li>)}
      </ul>
      {reading.value.value?.nextPageToken && <p class="took">{v('fig.first', { n: orders.length })}</p>}
    </section>
  )
}

interface SilentOrder { workOrderId: string; state?: string; urgency?: string; technicianId?: string; technicianName?: string; newsTime?: string; silentHours?: number }

/** Open orders of which the tenant has seen nothing for a while. */
function Silent(): JSX.Element {
  const hours = route.value.parameters.get('hours') ?? '4'
  const minute = Math.floor(app.watched() && app.now() / (10 * 60_000))
  const reading = useReading(() => app.client.read<{ orders?: SilentOrder[]; total?: number }>(`/v1/workOrders:silent?hours=${hours}&pageSize=200`), [hours, minute])
  const orders = reading.value.value?.orders ?? []
  return (
    <>
      <div class="filters"><Choice label={v('silent.hours')} value={hours} pick={(h) => keep({ hours: h })} options={['0.5', '1', '2', '4', '8', '24', '72'].map((h) => [h, span(Number(h) * hour)])} /></div>
      <State reading={reading} empty={orders.length === 0 && v('silent.none')} />
      {orders.length > 0 && (
        <div class="wide" tabIndex={0} role="group" aria-label={v('fig.silent')}>
          <table class="plain-table">
            <caption>{v('silent.caption', { n: reading.value.value?.total ?? orders.length })}</caption>
            <thead><tr><th scope="col">{t('order.title')}</th><th scope="col">{v('silent.state')}</th><th scope="col">{v('silent.who')}</th><th scope="col">{v('silent.since')}</th></tr></thead>
            <tbody>{orders.map((o) => (
              <tr key={o.workOrderId}>
                <th scope="row"><OrderLink id={o.workOrderId} text={oneOf(app.world.orders.get(o.workOrderId)?.description ?? '')} /></th>
                <td><em class={`chip ${o.state}`}>{tOr('state', o.state ?? '')}</em>{o.urgency === 'EMERGENCY' && <em class="chip alarm">{t('urgency.EMERGENCY')}</em>}</td>
                <td>{oneOf(o.technicianName || t('queue.nobody'))}</td>
                <td><b>{span((o.silentHours ?? 0) * hour)}</b></td>
              </tr>
            ))}</tbody>
          </table>
        </div>
      )}
    </>
  )
}

function Sheets(): JSX.Element {
  const people = [...app.watched().workers.values()].sort((a, b) => a.name.localeCompare(b.name))
  const id = route.value.parameters.get('of') ?? people[0]?.id ?? ''
  if (people.length === 0) return <p class="empty">{t('people.empty')}</p>
  return (
    <>
      <div class="filters"><Choice label={t('tab.people')} value={id} pick={(of) => keep({ of })} options={people.map((w) => [w.id, oneOf(w.name)])} /></div>
      <section class="block"><Sheet key={id} id={id} /></section>
    </>
  )
}
