import { tOr } from '../i18n.ts'

// The sentences of dispatch/explain and dispatch/engine in Chinese: a form as the service says it, and its words with what stands in
// the groups. Names and ids go through as they are.
type Form = readonly [RegExp, (...groups: string[]) => string]

/** A text of the service in Chinese, sentence by sentence; empty where one of them is not known. */
export function spoken(text: string): string {
  const sentences = text.replaceAll(/ \[[A-Z_]+\]/g, '').split(/(?<=\.)\s+(?=[A-Z\p{Script=Han}\d])/u)
  const said = sentences.map((s) => say(all, s.endsWith('.') ? s.slice(0, -1) : s))
  return said.every(Boolean) ? said.map((s) => `${s}。`).join('') : ''
}

/** What the first form that fits makes of a text; empty where none does. */
function say(forms: readonly Form[], text: string): string {
  for (const [form, words] of forms) {
    const found = form.exec(text)
    if (found) return words(...found.slice(1).map((g) => g ?? ''))
  }
  return ''
}

const who = (name: string): string => name.replace(/^[Tt]echnician /, '')
const time = (length: string): string => length.replaceAll(/(\d) h\b/g, '$1 小时').replaceAll(/(\d) min\b/g, '$1 分钟').replaceAll(/(\d) s\b/g, '$1 秒')
const visit = (name: string): string => name.replace(/^Visit /, 'visit ')
const visits = (list: string): string => list.split(' and ').map((v) => visit(v).replace(/ \(priority (\d+)\)$/, '（优先级 $1）')).join('、')
const skill = (name: string): string => tOr('skill', name)
const reason = (code: string): string => tOr('reason', code)
const place = (p: string): string => p.replace(/^where (.+) is$/, '$1 所在位置').replace(/^the home of (.+)$/, '$1 的住处').replace(/^order (\S+)$/, '工单 $1')

/** "920 dearer" and the like. */
function dearer(text: string): string {
  const [, n = '', way = ''] = /^(\S+) (dearer|cheaper)$/.exec(text) ?? []
  return way ? `成本${way === 'dearer' ? '高' : '低'} ${n}` : '成本不变'
}

/** "travel 910, skillSurplus 120": the parts of a cost. */
const terms = (list: string): string => list.split(', ').map((part) => part.replace(/^(\S+) (\S+)$/, (_, term: string, n: string) => `${tOr('term', term)} ${n}`)).join('、')
const levels = (list: string): string => list.split(', ').map((part) => part.replace(/^(\S+) level (\d+)$/, (_, name: string, n: string) => `${skill(name)} ${n} 级`)).join('、')
const counted = (list: string): string => list.split(', ').map((part) => part.replace(/^(\S+) (\d+)$/, (_, code: string, n: string) => `${reason(code)} ${n} 人`)).join('、')

/** By what a placement fails; a code where there are no words. */
const why = (text: string): string => say(misses, text) || faults(text) || (/^[A-Z_]+$/.test(text) ? reason(text) : '')
function faults(text: string): string {
  const said = text.split(' and ').map((part) => say(needs, part))
  return said.every(Boolean) ? said.join('，且') : ''
}
/** A sentence that ends in why; none where that has no words. */
const because = (begin: string, text: string): string => {
  const said = why(text)
  return said && begin + said
}

