import { lang } from '../i18n.ts'

// How the figures of a proposal are counted, as the service says it, and the same in Chinese.
const forms: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [/^whole months from startDate of the first lease in the row of renewals until the day of the proposal$/, () => '自首份租约（含历次续租）起租日至方案当日的整月数'],
  [/^work orders of the dwelling that were reported since then and neither canceled nor merged; since (\S+)$/, (day) => `自 ${day} 起本房间报修的工单，不含取消与合并`],
  [/^those of (\w+) that were completed$/, () => '其中已完成的维修'],
  [/^median of the time from createTime to the last completion, of those of (\w+)$/, () => '已完成的维修从报修到最后一次完成的用时中位数'],
  [/^sum of the facts (\w+) from (\S+) to (\S+), agreed to on (\S+)$/, (_, from, to, day) => `${from} 至 ${to} 的数据合计，租客于 ${day} 同意`],
  [/^rung (\S+) is nearer to the end and goes out in its place$/, (rung) => `“${rung}”节点距到期更近，改发该节点`],
  [/^Of the signed leases whose last day .+ the share that another, active lease had renewed by the instant of the figure\. Leases without an end do not count\.$/,
    () => '窗口内（当日之前若干天，不含当日）到期的已签租约（提前退租的以退租日为准）中，在统计时刻已由另一份生效租约续签的占比。无到期日的租约不计。'],
  [/^months$/, () => '个月'], [/^repairs$/, () => '次'], [/^hours$/, () => '小时'], [/^minutes$/, () => '分钟'], [/^(?:visits|events)$/, () => '次'],
]

/** The definition or the unit of a figure in the language of the page; one that is not known as it is. */
export function definition(text: string): string {
  if (lang.value !== 'zh') return text
  for (const [form, words] of forms) {
    const found = form.exec(text)
    if (found) return words(...found.slice(1))
  }
  return text
}

const figures: Record<string, readonly [string, string]> = {
  monthsHere: ['months lived here', '居住月数'], repairs: ['repairs asked for', '报修次数'], repairsDone: ['repairs done', '完成维修'], repairHours: ['hours to a repair, half are faster', '维修用时中位（小时）'],
  gymVisits: ['visits to the gym', '健身次数'], commuteMinutesSaved: ['minutes saved on the way to work', '节省通勤分钟'], eventsVisited: ['events visited', '参加活动'],
}

/** What a figure of a proposal is called. */
export const figureName = (name: string): string => figures[name]?.[lang.value === 'zh' ? 1 : 0] ?? name.replaceAll(/([A-Z])/g, ' $1').toLowerCase()
