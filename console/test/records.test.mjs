// Drives the pages of records in Chromium against the mock, which has records of every list of the contract.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch, looks, openView, violations, wide } from './browser.mjs'
import { start } from './mock-server.mjs'

let browser
let server

before(async () => {
  browser = await launch()
  server = await start()
})
after(async () => {
  await browser?.close()
  server?.close()
})

const sections = (page) => page.locator('.place-choice option').evaluateAll((all) => all.map((o) => o.value))
/** Latin letters that a Chinese page may have: names, units and what is written so everywhere. */
const latin = /\b(?:API|WGS84|GCJ02|BD09|WGS|GCJ|BD|ID|IP|URL|SHA|CSV|PDF|H3|p10|p50|p90|AUC|m²)\b/g

/**
 * Labels that are not Chinese. A field that the contract has since today is English until the dictionary has its words, which is
 * not worth a failure: one in eight may be.
 */
class Labels {
  all = 0
  english = []
  take(texts) {
    const labels = texts.map((t) => t.replaceAll(latin, '').trim()).filter(Boolean)
    this.all += labels.length
    this.english.push(...labels.filter((t) => /[A-Za-z]{2,}/.test(t)))
  }
  check() {
    if (process.env.SHOW_ENGLISH) console.log([...new Set(this.english)].join(' | '))
    assert.ok(this.all > 50, `only ${this.all} labels`)
    assert.ok(this.english.length * 8 < this.all, `of ${this.all} labels these are English: ${[...new Set(this.english)].join(' | ')}`)
  }
}

