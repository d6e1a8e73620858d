import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { oneOf, tOr, translator } from '../i18n.ts'
import { nameOf } from '../records/words.ts'
import { State, useReading } from './parts.tsx'
import { kpiName } from './texts.ts'

interface Plan { id: string; state?: string; displayName?: string; kpi?: string; trade?: string; target?: number; owner?: string; deadlineDate?: string; baseline?: number; current?: number; reached?: boolean; outcome?: string }
interface Forecast { canShow?: boolean; power?: number; leastEffect?: number; enoughUnits?: number; verdict?: string }
interface Figure { unit?: string; treated?: boolean; before?: number; after?: number }
interface Finding { effect?: number; low?: number; high?: number; p?: number; shown?: boolean; suggested?: string; verdict?: string; figures?: Figure[] }
interface Pilot { id: string; state?: string; displayName?: string; kpi?: string; kind?: string; effect?: number; forecast?: Forecast; record?: { decision?: string; reason?: string; actor?: string; finding?: Finding } }
interface Idea { id: string; state?: string; title?: string; text?: string; votes?: number; award?: string; reason?: string }

const words = translator({
  title: ['Improvement', '改进'],
  plans: ['Plans', '改进计划'],
  plansNone: ['No plan yet: say which figure should become what, by whom and until when.', '暂无改进计划：写明哪个指标、由谁、在何时达到何值。'],
  addPlan: ['All plans, and a new one', '全部计划，新增'],
  from: ['28 days before: {n}', '此前 28 天：{n}'],
  now: ['now: {n}', '当前：{n}'],
  target: ['target: {n}', '目标：{n}'],
  chart: ['{name}: {from}, {now}, {target}', '{name}：{from}，{now}，{target}'],
  noFigures: ['No figure of the last 28 days yet.', '近 28 天暂无数据。'],
  by: ['{owner}, until {date}', '{owner}，截止 {date}'],
  reached: ['reached', '已达成'],
  open: ['on the way', '进行中'],
  closed: ['closed', '已结束'],
  pilots: ['Pilots', '试点'],
  pilotsNone: ['No pilot yet: try a policy on a part of the work before all follow it.', '暂无试点：可先在部分工单上试行策略。'],
  addPilot: ['All pilots, and a new one', '全部试点，新增'],
  power: ['{n} % chance to find an effect of {effect}', '发现 {effect} 效应的概率 {n}%'],
  least: ['least effect that would be found: {n}', '可发现的最小效应：{n}'],
  cannot: ['This design cannot show it; {n} units would be enough.', '此设计不足以得出结论，需 {n} 个单元。'],
  cannotEver: ['This design cannot show it.', '此设计不足以得出结论。'],
  judge: ['What do the figures show?', '数据说明了什么？'],
  finding: ['effect {effect}, 95 % between {low} and {high}, p = {p}', '效应 {effect}，95% 区间 {low} 至 {high}，p = {p}'],
  findingBare: ['effect {effect}, p = {p}', '效应 {effect}，p = {p}'],
  shown: ['shown', '已证实'],
  notShown: ['not shown', '未证实'],
  slopes: ['Before and after by unit: {treated} with the policy, {others} without', '各单元前后对比：{treated} 个试行，{others} 个对照'],
  treated: ['with the policy', '试行策略'],
  others: ['without', '对照'],
  before: ['before', '之前'],
  after: ['after', '之后'],
  decided: ['{decision}: {reason}', '{decision}：{reason}'],
  ADOPT: ['adopted', '推广'],
  REJECT: ['rejected', '放弃'],
  ITERATE: ['tried again otherwise', '调整后再试'],
  ideas: ['Ideas', '金点子'],
  ideasNone: ['The box is empty. Technicians put ideas in on their page.', '暂无金点子。师傅可在手机页面投递。'],
  addIdea: ['All ideas, to decide about them', '全部金点子，处理'],
  votes: ['Votes: {n}', '{n} 票'],
})
export const improveTitle = (): string => words('title')

const decisions = ['ADOPT', 'REJECT', 'ITERATE'] as const
const decisionOf = (code: string): string => {
  const known = decisions.find((d) => d === code)
  return known ? words(known) : code
}

const show = (n: number | undefined): string => (n === undefined ? '–' : String(Number(n.toPrecision(3))))

/** What is done to get better: plans with their way to the target, pilots with what they can and do show, the box of ideas. */
export function ImprovePage(): JSX.Element {
  return <div class="improve"><Plans /><Pilots /><Ideas /></div>
}

function Head({ title, path, more }: { title: string; path: string; more: string }): JSX.Element {
  return <header><h2>{title}</h2><a href={`#/operations?show=${path}`}>{more}</a></header>
}

