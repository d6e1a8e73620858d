import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { count, span, when } from '../format.ts'
import { lang, oneOf, tOr, translator } from '../i18n.ts'
import { nameOf } from '../records/words.ts'
import { Failure } from '../ui/card.tsx'
import { State, useReading } from './parts.tsx'

interface Rule { territory?: string; mode?: string; vetoWindow?: string; offerTimeout?: string; emergencyOfferTimeout?: string; escalateAbove?: number }
interface Policy {
  id: string; state?: string; version?: number; displayName?: string; note?: string; weights?: Record<string, unknown>; freezeHorizon?: string
  rule?: Rule; teams?: Rule[]; activateTime?: string; retireTime?: string; activatedBy?: string; previousId?: string; createTime?: string
}
interface Score {
  decided?: number; waiting?: number; followed?: number; unopposed?: number; changed?: number; lapsed?: number; rejected?: number; followedShare?: number
  extraCost?: { total?: number }; onTimeShareAsSuggested?: number; onTimeShareChanged?: number; minutesToDecision?: number
}

const words = translator({
  title: ['How it is dispatched', '派单策略'],
  rules: ['What rules now', '当前策略'],
  all: ['All policies, and a new one', '全部策略，新增'],
  default: ['the default', '默认策略'],
  version: ['version {n}', '第 {n} 版'],
  since: ['since {time}, by {who}', '{time} 起生效，操作人 {who}'],
  sinceBare: ['since {time}', '{time} 起生效'],
  never: ['Nobody has changed it: orders are assigned at once.', '尚未修改：工单自动派出。'],
  team: ['Team', '片区'],
  everybody: ['all others', '其余全部'],
  mode: ['How', '方式'],
  ladder: ['Steps from people to the engine: {name} is at step {n} of 4', '从人工到自动的台阶：{name} 在第 {n} 级，共 4 级'],
  back: ['Roll back…', '回退…'],
  backTo: ['Back to {name}, from the next decision on.', '从下一次派单起恢复为 {name}。'],
  reason: ['Why', '原因'],
  doBack: ['Roll back', '确认回退'],
  cancel: ['Cancel', '取消'],
  versions: ['Versions, and what each changed', '版本及其变更'],
  versionsNone: ['No policy yet. A draft changes nothing until somebody makes it active.', '暂无策略。草稿在启用前不会生效。'],
  same: ['the same as {name}', '与 {name} 相同'],
  against: ['against {name}', '相对 {name}'],
  unset: ['as in the default', '默认'],
  score: ['What became of suggestions', '建议的结果'],
  scoreText: ['Of the suggestions that were made while each policy ruled.', '各策略生效期间给出的建议。'],
  scoreNone: ['No suggestion was decided about yet. Where orders are assigned at once, nothing is suggested.', '暂无已决定的建议。自动派单时不产生建议。'],
  followed: ['followed', '采纳'],
  unopposed: ['nobody objected', '无人否决'],
  changed: ['done otherwise', '改派他人'],
  lapsed: ['came to nothing', '已失效'],
  chart: ['{name}: followed {followed}, nobody objected {unopposed}, done otherwise {changed}, came to nothing {lapsed}', '{name}：采纳 {followed}，无人否决 {unopposed}，改派他人 {changed}，已失效 {lapsed}'],
  share: ['{n} % carried out as suggested', '按建议执行 {n}%'],
  onTime: ['at the door in time: {a} % as suggested, {b} % otherwise', '准时上门：按建议 {a}%，改派 {b}%'],
  dearer: ['doing otherwise cost {n} more each, in the mean', '改派平均每单多花 {n}'],
  cheaper: ['doing otherwise cost {n} less each, in the mean', '改派平均每单少花 {n}'],
  minutes: ['{n} min until somebody decided', '{n} 分钟后作出决定'],
  waiting: ['{n} wait', '{n} 条待决定'],
})
export const policiesTitle = (): string => words('title')

const steps = ['SHADOW', 'SUGGEST', 'AUTO_WITH_VETO', 'AUTO']
const nameFor = (p: Policy | undefined): string => (!p || p.id === 'default' ? words('default') : oneOf(p.displayName ?? '') || p.id)
const percent = (share: number | undefined): string => (share === undefined ? '–' : String(Math.round(100 * share)))
const at = (time: string | undefined): string => when(Date.parse(time ?? ''), app.now(), app.watched().timeZone)

