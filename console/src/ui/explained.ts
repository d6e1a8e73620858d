import { app } from '../app.ts'
import { lang, oneOf, tOr, type Lang } from '../i18n.ts'
import { dwelling } from './dwelling.ts'

/** A text of the service as people read it, and the language that it came out in. */
export interface Said { text: string; lang: Lang }

/** Whom and what an id is of: a technician's name, what is wrong, the address of a dwelling. */
export interface Names { technician(id: string): string; order(id: string): string; unit(id: string): string }

const known: Names = {
  technician: (id) => oneOf(app.world.workers.get(id)?.name ?? ''),
  order: (id) => oneOf(app.world.orders.get(id)?.description ?? ''),
  unit: dwelling,
}

const inBrackets = / \([a-z]+_[0-9a-z]{26}\)/g // behind a name that says the same
const ids = /(visit )?\b(wo|te|un)_[0-9a-z]{26}\b/g
const bothNames = /([A-Z][\w'-]*(?: [A-Z][\w'-]*)*) ([\u4e00-\u9fff]{2,6})/g // "Zhou Tao 周涛"

/** A sentence of an explanation: names in the place of ids, each in one language, and in Chinese where the sentence is one that is known. */
export function explained(text: string, language: Lang = lang.value, names: Names = known): Said {
  const plain = text.replaceAll(inBrackets, '').replaceAll(bothNames, language === 'zh' ? '$2' : '$1')
  const chinese = language === 'zh' ? inChinese(plain) : ''
  const named = (chinese || plain)
    .replaceAll(ids, (whole, _: string, kind: string) => {
      const id = whole.replace('visit ', '')
      if (kind === 'un') return names.unit(id)
      const name = kind === 'te' ? names.technician(id) : names.order(id)
      const short = name || `…${id.slice(-5)}`
      return kind === 'te' ? short : `“${short}”`
    })
  return { text: named, lang: chinese ? 'zh' : 'en' }
}

// What would change the choice. {who} {does} is said last in Chinese.
const flips: [RegExp, string][] = [
  [/^if the window of (.+) closed (.+) later$/, '若 $1 的时间窗晚 $2 结束'],
  [/^if the window of (.+) opened (.+) earlier$/, '若 $1 的时间窗早 $2 开始'],
  [/^if the window of (.+) were (.+) later$/, '若 $1 的时间窗推后 $2'],
  [/^if the window of (.+) were (.+) earlier$/, '若 $1 的时间窗提前 $2'],
  [/^if the way from (.+) to (.+) took (.+) less$/, '若从 $1 到 $2 少用 $3'],
  [/^if the shift ended (.+) later$/, '若晚 $1 下班'],
  [/^if the shift started (.+) earlier$/, '若早 $1 上班'],
  [/^if it cost (.+) less$/, '若成本少 $1'],
  [/^if (.+) took (.+) less$/, '若 $1 的作业少用 $2'],
]

/** A sentence about what would change the choice, in Chinese; empty for any other. */
function inChinese(text: string): string {
  const parts = /^(.+?) (would do as well|could do it \((.+?)\)) ((?:if|with) .+)\.$/.exec(text)
  if (!parts) return ''
  const [, who = '', , worse = '', rest = ''] = parts
  const skill = /^with skill (\S+) (\d+) level\(s\) higher$/.exec(rest)
  const flip = flips.find(([form]) => form.test(rest))
  const condition = skill ? `若“${tOr('skill', skill[1]!)}”技能高 ${skill[2]} 级` : flip ? rest.replace(flip[0], flip[1]) : ''
  if (!condition) return ''
  const dearer = /^(.+) (dearer|cheaper)$/.exec(worse)
  const does = worse ? `可以做${dearer ? `（成本${dearer[2] === 'dearer' ? '高' : '低'} ${dearer[1]}）` : ''}` : '同样合适'
  return `${units(condition)}，${who.replace(/^Technician /, '')} ${does}。`
}

/** Lengths of time and places in the words of Chinese. */
const units = (text: string): string => text
  .replaceAll(/(\d) h\b/g, '$1 小时').replaceAll(/(\d) min\b/g, '$1 分钟').replaceAll(/(\d) s\b/g, '$1 秒')
  .replaceAll(/where (.+?) is(?= 到| 少)/g, '$1 所在位置')
