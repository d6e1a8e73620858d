import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { count } from '../format.ts'
import { lang, translator } from '../i18n.ts'
import type { Document } from '../records/document.ts'
import { Reference } from '../records/show.tsx'
import { keep, route } from '../route.ts'
import { Choice, State, useReading } from './parts.tsx'

interface Row { group?: string; ended?: number; renewed?: number; rate?: number; low?: number; high?: number; belowDanger?: boolean; surelyBelow?: boolean }
interface Rate { definition?: string; asOfTime?: string; fromDate?: string; toDate?: string; dangerLine?: number; total?: Row; yesterday?: Row; groups?: Row[] }
interface History { dangerLine?: number; days?: { date: string; total?: Row }[] }
interface RateLease { leaseId: string; group?: string; lastDate?: string; renewed?: boolean }
type Point = { date: string; row: Row }

const words = translator({
  title: ['Renewal rate by day', '每日续租率'],
  chart: ['Renewal rate of the {n} days until {date}: {first} at the start, {last} at the end. The line at {danger} is the danger line.', '截至 {date} 的 {n} 天续租率：期初 {first}，期末 {last}。{danger} 处为警戒线。'],
  definitionZh: ['', '定义：窗口内（当日之前若干天，不含当日）到期的已签租约（提前退租的以退租日为准）中，在统计时刻已由另一份生效租约续签的占比。无到期日的租约不计。'],
  definition: ['Definition: {text}', '{text}'],
  simulated: ['simulated: invented leases, whose renewals were laid down to tell a story. The figure is counted from them like any other.', '模拟数据：租约为虚构，续租结果按故事设定；数字仍由系统逐条统计得出。'],
  today: ['today, 06:00', '今日 06:00'],
  yesterday: ['yesterday', '昨日'],
  yearAgo: ['a year ago', '一年前'],
  interval: ['95 % interval', '95% 置信区间'],
  danger: ['danger line {share}', '警戒线 {share}'],
  below: ['below the danger line', '低于警戒线'],
  of: ['{renewed} of {ended} leases', '{ended} 份租约中续签 {renewed} 份'],
  by: ['By', '分组'],
  none: ['no groups', '不分组'],
  building: ['building', '楼栋'],
  segment: ['segment', '客群'],
  group: ['group', '分组'],
  rate: ['rate', '续租率'],
  leases: ['leases', '租约'],
  lease: ['lease', '租约'],
  lastDay: ['last day', '到期日'],
  outcome: ['outcome', '结果'],
  renewed: ['renewed', '已续租'],
  left: ['not renewed', '未续租'],
  unknown: ['not known', '未知'],
  behind: ['The {n} leases behind the figure', '数字背后的 {n} 份租约'],
  show: ['Show the leases', '查看租约'],
  day: ['Day', '日期'],
  empty: ['No lease has ended in these days.', '该时段内没有到期的租约。'],
})

