// Walks every view of the console in Chinese, and fails where English is left. With FETTLE_URL against a running demo, whose sentences
// are those of the service; the forms against the mock, which has a record of every list.
import { after, before, describe, test } from 'node:test'
import { launch, openPage, openView } from './browser.mjs'
import { Finds } from './latin.mjs'
import { start } from './mock-server.mjs'

const url = process.env.FETTLE_URL
let browser
let server

before(async () => {
  browser = await launch()
  server = url ? { url, close() {} } : await start()
})
after(async () => {
  await browser?.close()
  server?.close()
})

const chinese = { locale: 'zh-CN' }
/** Goes to a view and waits until its text stays as it is, or for as long as a view takes: in a city that lives some never do. */
const go = async (page, to) => {
  await page.evaluate((hash) => Object.assign(location, { hash }), to)
  await page.waitForFunction(() => {
    const now = document.body.innerText.replaceAll(/\d+/g, '0').length
    window.same = window.was === now ? window.same + 1 : 0
    window.was = now
    return window.same > 3
  }, null, { polling: 60, timeout: 1500 }).catch(() => undefined)
}

/** Opens the form of a new record. */
async function forms(page, key, finds) {
  const add = page.locator('.filters > .primary')
  if (!(await add.count())) return
  await add.click()
  await page.locator('.sheet-form .field').first().waitFor()
  await finds.look(page, `${key}: form`)
  await add.click()
}

/** Opens the form of everything that can be done to a record. */
async function verbs(page, key, finds) {
  const all = page.locator('.card.record .verbs > div > button:not(.danger)')
  for (let i = 0; i < (await all.count()); i++) {
    await all.nth(i).click()
    await finds.look(page, `${key}: verb`)
    await all.nth(i).click()
  }
}

describe('the console in Chinese', () => {
  test('has no English in the views of dispatchers', { skip: !url }, async () => {
    const { page, close } = await openView(browser, server.url, 'dispatch', chinese)
    const finds = new Finds()
    await page.locator('[data-order]').first().waitFor()
    await finds.look(page, 'dispatch')
    const shown = Math.min(2, await page.locator('[data-order]').count())
    for (let i = 0; i < shown; i++) {
      await page.locator('[data-order]').nth(i).click()
      await page.locator('.card.order .facts').waitFor()
      await page.locator('.card.order .timeline, .card.order .empty').first().waitFor()
      for (const d of await page.locator('.card details').all()) await d.evaluate((e) => (e.open = true))
      await finds.look(page, 'order')
      await page.keyboard.press('Escape')
    }
    for (const tab of ['alerts', 'people', 'log']) {
      await page.locator(`#tab-${tab}`).click()
      await finds.look(page, tab)
    }
    await page.locator('#tab-people').click()
    await page.locator('.list .row').first().click()
    await page.locator('.card').waitFor()
    await finds.look(page, 'technician')
    await page.keyboard.press('Escape')
    await page.keyboard.press('n')
    await finds.look(page, 'report')
    await page.keyboard.press('Escape')
    for (const view of ['board', 'planner', 'planner?show=standby', 'planner?show=backtest', 'figures?by=TRADE', 'figures?show=silent', 'figures?show=sheet']) {
      await go(page, `/${view}`)
      for (const d of await page.locator('.view details').all()) await d.evaluate((e) => (e.open = true))
      await finds.look(page, view)
    }
    finds.check()
    await close()
  })

  test('has no English around records, nor in their forms', async () => {
    const { page, close } = await openView(browser, server.url, 'operations', chinese)
    const finds = new Finds(url ? [] : [...server.control.city.orders.values()].map((o) => o.description))
    await page.locator('.place-choice option').first().waitFor({ state: 'attached' })
    for (const key of await page.locator('.place-choice option').evaluateAll((all) => all.map((o) => o.value))) {
      await go(page, `/operations?show=${encodeURIComponent(key)}`)
      await page.locator('.view .scroll > *').first().waitFor()
      if (url) await finds.look(page, key)
      else await forms(page, key, finds)
      const first = page.locator('[data-record] th a').first()
      if (!(await first.count())) continue
      await first.click()
      await page.locator('.card.record dd').first().waitFor()
      if (url) await finds.look(page, `${key}: record`)
      else await verbs(page, key, finds)
    }
    finds.check()
    await close()
  })

  for (const path of ['/t/', '/r/']) {
    test(`has no English on the page ${path}`, { skip: !url }, async () => {
      const { page, close } = await openPage(browser, server.url + path, { ...chinese, width: 360, height: 780 })
      await page.locator('h1, h2').first().waitFor()
      const finds = new Finds()
      await finds.look(page, path)
      finds.check()
      await close()
    })
  }
})
