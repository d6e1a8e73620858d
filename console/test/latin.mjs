// Finds English that is left in Chinese pages: words in a row that no Chinese reader should meet.
import assert from 'node:assert/strict'

// What may be Latin in a Chinese sentence: ids, addresses, code of other languages, names of products and of people, units.
const allowed = [
  /\b[a-z]{2,4}_[0-9a-z…]+/g, /\bhttps?:\S+/g, /\/[\w./{}:*?=-]+/g, /\b[\w-]+@[\w.]+/g, /\{\w+\}/g, /\b\w+(?:[._]\w+)+\b/g, /\b[A-Z][a-z]+\/[A-Z][a-z]+\b/g, /\b[A-Z]+[0-9-]*[A-Z0-9]*\b/g,
  /\b[a-z]+(?:[A-Z][a-z]+)+\b/g, /\b(?:Fettle|WeChat|Ctrl|Esc|Enter|Poisson|Gini|Excel|Markdown|Webhook|Lakeside|Homestays|simulated|invented)\b/gi, /--?\w+(?:-\w+)*/g, /\bheating: gas\b/g,
]
const rest = (text) => allowed.reduce((t, form) => t.replaceAll(form, ' '), text)
/** Two words in a row of Latin letters. A name that stands alone is one word more often than not, and a code is one. */
const english = (text) => /[A-Za-z]{2,}[’']?[a-z]*[ ,;:]+(?:[a-z]{1,2}\s+)*[A-Za-z]{2,}/.test(rest(text))

/** Texts and labels that are seen, but for what says itself that it is English, and what people wrote. */
const texts = (page) => page.evaluate(() => {
  const out = []
  const beside = 'code, .id, .prose, pre, script, style, textarea, [lang=en], datalist'
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement
    if (e && !e.closest(beside) && (e.getClientRects().length > 0 || e.closest('option'))) out.push(walk.currentNode.data.trim())
  }
  for (const e of document.querySelectorAll('[title], [aria-label], [placeholder]')) {
    if (!e.closest('[lang=en]')) for (const a of ['title', 'aria-label', 'placeholder']) if (e.hasAttribute(a)) out.push(e.getAttribute(a).trim())
  }
  return out
})

/** What was found on the pages of a walk. */
export class Finds {
  all = new Map()
  /** Texts that people wrote, as far as a test knows them. */
  constructor(written = []) {
    this.written = new Set(written)
  }
  async look(page, where) {
    for (const text of await texts(page)) if (english(text) && !this.all.has(text) && !this.written.has(text)) this.all.set(text, where)
  }
  check() {
    assert.deepEqual([...this.all].map(([text, where]) => `${where}: ${text}`), [], 'English in Chinese pages: give it words in words.ts, texts.ts, spoken.ts, phrases.ts or hints.ts')
  }
}