function Plans(): JSX.Element {
  const reading = useReading(() => app.client.list<Plan>('/v1/improvementPlans?', 'improvementPlans'), [])
  const list = reading.value.value
  return (
    <section class="box">
      <Head title={words('plans')} path="improvementPlans" more={words('addPlan')} />
      <State reading={reading} empty={list?.length === 0 && words('plansNone')} />
      <ul class="plans">
        {(list ?? []).map((p) => (
          <li key={p.id} data-plan={p.id}>
            <a href={`#/operations?show=improvementPlans&id=${encodeURIComponent(p.id)}`}><b>{oneOf(p.displayName ?? '')}</b></a>
            <em class={`chip ${p.reached ? 'COMPLETED' : ''}`}>{words(p.reached ? 'reached' : p.state === 'CLOSED' ? 'closed' : 'open')}</em>
            <small>{kpiName(p.kpi ?? '')}{p.trade && ` · ${tOr('skill', p.trade)}`} · {words('by', { owner: oneOf(p.owner ?? ''), date: p.deadlineDate ?? '' })}</small>
            <Way plan={p} />
            {p.outcome && <small>{oneOf(p.outcome)}</small>}
          </li>
        ))}
      </ul>
    </section>
  )
}

const width = 480

/** The way from the baseline to the target, with where it stands; the target is always on the right. */
function Way({ plan: p }: { plan: Plan }): JSX.Element {
  const target = p.target ?? 0
  const from = p.baseline ?? p.current ?? target
  const now = p.current ?? from
  const all = [from, now, target]
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const x = (n: number) => 14 + (width - 28) * (high === low ? 1 : target >= from ? (n - low) / (high - low) : (high - n) / (high - low))
  const text = { from: words('from', { n: show(p.baseline) }), now: words('now', { n: show(p.current) }), target: words('target', { n: show(p.target) }) }
  if (p.current === undefined && p.baseline === undefined) return <p class="took">{words('noFigures')} {text.target}</p>
  return (
    <figure>
      <svg viewBox={`0 0 ${width} 28`} role="img" aria-label={words('chart', { name: oneOf(p.displayName ?? ''), ...text })}>
        <line class="track" x1={x(low)} x2={x(high)} y1="14" y2="14" />
        <line class={p.reached ? 'run good' : 'run'} x1={x(from)} x2={x(now)} y1="14" y2="14" />
        <line class="goal" x1={x(target)} x2={x(target)} y1="3" y2="25" />
        {p.baseline !== undefined && <circle class="start" cx={x(from)} cy="14" r="5" />}
        {p.current !== undefined && <circle class={p.reached ? 'at good' : 'at'} cx={x(now)} cy="14" r="8" />}
      </svg>
      <figcaption><span>{text.from}</span><b>{text.now}</b><span>{text.target}</span></figcaption>
    </figure>
  )
}

function Pilots(): JSX.Element {
  const reading = useReading(() => app.client.list<Pilot>('/v1/pilots?', 'pilots'), [])
  const list = reading.value.value
  return (
    <section class="box">
      <Head title={words('pilots')} path="pilots" more={words('addPilot')} />
      <State reading={reading} empty={list?.length === 0 && words('pilotsNone')} />
      <ul class="plans">{(list ?? []).map((p) => <PilotRow key={p.id} pilot={p} />)}</ul>
    </section>
  )
}

function PilotRow({ pilot: p }: { pilot: Pilot }): JSX.Element {
  const asked = useSignal(false)
  const finding = p.record?.finding
  const f = p.forecast
  return (
    <li data-pilot={p.id}>
      <a href={`#/operations?show=pilots&id=${encodeURIComponent(p.id)}`}><b>{oneOf(p.displayName ?? '')}</b></a>
      <em class={`chip ${p.state === 'RUNNING' ? 'EN_ROUTE' : p.state === 'DECIDED' ? 'COMPLETED' : ''}`}>{nameOf(p.state ?? '')}</em>
      <small>{kpiName(p.kpi ?? '')} · {nameOf(p.kind ?? '')}</small>
      {f && !p.record && (
        <div class="power">
          <meter min={0} max={1} low={0.5} high={0.8} optimum={1} value={f.power ?? 0}>{show(f.power)}</meter>
          <span>{words('power', { n: Math.round(100 * (f.power ?? 0)), effect: show(p.effect) })}{(f.leastEffect ?? 0) !== 0 && ` · ${words('least', { n: show(f.leastEffect) })}`}</span>
          {!f.canShow && <p class="nobody">{f.enoughUnits ? words('cannot', { n: f.enoughUnits }) : words('cannotEver')}</p>}
        </div>
      )}
      {p.state === 'RUNNING' && !asked.value && <p><button type="button" onClick={() => (asked.value = true)}>{words('judge')}</button></p>}
      {p.state === 'RUNNING' && asked.value && <Judged id={p.id} />}
      {finding && <Shown finding={finding} />}
      {p.record && <p>{words('decided', { decision: decisionOf(p.record.decision ?? ''), reason: oneOf(p.record.reason ?? '') || '–' })} <small>{p.record.actor}</small></p>}
    </li>
  )
}