/** The policy that rules with its rollback, what became of suggestions, and every version with what it changed. */
export function PoliciesPage(): JSX.Element {
  const reading = useReading(async () => {
    const [active, all] = await Promise.all([app.client.read<Policy>('/v1/policies:active'), app.client.list<Policy>('/v1/policies?', 'policies')])
    const ruled = all.filter((p) => p.activateTime).sort((a, b) => Date.parse(b.activateTime!) - Date.parse(a.activateTime!)).slice(0, 6)
    const scored = await Promise.all([...ruled, { id: 'default' } as Policy].map(async (policy) => ({ policy, score: await app.client.read<Score>(`/v1/policies/${encodeURIComponent(policy.id)}:score`).catch((): Score => ({})) })))
    return { active, all: all.sort((a, b) => (b.version ?? 0) - (a.version ?? 0)), scored }
  }, [])
  const read = reading.value.value
  return (
    <div class="improve policies">
      <State reading={reading} />
      {read && <Active policy={read.active} all={read.all} changed={reading.again} />}
      {read && <Scores scored={read.scored} />}
      {read && <Versions active={read.active} all={read.all} />}
    </div>
  )
}

function Active({ policy: p, all, changed }: { policy: Policy; all: Policy[]; changed: () => void }): JSX.Element {
  const asking = useSignal(false)
  const before = all.find((o) => o.id === p.previousId)
  const mayBack = app.roles.value.has('ORG_ADMIN') && p.id !== 'default'
  return (
    <section class="box" data-active={p.id}>
      <header><h2>{words('rules')}</h2><a href="#/operations?show=policies">{words('all')}</a></header>
      <p><b>{nameFor(p)}</b> {p.version && <small>{words('version', { n: p.version })}</small>}</p>
      <p class="took">{p.id === 'default' ? words('never') : p.activatedBy ? words('since', { time: at(p.activateTime), who: p.activatedBy }) : words('sinceBare', { time: at(p.activateTime) })}</p>
      <ul class="ladders">
        {[...(p.teams ?? []), { ...(p.rule ?? {}), territory: '' }].map((r) => <Ladder key={r.territory} rule={r} />)}
      </ul>
      {mayBack && !asking.value && <button type="button" onClick={() => (asking.value = true)}>{words('back')}</button>}
      {asking.value && <Back to={nameFor(before)} done={(again) => {
        asking.value = false
        if (again) changed()
      }} />}
    </section>
  )
}

/** Where a team stands between deciding alone and leaving it to the engine. */
function Ladder({ rule }: { rule: Rule }): JSX.Element {
  const mode = rule.mode && rule.mode !== 'MODE_UNSPECIFIED' ? rule.mode : 'AUTO'
  const step = steps.indexOf(mode)
  const name = rule.territory || words('everybody')
  return (
    <li>
      <span>{name}</span>
      <span class="ladder" role="img" aria-label={words('ladder', { name, n: step + 1 })}>{steps.map((s, i) => <i key={s} class={i <= step ? 'on' : ''} />)}</span>
      <b>{tOr('mode', mode)}</b>
    </li>
  )
}

function Back({ to, done }: { to: string; done: (again: boolean) => void }): JSX.Element {
  const reason = useSignal('')
  const error = useSignal<unknown>(null)
  const key = useRef(crypto.randomUUID())
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    error.value = null
    try {
      await app.client.send('POST', '/v1/policies:rollback', { reason: reason.value.trim() }, key.current, '')
      done(true)
    } catch (failure) {
      error.value = failure
    }
  }
  return (
    <form class="back" onSubmit={(e) => void submit(e)}>
      <p>{words('backTo', { name: to })}</p>
      <label>{words('reason')}<input required maxLength={500} value={reason.value} onInput={(e) => (reason.value = e.currentTarget.value)} /></label>
      <Failure error={error.value} />
      <p><button type="submit" class="primary">{words('doBack')}</button> <button type="button" onClick={() => done(false)}>{words('cancel')}</button></p>
    </form>
  )
}

const kinds = ['followed', 'unopposed', 'changed', 'lapsed'] as const

function Scores({ scored }: { scored: { policy: Policy; score: Score }[] }): JSX.Element {
  const some = scored.filter(({ score }) => (score.decided ?? 0) + (score.waiting ?? 0) > 0)
  return (
    <section class="box">
      <header><h2>{words('score')}</h2></header>
      <p class="took">{words(some.length > 0 ? 'scoreText' : 'scoreNone')}</p>
      {some.length > 0 && <p class="scorekey">{kinds.map((k) => <span key={k}><i class={k} />{words(k)}</span>)}</p>}
      <ul class="scores">{some.map(({ policy, score }) => <ScoreOf key={policy.id} policy={policy} score={score} />)}</ul>
    </section>
  )
}