const misses: readonly Form[] = [
  [/^the window of (.+) closes (.+) too early$/, (v, n) => `${v} 的时间窗早 ${time(n!)} 结束`],
  [/^a window closes (.+) too early$/, (n) => `有时间窗早 ${time(n!)} 结束`],
  [/^the route would end (.+) after the shift$/, (n) => `路线将在下班后 ${time(n!)} 才结束`],
  [/^the route would travel (.+) more than it may$/, (n) => `路程超出上限 ${time(n!)}`],
  [/^the technician would be on duty (.+) longer than may be$/, (n) => `在岗时长超出上限 ${time(n!)}`],
  [/^the route would be (.+) longer than it may$/, (n) => `路线超出上限 ${n} 米`],
  [/^the route would have (.+) more visits than it may$/, (n) => `路线超出上限 ${n} 单`],
  [/^(.+) more would have to be carried than there is room for$/, (n) => `载量不足，超出 ${n}`],
  [/^a break could not be taken in time$/, () => '无法按时休息'],
  [/^a tool would not be on board$/, () => '车上没有所需工具'],
  [/^the pinned order would not be kept$/, () => '会打乱已锁定的顺序'],
  [/^the two visits of a pair would not be on one route in their order$/, () => '成对的两次上门无法按序排在同一路线'],
  [/^visits that must be done together could not be$/, () => '须同时进行的上门无法同时安排'],
  [/^a visit would not come in time after the one it depends on$/, () => '后续上门赶不上其前置上门'],
  [/^there is no way to get there$/, () => '无法到达'],
  [/^no shift$/, () => '没有班次'],
]

const needs: readonly Form[] = [
  [/^(visit \S+) needs skill (\S+) at level (\d+), held at level (\d+)$/, (v, s, n, held) => `${v} 需要${skill(s!)} ${n} 级，现为 ${held} 级`],
  [/^(visit \S+) needs skill (\S+) at level (\d+)$/, (v, s, n) => `${v} 需要${skill(s!)} ${n} 级`],
  [/^(visit \S+) needs (.+), which is not carried$/, (v, tools) => `${v} 需要 ${tools}，未携带`],
  [/^(visit \S+) is in territory (\S+), which is not served$/, (v, area) => `${v} 位于片区 ${area}，不在其服务范围`],
  [/^rule "(.+)" of the policy forbids (visit \S+)$/, (rule, v) => `策略规则“${rule}”不允许 ${v}`],
  [/^(visit \S+) requires other technicians$/, (v) => `${v} 指定了其他师傅`],
  [/^(visit \S+) excludes this technician$/, (v) => `${v} 已排除此师傅`],
  [/^(visit \S+) is pinned to (.+)$/, (v, t) => `${v} 已锁定给 ${who(t!)}`],
]

// What would change the choice.
const flips: readonly Form[] = [
  [/^if the window of (.+) closed (.+) later$/, (v, n) => `若 ${v} 的时间窗晚 ${time(n!)} 结束`],
  [/^if the window of (.+) opened (.+) earlier$/, (v, n) => `若 ${v} 的时间窗早 ${time(n!)} 开始`],
  [/^if the window of (.+) were (.+) later$/, (v, n) => `若 ${v} 的时间窗推后 ${time(n!)}`],
  [/^if the window of (.+) were (.+) earlier$/, (v, n) => `若 ${v} 的时间窗提前 ${time(n!)}`],
  [/^if the way from (.+) to (.+) took (.+) less$/, (from, to, n) => `若从 ${place(from!)}到 ${place(to!)}少用 ${time(n!)}`],
  [/^if the shift ended (.+) later$/, (n) => `若晚 ${time(n!)} 下班`],
  [/^if the shift started (.+) earlier$/, (n) => `若早 ${time(n!)} 上班`],
  [/^if it cost (.+) less$/, (n) => `若成本少 ${n}`],
  [/^if (.+) took (.+) less$/, (v, n) => `若 ${v} 的作业少用 ${time(n!)}`],
  [/^with skill (\S+) (\d+) level\(s\) higher$/, (s, n) => `若“${skill(s!)}”技能高 ${n} 级`],
]

const flip = (t: string, does: string, condition: string): string => {
  const said = say(flips, condition)
  return said && `${said}，${who(t)} ${does}`
}

