// Compares pages with pictures of how they looked when somebody last looked (test/pixels): a made-up city whose clock stands still.
// A pixel differs when a channel of it is more than 24 of 255 away; a page may differ in 2 of 1,000 pixels, for edges of letters.
// Pictures hold for the browser and the fonts they were taken with: with others the suite says so and passes over. After a change that
// is meant: UPDATE_PIXELS=1 node --test test/pixels.test.mjs, and look at the difference before it is committed.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch, openView } from './browser.mjs'
import { start } from './mock-server.mjs'

const channel = 24
const share = 0.002
const folder = fileURLToPath(new URL('pixels/', import.meta.url))
const out = fileURLToPath(new URL('out/', import.meta.url))
const update = process.env.UPDATE_PIXELS === '1'
const views = {
  board: ['board', '.bar'], figures: ['figures?by=TRADE', '[data-kpi-card]'], sheet: ['figures?show=sheet', 'tbody tr'], silent: ['figures?show=silent', '[data-open]'],
  expiry: ['operations?show=expiry', '.scroll button, .scroll td, .scroll a'], reminders: ['operations?show=obligations', 'tbody tr'],
}
const looks = { wide: { width: 1440, height: 900 }, phone: { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' } }

let browser
let city
let compare
let machine

/** What letters are drawn with here. */
function fonts() {
  try {
    return ['sans-serif', 'sans-serif:lang=zh-cn'].map((f) => execFileSync('fc-match', [f], { encoding: 'utf8' }).trim()).join('; ')
  } catch {
    return 'unknown'
  }
}

before(async () => {
  browser = await launch()
  machine = `Chromium ${browser.version().split('.')[0]}; ${fonts()}`
  city = await start({ speed: 0, stepMs: 1e9 })
  const page = await browser.newPage()
  /** The share of pixels that differ; 1 for pictures of different sizes. */
  compare = (a, b) => page.evaluate(async ([a, b, channel]) => {
    const [x, y] = await Promise.all([a, b].map(async (data) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob())
      const c = new OffscreenCanvas(picture.width, picture.height).getContext('2d')
      c.drawImage(picture, 0, 0)
      return { size: `${picture.width}x${picture.height}`, pixels: c.getImageData(0, 0, picture.width, picture.height).data }
    }))
    if (x.size !== y.size) return 1
    let differ = 0
    for (let i = 0; i < x.pixels.length; i += 4) if ([0, 1, 2].some((k) => Math.abs(x.pixels[i + k] - y.pixels[i + k]) > channel)) differ++
    return differ / (x.pixels.length / 4)
  }, [a.toString('base64'), b.toString('base64'), channel])
})
after(async () => {
  await browser?.close()
  city?.close()
})

/** A picture of a view that has come to rest. */
async function picture([hash, shows], options, style = '') {
  const { page, close } = await openView(browser, city.url, hash, { bypassCSP: true, ...options }) // styles are put in
  await page.locator(shows).first().waitFor()
  await page.addStyleTag({ content: `*, *::before, *::after { transition: none !important; animation: none !important; caret-color: transparent !important } .map, .places { visibility: hidden } ${style}` })
  await page.evaluate(() => document.fonts.ready)
  let last = await page.screenshot()
  for (let i = 0; i < 20; i++) {
    await page.waitForTimeout(150)
    const next = await page.screenshot()
    if (next.equals(last)) break
    last = next
  }
  await close()
  return last
}

// A running Fettle has other data: only the mock's stand still.
describe('pages look as they did', { skip: Boolean(process.env.FETTLE_URL) }, () => {
  const known = join(folder, 'machine.txt')
  for (const [view, where] of Object.entries(views)) {
    for (const [look, options] of Object.entries(looks)) {
      test(`${view}, ${look}`, async (t) => {
        const file = join(folder, `${view}-${look}.png`)
        if (update) {
          mkdirSync(folder, { recursive: true })
          writeFileSync(known, `${machine}\n`)
          return writeFileSync(file, await picture(where, options))
        }
        assert.ok(existsSync(file), `${file} is missing`)
        const taken = readFileSync(known, 'utf8').trim()
        if (taken !== machine) return t.skip(`the pictures were taken with ${taken}, this is ${machine}`)
        const now = await picture(where, options)
        const differs = await compare(readFileSync(file), now)
        if (differs > share) {
          mkdirSync(out, { recursive: true })
          writeFileSync(join(out, `${view}-${look}.png`), now)
        }
        assert.ok(differs <= share, `${(100 * differs).toFixed(2)} % of the pixels differ, ${100 * share} % may: see test/out/${view}-${look}.png`)
      })
    }
  }

  test('a chip of another colour, and a line that moved by two pixels, are found', async () => {
    const plain = await picture(views.board, looks.wide)
    for (const style of ['.bar { background: #e33 !important }', '.view .tools { padding-top: 12px !important }']) {
      const differs = await compare(plain, await picture(views.board, looks.wide, style))
      assert.ok(differs > share, `${style}: only ${(100 * differs).toFixed(3)} % differ`)
    }
    assert.ok((await compare(plain, await picture(views.board, looks.wide))) <= share / 4, 'the same page twice differs')
  })
})
