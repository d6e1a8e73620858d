import { app } from '../app.ts'
import { lang, oneOf, type Lang } from '../i18n.ts'
import { dwelling } from './dwelling.ts'
import { spoken } from './spoken.ts'

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
  const chinese = language === 'zh' ? spoken(plain) : ''
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