function Judged({ id }: { id: string }): JSX.Element {
  const reading = useReading(() => app.client.read<Finding>(`/v1/pilots/${encodeURIComponent(id)}:judge`), [id])
  return <><State reading={reading} />{reading.value.value && <Shown finding={reading.value.value} />}</>
}

/** What the figures show: the effect with its interval against none, and each unit before and after. */
function Shown({ finding: f }: { finding: Finding }): JSX.Element {
  const bounded = f.low !== undefined && f.high !== undefined
  const reach = Math.max(1e-9, ...[f.effect ?? 0, f.low ?? 0, f.high ?? 0].map(Math.abs)) * 1.15
  const x = (n: number) => width / 2 + (n / reach) * (width / 2 - 10)
  const text = bounded ? words('finding', { effect: show(f.effect), low: show(f.low), high: show(f.high), p: show(f.p) }) : words('findingBare', { effect: show(f.effect), p: show(f.p) })
  return (
    <figure>
      <svg viewBox={`0 0 ${width} 28`} role="img" aria-label={text}>
        <line class="goal" x1={x(0)} x2={x(0)} y1="2" y2="26" />
        {bounded && <line class="run" x1={x(f.low!)} x2={x(f.high!)} y1="14" y2="14" />}
        <circle class={f.shown ? 'at good' : 'at'} cx={x(f.effect ?? 0)} cy="14" r="7" />
      </svg>
      <figcaption><span>{text}</span><b>{words(f.shown ? 'shown' : 'notShown')}</b></figcaption>
      {(f.figures?.length ?? 0) > 0 && <Slopes figures={f.figures!} />}
    </figure>
  )
}

/** A line for each unit, from its figure before to that after. */
function Slopes({ figures }: { figures: Figure[] }): JSX.Element {
  const all = figures.flatMap((f) => [f.before ?? 0, f.after ?? 0])
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const y = (n: number) => 110 - 96 * (high === low ? 0.5 : (n - low) / (high - low))
  const treated = figures.filter((f) => f.treated).length
  return (
    <div class="slopes">
      <svg viewBox={`0 0 ${width} 120`} role="img" aria-label={words('slopes', { treated, others: figures.length - treated })}>
        {figures.map((f) => (
          <g key={f.unit} class={f.treated ? 'treated' : ''}>
            <title>{f.unit}: {show(f.before)} → {show(f.after)}</title>
            <line x1="60" x2={width - 60} y1={y(f.before ?? 0)} y2={y(f.after ?? 0)} />
            <circle cx="60" cy={y(f.before ?? 0)} r="3.5" /><circle cx={width - 60} cy={y(f.after ?? 0)} r="3.5" />
          </g>
        ))}
        <text x="52" y="16" text-anchor="end">{show(high)}</text><text x="52" y="112" text-anchor="end">{show(low)}</text>
      </svg>
      <p class="took"><i class="key treated" /> {words('treated')} ({treated}) <i class="key" /> {words('others')} ({figures.length - treated}) · {words('before')} → {words('after')}</p>
    </div>
  )
}

function Ideas(): JSX.Element {
  const reading = useReading(() => app.client.list<Idea>('/v1/ideas?', 'ideas'), [])
  const list = reading.value.value?.toSorted((a, b) => (b.votes ?? 0) - (a.votes ?? 0))
  const most = Math.max(1, ...(list ?? []).map((i) => i.votes ?? 0))
  return (
    <section class="box">
      <Head title={words('ideas')} path="ideas" more={words('addIdea')} />
      <State reading={reading} empty={list?.length === 0 && words('ideasNone')} />
      <ul class="plans">
        {(list ?? []).map((i) => (
          <li key={i.id} data-idea={i.id}>
            <a href={`#/operations?show=ideas&id=${encodeURIComponent(i.id)}`}><b>{oneOf(i.title ?? '')}</b></a>
            <em class={`chip ${i.state === 'ADOPTED' ? 'COMPLETED' : ''}`}>{nameOf(i.state ?? '')}{i.award && ` ★ ${oneOf(i.award)}`}</em>
            {(i.text || i.reason) && <small>{[i.text, i.reason].filter(Boolean).map((x) => oneOf(x!)).join(' · ')}</small>}
            <div class="votes"><i style={{ width: `${(100 * (i.votes ?? 0)) / most}%` }} /><span>{words('votes', { n: i.votes ?? 0 })}</span></div>
          </li>
        ))}
      </ul>
    </section>
  )
}