function ScoreOf({ policy, score: s }: { policy: Policy; score: Score }): JSX.Element {
  const n = (k: (typeof kinds)[number]): number => s[k] ?? 0
  const name = nameFor(policy)
  const extra = s.extraCost?.total ?? 0
  const facts = [
    s.followedShare !== undefined && words('share', { n: percent(s.followedShare) }),
    (s.onTimeShareAsSuggested !== undefined || s.onTimeShareChanged !== undefined) && words('onTime', { a: percent(s.onTimeShareAsSuggested), b: percent(s.onTimeShareChanged) }),
    n('changed') > 0 && extra !== 0 && words(extra > 0 ? 'dearer' : 'cheaper', { n: count(Math.abs(extra)) }),
    s.minutesToDecision !== undefined && words('minutes', { n: s.minutesToDecision.toFixed(1) }),
    (s.waiting ?? 0) > 0 && words('waiting', { n: s.waiting! }),
  ].filter(Boolean)
  return (
    <li data-score={policy.id}>
      <b>{name} {policy.version && <small>{words('version', { n: policy.version })}</small>}</b>
      <span class="parts" role="img" aria-label={words('chart', { name, ...Object.fromEntries(kinds.map((k) => [k, n(k)])) })}>
        {kinds.map((k) => n(k) > 0 && <i key={k} class={k} style={{ flexGrow: n(k) }}>{n(k)}</i>)}
      </span>
      <small>{facts.join(lang.value === 'zh' ? '；' : ' · ')}</small>
    </li>
  )
}

function Versions({ active, all }: { active: Policy; all: Policy[] }): JSX.Element {
  return (
    <section class="box">
      <header><h2>{words('versions')}</h2></header>
      {all.length === 0 && <p class="empty">{words('versionsNone')}</p>}
      <ol class="plans">
        {all.map((p) => {
          const base = all.find((o) => o.id === p.previousId) ?? (p.state === 'DRAFT' ? active : undefined)
          const differences = differ(base && base.id !== 'default' ? base : {}, p)
          return (
            <li key={p.id} data-version={p.version}>
              <a href={`#/operations?show=policies&id=${encodeURIComponent(p.id)}`}><b>{nameFor(p)}</b> <small>{words('version', { n: p.version ?? 0 })}</small></a>
              <em class={`chip ${p.state === 'ACTIVE' ? 'COMPLETED' : ''}`}>{nameOf(p.state ?? '')}</em>
              {p.activateTime && <small>{p.activatedBy ? words('since', { time: at(p.activateTime), who: p.activatedBy }) : words('sinceBare', { time: at(p.activateTime) })}</small>}
              {p.note && <small>{oneOf(p.note)}</small>}
              {differences.length === 0 ? <small>{words('same', { name: nameFor(base) })}</small> : (
                <dl><dt class="took">{words('against', { name: nameFor(base) })}</dt>{differences.map((d) => <dd key={d.name}>{d.name}: {d.before} → <b>{d.after}</b></dd>)}</dl>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}

/** What two policies say differently, in words. */
function differ(before: Partial<Policy>, after: Policy): { name: string; before: string; after: string }[] {
  const [a, b] = [flat(before), flat(after)]
  return [...new Set([...a.keys(), ...b.keys()])].filter((k) => a.get(k) !== b.get(k)).sort()
    .map((name) => ({ name, before: a.get(name) ?? words('unset'), after: b.get(name) ?? words('unset') }))
}

function flat(p: Partial<Policy>): Map<string, string> {
  const out = new Map<string, string>()
  const put = (prefix: string, values: Record<string, unknown>) => {
    for (const [k, v] of Object.entries(values)) if (k !== 'territory' && v !== undefined) out.set([prefix, nameOf(k)].filter(Boolean).join(' · '), say(k, v))
  }
  put('', { ...(p.freezeHorizon && { freezeHorizon: p.freezeHorizon }) })
  put('', { ...(p.weights ?? {}) })
  put('', { ...(p.rule ?? {}) })
  for (const t of p.teams ?? []) put(t.territory ?? '', { ...t })
  return out
}

function say(key: string, value: unknown): string {
  if (key === 'mode') return tOr('mode', String(value))
  if (typeof value === 'string' && /^\d+(\.\d+)?s$/.test(value)) return span(parseFloat(value) * 1000)
  if (Array.isArray(value)) return value.map((s: { after?: string; perSecond?: number }) => `${s.perSecond ?? 0} @ ${span(parseFloat(s.after ?? '0') * 1000)}`).join(', ')
  return String(value)
}
