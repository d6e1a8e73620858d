import { lang, oneOf } from '../i18n.ts'
import { definition } from '../pages/definitions.ts'
import { nameOf, unknownWords } from './words.ts'

// Sentences that the service puts together for records, and their words in Chinese.
const forms: readonly (readonly [RegExp, (...groups: string[]) => string])[] = [
  [/^(.+) \((\d+)\) x (\d+): (\d+) of (\d+) days left$/, (tag, weight, left, gone, all) => `${tag === 'no tag' ? '无标签' : tag}（价值 ${weight}）× ${left}：${all} 天中还剩 ${gone} 天`],
  [/^mood (\w+) beside the bill of ([\d-]+)$/, (mood, month) => `${month} 账单心情：${nameOf(mood!)}`],
  [/^no good mood beside the bills of (.+)$/, (months) => `${months!.replaceAll(', ', '、')} 账单均无满意心情`],
  [/^Lease (\S+) was ended before its time; (\d+) others stay$/, (lease, n) => `租约 ${lease} 提前终止，另有 ${n} 人继续居住`],
  [/^the lease had ended when these terms were recorded$/, () => '录入这些条款时租约已结束'],
  [/^water meter, (\w+): (.+)$/, (kind, text) => `水表${nameOf(kind!.toUpperCase())}：${phrase(text!)}`],
  [/^(\w+) meter, (\w+): (.+)$/, (meter, kind, text) => `${nameOf(meter!)}表${nameOf(kind!.toUpperCase())}：${phrase(text!)}`],
  [/^(\S+) used: the meter or its feed runs backwards$/, (n) => `用量 ${n}：表计或数据倒走`],
  [/^(\S+) in an hour, normal is up to (\S+)$/, (n, usual) => `一小时用量 ${n}，正常上限 ${usual}`],
  [/^nothing for (\d+) hours, the longest pause so far was (\d+)$/, (hours, usual) => `连续 ${hours} 小时无用量，此前最长间断 ${usual} 小时`],
  [/^at least (\S+) every hour for (\d+) hours, without a pause$/, (n, hours) => `连续 ${hours} 小时每小时至少 ${n}，从未间断`],
  [/^(.+?) \((on|off), rank (\d+)\): (.+)$/, (name, state, rank, rule) => `${oneOf(name!)}（${state === 'on' ? '启用' : '停用'}，顺位 ${rank}）：${rule!.replace(/(\d+) to (\d+) days before the end/, '到期前 $1 至 $2 天').replace(/\btag (\w+)/, (_, tag: string) => `标签 ${tag}`).replace(/\bsegment (\w+)/, (_, s: string) => `分群 ${nameOf(s)}`).replace(/again after (\d+) days/, '$1 天后可再次').replace(/: "(.*)"$/, (_, text: string) => `：“${oneOf(text)}”`)}`],
  [/^The past does not tell what this design can show: too few orders in too few of its units\.$/, () => '历史数据不足以判断该设计：单元过少，工单过少。'],
]

/** A text of the service in the language of the page where it is one that is known; any other as it is. */
export function phrase(text: string): string {
  if (lang.value !== 'zh') return text
  for (const [form, words] of forms) {
    const found = form.exec(text)
    if (found) return words(...found.slice(1))
  }
  return definition(text)
}

const isCode = /^[A-Z]+(?:_[A-Z]+)*$/ // a code that the contract has as a text
const isKind = /^[a-z_]+\.[a-z_]+$/ // of a message

/** A text of the service as people read it: a code in words, one of two languages, a sentence in Chinese. */
export function inWords(text: string): string {
  const code = isKind.test(text) || (lang.value === 'zh' && isCode.test(text))
  return code && unknownWords(text).length === 0 ? nameOf(text) : phrase(oneOf(text))
}