const percent = (share: number | undefined): string => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`)
const size = { width: 900, height: 260, left: 46, right: 12, top: 12, bottom: 26 }

/** How many stay, day by day, with the line below which it is dangerous, and the leases behind each figure. */
export function RatePage({ contract, known }: { contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const by = route.value.parameters.get('by') ?? ''
  const date = route.value.parameters.get('date') ?? ''
  const history = useReading(() => app.client.read<History>('/v1/renewals:rateHistory'), [])
  const rate = useReading(() => app.client.read<Rate>(`/v1/renewals:rate?${query(by, date)}`), [by, date])
  const points = (history.value.value?.days ?? []).filter((d) => d.total?.rate !== undefined).map((d): Point => ({ date: d.date, row: d.total! }))
  const figure = rate.value.value
  return (
    <>
      <State reading={history} empty={points.length === 0 && words('empty')} />
      {app.simulated.value !== null && <p class="took">{words('simulated')}</p>}
      {figure && <Tiles rate={figure} first={points[0]} />}
      {points.length > 1 && <Chart points={points} danger={history.value.value?.dangerLine ?? 0} chosen={date} />}
      {figure && <p class="took definition">{lang.value === 'zh' ? words('definitionZh') : words('definition', { text: figure.definition ?? '' })}</p>}
      <div class="filters">
        <label class="choice">{words('day')} <input type="date" value={date || (points.at(-1)?.date ?? '')} max={points.at(-1)?.date} onChange={(e) => keep({ date: e.currentTarget.value })} /></label>
        <Choice label={words('by')} value={by} options={[['', words('none')], ['BUILDING', words('building')], ['SEGMENT', words('segment')]]} pick={(value) => keep({ by: value, group: '' })} />
      </div>
      <State reading={rate} />
      {figure && (figure.groups?.length ?? 0) > 0 && <Groups rows={figure.groups!} contract={contract} known={known} by={by} />}
      <Behind key={`${by} ${date}`} by={by} date={date} contract={contract} known={known} />
    </>
  )
}

function query(by: string, date: string, more: Record<string, string> = {}): string {
  return new URLSearchParams({ ...(by && { groupBy: by }), ...(date && { date }), ...more }).toString()
}

function Tiles({ rate, first }: { rate: Rate; first: Point | undefined }): JSX.Element {
  const { total, yesterday } = rate
  return (
    <dl class="tiles rates">
      <div class={total?.belowDanger ? 'bad' : ''}><dt>{rate.toDate} · {words('of', { renewed: total?.renewed ?? 0, ended: total?.ended ?? 0 })}{total?.belowDanger ? ` · ${words('below')}` : ''}</dt><dd data-rate>{percent(total?.rate)}</dd></div>
      <div><dt>{words('interval')}</dt><dd>{percent(total?.low)} – {percent(total?.high)}</dd></div>
      <div><dt>{words('yesterday')}</dt><dd>{percent(yesterday?.rate)}</dd></div>
      {first && <div class={first.row.belowDanger ? 'bad' : ''}><dt>{words('yearAgo')} ({first.date})</dt><dd data-first>{percent(first.row.rate)}</dd></div>}
    </dl>
  )
}

function Chart({ points, danger, chosen }: { points: Point[]; danger: number; chosen: string }): JSX.Element {
  const x = (i: number) => size.left + (i / (points.length - 1)) * (size.width - size.left - size.right)
  const y = (share: number) => size.top + (1 - share) * (size.height - size.top - size.bottom)
  const line = (of: (row: Row) => number) => points.map((p, i) => `${x(i).toFixed(1)},${y(of(p.row)).toFixed(1)}`)
  const band = [...line((r) => r.high ?? 1), ...line((r) => r.low ?? 0).reverse()].join(' ')
  const at = points.findIndex((p) => p.date === chosen)
  const months = points.flatMap((p, i) => (p.date.endsWith('-01') ? [{ i, text: p.date.slice(0, 7) }] : []))
  const last = points.at(-1)!
  const text = words('chart', { n: points.length, date: last.date, first: percent(points[0]!.row.rate), last: percent(last.row.rate), danger: percent(danger) })
  return (
    <svg class="rate-chart" viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={text}>
      <polygon points={band} class="band" />
      {[0, 0.25, 0.5, 0.75, 1].map((s) => <g key={s}><line x1={size.left} x2={size.width - size.right} y1={y(s)} y2={y(s)} class="grid" /><text x={size.left - 6} y={y(s) + 4} text-anchor="end">{Math.round(100 * s)} %</text></g>)}
      {months.filter((_, k) => k % 2 === 0).map(({ i, text: month }) => <text key={month} x={x(i)} y={size.height - 8} text-anchor="middle">{month}</text>)}
      <line x1={size.left} x2={size.width - size.right} y1={y(danger)} y2={y(danger)} class="danger" />
      <text x={size.left + 6} y={y(danger) - 6} class="danger">{words('danger', { share: percent(danger) })}</text>
      <polyline points={line((r) => r.rate ?? 0).join(' ')} class="rate" />
      {at >= 0 && <circle cx={x(at)} cy={y(points[at]!.row.rate ?? 0)} r="5" class="mark" />}
    </svg>
  )
}

function Groups({ rows, contract, known, by }: { rows: Row[]; contract: Document; known: ReadonlySet<string>; by: string }): JSX.Element {
  return (
    <div class="plain-table" tabIndex={0} role="group" aria-label={words('by')}>
      <table>
        <thead><tr><th>{words('group')}</th><th>{words('rate')}</th><th>{words('interval')}</th><th>{words('leases')}</th></tr></thead>
        <tbody>
          {rows.map((r) => (
            <tr key={r.group}>
              <td>{by === 'BUILDING' && r.group && r.group !== 'UNKNOWN' ? <Reference name="propertyId" id={r.group} known={known} contract={contract} /> : r.group === 'UNKNOWN' ? words('unknown') : r.group}</td>
              <td>{percent(r.rate)} {r.belowDanger && <em class="chip alarm">{words('below')}</em>}</td>
              <td>{percent(r.low)} – {percent(r.high)}</td>
              <td><button type="button" class="link" onClick={() => keep({ group: r.group ?? '' })}>{words('of', { renewed: r.renewed ?? 0, ended: r.ended ?? 0 })}</button></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Behind({ by, date, contract, known }: { by: string; date: string; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const open = useSignal(false)
  const group = route.value.parameters.get('group') ?? ''
  const shown = open.value || group !== ''
  const reading = useReading(async () => (shown ? app.client.list<RateLease>(`/v1/renewals:rateLeases?${query(by, date, group ? { group } : {})}&`, 'leases') : null), [shown, by, date, group])
  const leases = reading.value.value
  if (!shown) return <p><button type="button" onClick={() => (open.value = true)}>{words('show')}</button></p>
  return (
    <>
      <State reading={reading} empty={leases?.length === 0 && words('empty')} />
      {leases && leases.length > 0 && (
        <div class="plain-table" tabIndex={0} role="group" aria-label={words('leases')}>
          <h3>{words('behind', { n: count(leases.length) })}</h3>
          <table>
            <thead><tr><th>{words('lease')}</th><th>{words('lastDay')}</th><th>{words('outcome')}</th></tr></thead>
            <tbody>{leases.map((l) => <tr key={l.leaseId}><td><Reference name="leaseId" id={l.leaseId} known={known} contract={contract} /></td><td>{l.lastDate}</td><td>{words(l.renewed ? 'renewed' : 'left')}</td></tr>)}</tbody>
          </table>
        </div>
      )}
    </>
  )
}

/** What the section of this page is called. */
export const rateTitle = (): string => words('title')