const all: readonly Form[] = [
  [/^(?:Technician )?(.+) was chosen: it cost (\S+) more with the visit than without$/, (t, n) => `选择 ${t}：加入此单使成本增加 ${n}`],
  [/^(?:Technician )?(.+) would have cost (\S+) more, most of all for (\S+)$/, (t, n, term) => `若派 ${t}，成本高 ${n}，主要因为${tOr('term', term!)}`],
  [/^(.+?) would do as well ((?:if|with) .+)$/, (t, condition) => flip(t!, '同样合适', condition!)],
  [/^(.+?) could do it \((\S+ (?:dearer|cheaper)|no dearer)\) ((?:if|with) .+)$/, (t, diff, condition) => flip(t!, `可以做（${dearer(diff!)}）`, condition!)],
  [/^(Visit \S+) -> nobody: ([A-Z_]+)$/, (v, code) => `${visit(v!)}：无人可派（${reason(code!)}）`],
  [/^(Visit \S+) -> (.+) at (.+?)(?: \(window (.+?)\))?: (.+?) travel, (?:(.+?) late, )?(?:(.+?) after the report, )?adds (\S+)(?: \((.+?)\))?(?:; needs (.+?))?(; nobody does it for less)?$/,
    (v, t, at, window, way, late, after, cost, list, wants, best) => [
      `${visit(v!)} 派给 ${who(t!)}，${at} 开始${window && `（时间窗 ${window}）`}：路程 ${time(way!)}`, late && `迟到 ${time(late)}`, after && `报修后 ${time(after)}`, `成本增加 ${cost}${list && `（${terms(list)}）`}`,
      wants && `需要 ${levels(wants)}`, best && '没有成本更低的人选',
    ].filter(Boolean).join('，')],
  [/^(Visit \S+) -> ([^:;]+)$/, (v, t) => `${visit(v!)} 派给 ${who(t!)}`],
  [/^(Next best|Then): (.+) at (.+?), (\S+ (?:dearer|cheaper)|no dearer)(?: \((\S+)\))?$/, (lead, t, at, diff, term) => `${lead === 'Then' ? '其次' : '次优'}：${who(t!)}，${at}，${dearer(diff!)}${term && `（${tOr('term', term)}）`}`],
  [/^(\d+) more could do it, for more$/, (n) => `另有 ${n} 人可以做，成本更高`],
  [/^Elsewhere on the same route: place (\d+) at (.+?), (\S+ (?:dearer|cheaper)|no dearer)(?: \((\S+)\))?$/, (n, at, diff, term) => `同一路线的其他位置：第 ${n} 站，${at}，${dearer(diff!)}${term && `（${tOr('term', term)}）`}`],
  [/^(\d+) more cannot: (.+)$/, (n, list) => `另有 ${n} 人不可行：${counted(list!)}`],
  [/^(.+?) cannot: (.+)$/, (t, text) => because(`${who(t!)} 不可行：`, text!)],
  [/^The (?:route|plan) breaks a rule as it is: (.+)$/, (text) => because('现有安排已不合规则：', text!)],
  [/^Without it the (?:route|plan) would not work: (.+)$/, (text) => because('没有它现有安排不成立：', text!)],
  [/^There is no technician(?: with a shift)?$/, () => '没有当班的师傅'],
  [/^There is no technician who could be sent to (.+)$/, (v) => `没有可派往 ${v} 的师傅`],
  [/^No technician has the tools$/, () => '没有师傅有所需工具'],
  [/^The pinned technician is gone$/, () => '锁定的师傅已不在'],
  [/^Its technician has no room left in this shift$/, () => '承接的师傅本班已无余量'],
  [/^The batch was interrupted$/, () => '整批测算被中断'],
  [/^Nobody may do it; the nearest of (\d+) technicians, (.+), is refused by ([A-Z_]+)$/, (n, t, code) => `${n} 位师傅都不可行，其中最近的是 ${t}：${reason(code!)}`],
  [/^Nobody who may do it works then; (\d+) may in all$/, (n) => `该时段无合适的师傅在班，合适的共 ${n} 位`],
  [/^(?:Technician )?(\S+) could go, but that costs (\S+) and leaving the visit out (\S+)$/, (t, n, lost) => `${t} 可以去，但成本 ${n}，不安排的成本为 ${lost}`],
  [/^The nearest technician, (\S+), cannot go: ([A-Z_]+)$/, (t, code) => `最近的师傅 ${t} 不可行：${reason(code!)}`],
  [/^(Visit \S+) fits nobody's shift, not even an empty one$/, (v) => `${visit(v!)} 排不进任何班次，空班也不行`],
  [/^(.+) comes nearest: (.+)$/, (t, text) => because(`最接近的是 ${who(t!)}：`, text!)],
  [/^Nobody who may do (.+) has a shift; (.+) is one who may$/, (v, t) => `能做 ${v} 的人都没有班次，例如 ${who(t!)}`],
  [/^Nobody may do (.+)$/, (v) => `无人可做 ${v}`],
  [/^(.+?) could do (visit \S+) at (.+) for (\S+), less than the (\S+) of leaving it out: the final pass has not run over this plan$/, (t, v, at, n, lost) => `${who(t!)} 可在 ${at} 做 ${v}，成本 ${n}，低于不安排的 ${lost}：此方案尚未最后优化`],
  [/^(.+?) could do (visit \S+) at (.+), but it would cost (\S+) and leaving it out costs (\S+)$/, (t, v, at, n, lost) => `${who(t!)} 可在 ${at} 做 ${v}，但成本 ${n}，不安排的成本为 ${lost}`],
  [/^(Visit \S+) fits an empty shift, but nobody has room for it in this plan(; it was not found to fit for two other visits of one route either)?$/, (v, two) => `${visit(v!)} 可排进空班，但此方案中无人有余量${two && '，以一条路线上的两单相换也排不进'}`],
  [/^Nearest to room is (.+): (.+)$/, (t, text) => because(`余量最接近的是 ${who(t!)}：`, text!)],
  [/^Who would have to give way was not looked for: little time was left$/, () => '时间不足，未查找谁可让出'],
  [/^(Visit \S+) \(priority (\d+)\) would need to displace (.+): then (.+) could do it at (.+), which makes the plan (\S+ (?:dearer|cheaper)|no dearer)$/, (v, n, out, t, at, diff) => `${visit(v!)}（优先级 ${n}）须挤掉 ${visits(out!)}：由 ${who(t!)} 在 ${at} 做，方案${dearer(diff!)}`],
  [/^(Visit \S+) was not looked at: the search was stopped before its turn$/, (v) => `${visit(v!)} 未及测算，搜索已停止`],
  [/^(Visit \S+) may only be done after (.+), which is left out$/, (v, first) => `${visit(v!)} 须在 ${first} 之后，而后者未安排`],
  [/^(Visit \S+) and what it is tied to fit nobody's shift, not even an empty one: at the nearest, (.+)$/, (v, text) => because(`${visit(v!)} 及其关联上门排不进任何班次：最接近时，`, text!)],
  [/^Nobody has room for (.+) and what it is tied to in this plan$/, (v) => `此方案中无人有余量做 ${v} 及其关联上门`],
  [/^Who would have to give way is not looked for where visits are linked$/, () => '有关联的上门不查找谁可让出'],
  [/^None of the (\d+) who may do it and work then has room$/, (n) => `该时段在班且合适的 ${n} 人都没有余量`],
  [/^The only one who may do it and works then has no room$/, () => '该时段在班且合适的仅一人，没有余量'],
  [/^The nearest, (.+), lacks (\d+) min \(([A-Z_]+)\)$/, (t, n, code) => `最接近的是 ${t}，差 ${n} 分钟（${reason(code!)}）`],
  [/^(.+) could be done, but it would cost (\S+) and leaving it out costs (\S+)$/, (v, n, lost) => `${visit(v!)} 可以做，但成本 ${n}，不安排的成本为 ${lost}`],
]
