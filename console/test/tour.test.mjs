// The guided tour, from the complaint to the renewed lease, in Chromium against a running demo: FETTLE_URL. The mock has no household to
// tell of, so there the tour says that it waits.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch, openPage, openView, violations, wide } from './browser.mjs'
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

const step = (page, name) => page.locator(`.tour[data-step=${name}]`).waitFor()
const next = async (page, name, finds) => {
  await finds?.look(page, 'tour')
  await page.locator('.tour footer .primary').click()
  await step(page, name)
}
const figures = (page) => page.locator('.tour-facts dd:not(.how)').allTextContents()

describe('the guided tour', () => {
  test('opens, closes by Escape, and is taken up where it was', async () => {
    const { page, faults, close } = await openView(browser, server.url, 'dispatch', {})
    await page.locator('.tour-start').focus()
    await page.keyboard.press('Enter')
    await step(page, 'operator')
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'tour-title', 'the focus is not in the tour')
    await next(page, 'report')
    await page.keyboard.press('Escape')
    await page.locator('.tour').waitFor({ state: 'detached' })
    await page.reload()
    await page.waitForFunction(() => window.fettle?.app.loaded.value)
    await page.locator('.tour-start').click()
    await step(page, 'report')
    assert.deepEqual(faults, [])
    await close()
  })

  for (const [name, options] of [['1440 px, English', {}], ['360 px, Chinese, dark', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }]]) {
    test(`tells the story from the complaint to the renewed lease: ${name}`, { skip: !url }, async () => {
      const { page, faults, close } = await openView(browser, url, 'dispatch', options)
      const zh = options.locale === 'zh-CN'
      const finds = zh ? new Finds() : undefined
      await page.locator('.tour-start').click()
      await step(page, 'operator')
      await page.locator('.tour-facts').waitFor()
      const [running, leaving] = await figures(page)
      assert.equal(running, '927')
      assert.ok(Math.abs(parseFloat(leaving) - 47) < 3, `${leaving} thought of leaving`)
      assert.equal(/[\u4e00-\u9fff]/.test(await page.locator('.tour h2').textContent()), zh)
      await next(page, 'report', finds)
      await page.locator('.tour-do').click()
      await page.locator('.tour-facts').waitFor()
      assert.match(await page.locator('.tour [role=status]').textContent(), /wo_/)
      await next(page, 'dispatch', finds)
      await page.locator('.tour-facts .how').first().waitFor()
      await next(page, 'repair', finds)
      await page.locator('.tour-line li').first().waitFor()
      await next(page, 'rating', finds)
      await page.locator('.tour-facts').waitFor()
      await next(page, 'reminder', finds)
      await page.locator('.tour-facts dt').nth(3).waitFor() // the end and three rungs
      await next(page, 'proposal', finds)
      await page.locator('.tour-do').click()
      const link = await page.locator('.tour-body a').getAttribute('href')
      assert.match(link, /^\/r\//)
      await next(page, 'signature', finds)
      await page.locator('.tour-do').click()
      await page.locator('.tour-do').waitFor({ state: 'detached' })
      assert.match((await figures(page))[0], zh ? /已续/ : /renewed/i)
      assert.deepEqual(await wide(page), [])
      assert.deepEqual(await violations(page), [])
      await next(page, 'rate', finds)
      await page.locator('.tour-facts').waitFor()
      const rates = (await figures(page)).map(parseFloat)
      assert.ok(rates[0] < 60 && rates[1] > 75, `the rate went from ${rates[0]} to ${rates[1]}`)
      await next(page, 'end', finds)
      finds?.check()
      assert.deepEqual(faults, [])
      await close()
    })
  }

  test('has its proposal behind the link', { skip: !url }, async () => {
    const token = await (await fetch(`${url}/demo/session`)).json().then((s) => s.token)
    const call = async (method, path, body) => (await fetch(url + path, { method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() }, ...(body && { body: JSON.stringify(body) }) })).json()
    const { renewals } = await call('GET', '/v1/renewals?state=VIEWED')
    const link = await call('POST', `/v1/renewals/${renewals[0].id}:link`, {})
    const { page, faults, close } = await openPage(browser, `${url}/r/${link.token}`, { width: 360, height: 780 })
    await page.locator('h1, h2').first().waitFor()
    assert.deepEqual(faults, [])
    await close()
  })
})

describe('the renewal rate by day', { skip: !url }, () => {
  for (const [name, options] of [['1440 px, English', {}], ['360 px, Chinese, dark', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }]]) {
    test(`shows the danger line, and the leases behind each figure: ${name}`, async () => {
      const { page, faults, close } = await openView(browser, url, 'operations?show=rate&by=BUILDING', options)
      await page.locator('.rate-chart').waitFor()
      assert.equal(await page.locator('.rate-chart line.danger').count(), 1)
      await page.locator('.plain-table tbody tr').nth(7).waitFor() // eight buildings
      const text = await page.locator('.plain-table tbody tr').first().locator('button').textContent()
      const [a, b] = text.match(/\d+/g).map(Number)
      const [ended, renewed] = [Math.max(a, b), Math.min(a, b)]
      await page.locator('.plain-table tbody tr').first().locator('button').click()
      const rows = page.locator('.plain-table').nth(1).locator('tbody tr')
      await rows.first().waitFor()
      assert.equal(await rows.count(), ended)
      assert.equal(await rows.filter({ hasText: options.locale ? /^(?!.*未续租).*已续租/ : /(?<!not )renewed/ }).count(), renewed)
      assert.deepEqual(await wide(page), [])
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(faults, [])
      await close()
    })
  }
})