describe('the pages of records', { skip: Boolean(process.env.FETTLE_URL) }, () => {
  for (const [name, options] of looks) {
    test(`show every list of the contract, with its forms, and fit: ${name}`, async () => {
      const { page, faults, close } = await openView(browser, server.url, 'operations', options)
      await page.locator('.plain-table td').first().waitFor()
      const all = await sections(page)
      assert.ok(all.length >= 15, `only ${all.length} sections: ${all}`)
      const labels = new Labels()
      const asked = options.width ? all.filter((_, i) => i % 3 === 0) : all
      for (const key of asked) {
        await page.evaluate((to) => (location.hash = to), `/operations?show=${encodeURIComponent(key)}`)
        await page.locator('.view .scroll :is(.plain-table td, .kanban li, .tiles dd, .plans li)').first().waitFor()
        assert.deepEqual(await wide(page), [], `${key} is too wide`)
        if (asked.indexOf(key) % 4 === 0) assert.deepEqual(await violations(page), [], key)
        labels.take(await page.locator('.view h2, thead th, .filters button').allTextContents())
      }
      if (options.locale) labels.check()
      assert.deepEqual(faults, [])
      await close()
    })
  }

  for (const [name, options] of [looks[1], looks[2]]) {
    test(`open a record with its fields, and the form of a new one: ${name}`, async () => {
      const { page, faults, close } = await openView(browser, server.url, 'operations', options)
      await page.locator('.plain-table td').first().waitFor()
      const labels = new Labels()
      for (const key of (await sections(page)).filter((k) => !['expiry', 'certificate', 'account', 'deadWork', 'improve', 'steer'].includes(k))) {
        await page.evaluate((to) => (location.hash = to), `/operations?show=${encodeURIComponent(key)}`)
        await page.locator('.view .scroll .plain-table td').first().waitFor()
        const add = page.locator('.filters > .primary')
        if (await add.count()) {
          await add.click()
          await page.locator('.sheet-form .field').first().waitFor()
          assert.deepEqual(await wide(page), [], `the form of ${key} is too wide`)
          labels.take(await page.locator('.sheet-form :is(label, legend)').evaluateAll((all) => all.map((l) => [...l.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join(' '))))
          labels.take(await page.locator('.sheet-form select option').allTextContents().then((t) => t.filter((x) => !/[a-z]-\d/.test(x))))
          await add.click()
        }
        const first = page.locator('[data-record] th a').first()
        if (!(await first.count())) continue
        await first.click()
        await page.locator('.card.record dd').first().waitFor()
        assert.deepEqual(await wide(page), [], `a record of ${key} is too wide`)
        labels.take(await page.locator('.card.record :is(.record-fields dt, .verbs button, th[scope=col])').allTextContents())
      }
      if (options.locale) labels.check()
      assert.deepEqual(faults, [])
      await close()
    })
  }

  test('the figures of the expiry board are the lengths of the lists behind them', async () => {
    const { page, close } = await openView(browser, server.url, 'operations?show=expiry')
    await page.locator('.kanban [data-count]').nth(1).waitFor()
    const links = await page.locator('.kanban [data-count]').evaluateAll((all) => all.map((a) => [a.getAttribute('href'), Number(a.dataset.count)]))
    assert.ok(links.length > 1)
    for (const [href, n] of links) {
      await page.evaluate((to) => (location.hash = to), href)
      await page.waitForFunction((want) => document.querySelectorAll('[data-record]').length === want, n)
    }
    await close()
  })

  test('offer the verbs that are legal, say what was refused at its field, and keep what was typed', async () => {
    const own = await start()
    const { page, close } = await openView(browser, own.url, 'operations')
    await page.locator('[data-record] a').first().click()
    await page.locator('.card .verbs button', { hasText: 'Terminate' }).click()
    await page.locator('.card .sheet-form input[type=text]').first().fill('moves abroad')
    own.control.refusal = { status: 400, title: 'Invalid request', detail: 'leaveDate: want a day', reason: 'INVALID_ARGUMENT', errors: [{ field: 'leaveDate', detail: 'want a day from today on' }] }
    await page.locator('.card .sheet-form .danger').click()
    await page.locator('.field .wrong', { hasText: 'want a day from today on' }).waitFor()
    assert.equal(await page.locator('.card .sheet-form input[type=text]').first().inputValue(), 'moves abroad')
    const keys = () => own.control.requests.filter((r) => r.path.endsWith(':terminate')).map((r) => r.headers['idempotency-key'])
    delete own.control.refusal
    await page.locator('.card .sheet-form .danger').click()
    await page.waitForFunction(() => !document.querySelector('.field .wrong'))
    assert.equal(keys().length, 2)
    assert.equal(new Set(keys()).size, 1, 'the same words again are the same request')
    assert.equal(own.control.city.changed.find((c) => c.path.endsWith(':terminate')).body.reason, 'moves abroad')
    await close()
    own.close()
  })

  test('read a card, and take over field by field what a person has looked at', async () => {
    const own = await start()
    const { page, close } = await openView(browser, own.url, 'operations?show=idImages&id=id-1')
    const suggestions = [
      { field: 'displayName', value: '林静', confidence: 0.91, check: 'CHECK_UNSPECIFIED', held: true },
      { field: 'nationalId', value: '11010519491231002X', confidence: 0.97, check: 'FITS' },
      { field: 'address', value: '江畔路 8 号', confidence: 0.6 },
    ]
    await page.route('**/v1/idImages/id-1:read', (r) => r.fulfill({ json: { id: 'id-1', tenantId: 'tn_1', suggestions } }))
    await page.locator('.card .verbs button', { hasText: 'Read' }).click()
    await page.locator('.card .sheet-form input[type=text]').first().fill('to fill in the form')
    await page.locator('.card .sheet-form [type=submit]').click()
    await page.locator('[data-suggestion=displayName]', { hasText: 'is held already' }).waitFor()
    assert.equal(await page.locator('[data-suggestion] button').count(), 1, 'only what the tenant has not, and has a place for')
    assert.deepEqual(await violations(page), [])
    await page.locator('[data-suggestion=nationalId] button').click()
    await page.locator('[data-suggestion=nationalId]', { hasText: 'Taken over' }).waitFor()
    const patch = own.control.requests.find((r) => r.method === 'PATCH')
    assert.equal(patch.path, '/v1/tenants/tn_1')
    assert.deepEqual(own.control.city.changed.find((c) => c.method === 'PATCH').body, { nationalId: '11010519491231002X' })
    assert.ok(patch.headers['if-match'], 'guarded by the version that was read')
    await close()
    own.close()
  })

  test('send only what was changed, with the version that was seen', async () => {
    const own = await start()
    const { page, close } = await openView(browser, own.url, 'operations?show=units&id=id-1')
    await page.getByRole('button', { name: 'Change' }).click()
    await page.locator('.card .sheet-form label', { hasText: 'Number' }).locator('input').fill('4-404')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.card .sheet-form').waitFor({ state: 'detached' })
    const patch = own.control.requests.find((r) => r.method === 'PATCH')
    assert.equal(patch.headers['if-match'], '"1"')
    assert.deepEqual(own.control.city.changed.find((c) => c.method === 'PATCH').body, { number: '4-404' })
    assert.match(patch.query, /updateMask=number/)
    await close()
    own.close()
  })

  test('hide what the roles of the user may not do', async () => {
    const own = await start()
    own.control.city.roles = ['PLANNER']
    const { page, close } = await openView(browser, own.url, 'operations?show=properties')
    await page.locator('[data-record]').first().waitFor()
    assert.equal(await page.locator('.filters > .primary').count(), 0)
    assert.ok(!(await sections(page)).includes('users'))
    await close()
    own.close()
  })
})
