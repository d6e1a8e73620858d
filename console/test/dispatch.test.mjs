// Dispatching by suggestions, alerts and keys, against a service of its own.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch, openView, violations, wide } from './browser.mjs'
import { Service } from './service.mjs'

const home = { latitude: 30.2741, longitude: 120.1551 }
const near = (k) => ({ latitude: home.latitude + 0.003 * k, longitude: home.longitude + 0.004 * k })

let browser
let service

before(async () => {
  browser = await launch()
  service = await new Service(process.env.FETTLE_BIN ?? '../bin/fettle').start()
})
after(async () => {
  await browser?.close()
  await service?.close()
})

const open = (options) => openView(browser, service.url, 'dispatch', { token: service.token, ...options })
const until = async (id, want) => {
  for (let i = 0; ; i++) {
    const o = await service.get(id)
    if (want(o)) return o
    assert.ok(i < 100, `the order is ${JSON.stringify(o)}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}

describe('dispatching by suggestions', () => {
  test('a dispatcher accepts, objects, accepts the rest at once, undoes, and works through alerts with the keyboard', async () => {
    const [he, luo] = [await service.technician('He Gang 何刚', 'plumbing', near(1)), await service.technician('Luo Ping 罗平', 'plumbing', near(2))]
    const policy = await service.call('POST', '/v1/policies', { displayName: 'ask first', rule: { mode: 'SUGGEST' } })
    await service.call('POST', `/v1/policies/${policy.id}:activate`, { reason: 'week 1' })
    const { page, faults, close } = await open()
    await page.getByText('Suggested, you decide').waitFor()
    const orders = []
    for (const text of ['Tap drips', 'Drain is blocked', 'Toilet runs', 'Pipe is loose']) orders.push(await service.order(text, 'plumbing', near(orders.length + 1), { unitId: text }))
    assert.ok(orders.every((o) => o.state === 'NEW' && o.suggestion?.technicianId), JSON.stringify(orders[0]))
    await page.locator('.row .suggested').nth(3).waitFor()
    await page.getByLabel('Show', { exact: true }).selectOption('suggested')
    assert.deepEqual(await violations(page), [])

    await page.locator(`[data-order="${orders[0].id}"]`).click()
    await page.locator('.verdict.suggested', { hasText: 'Waits for you' }).waitFor()
    await page.keyboard.press('a')
    const given = await until(orders[0].id, (o) => o.state !== 'NEW')
    assert.equal(given.assignment.technicianId, orders[0].suggestion.technicianId)
    await page.getByRole('button', { name: 'Undo (U)' }).click()
    const taken = await until(orders[0].id, (o) => o.state === 'NEW' && o.suggestion)
    assert.equal(taken.suggestion.technicianId, orders[0].suggestion.technicianId, 'what was accepted by mistake is suggested as before')
    await page.locator('.verdict.suggested', { hasText: 'Waits for you' }).waitFor()
    await page.keyboard.press('a')
    await until(orders[0].id, (o) => o.state !== 'NEW')

    await page.locator(`[data-order="${orders[1].id}"]`).click()
    await page.locator('.verdict.suggested').waitFor()
    await page.keyboard.press('x')
    await page.locator('.ask input[name=reason]').fill('knows the house better')
    await page.keyboard.press('Enter')
    const next = await until(orders[1].id, (o) => o.suggestion && o.suggestion.technicianId !== orders[1].suggestion.technicianId)
    assert.ok([he.id, luo.id].includes(next.suggestion.technicianId))
    await page.getByText('Decisions, by which policy').click()
    await page.locator('.decisions li', { hasText: 'Objected' }).waitFor()
    assert.deepEqual(await violations(page), [])

    await page.getByRole('button', { name: /Carry out all 3 suggestions/ }).click()
    await page.getByText('3 of 3 carried out, 0 refused.').waitFor()
    for (const o of orders) await until(o.id, ({ state }) => state !== 'NEW')

    await page.getByLabel('Show', { exact: true }).selectOption('')
    await page.locator(`[data-order="${orders[0].id}"]`).click()
    await page.getByRole('button', { name: 'Pin', exact: true }).click()
    await until(orders[0].id, (o) => o.pin)
    await page.getByRole('button', { name: 'Undo (U)' }).click()
    await until(orders[0].id, (o) => !o.pin)
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as PDF' }).click()])
    assert.equal(file.suggestedFilename(), `${orders[0].id}.pdf`)
    await page.keyboard.press('Escape')

    await page.getByLabel('Words, name or number').fill('tap')
    await page.getByRole('button', { name: 'Keep', exact: true }).click()
    await page.locator('dialog.naming input').fill('Taps')
    assert.deepEqual(await violations(page), [])
    await page.keyboard.press('Enter')
    await page.locator('.queue-filter .chip', { hasText: 'Taps' }).waitFor()
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await page.locator('.list .row').first().focus()
    await page.keyboard.press('ArrowDown')
    assert.equal(await page.evaluate(() => [...document.querySelectorAll('.list .row')].indexOf(document.activeElement)), 1)
    await page.keyboard.press('?')
    await page.locator('dialog.keys').waitFor()
    await page.keyboard.press('Escape')
    assert.deepEqual(faults, [])
    await close()
  })

  for (const [name, options] of [['1440 px', {}], ['360 px, Chinese, dark', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }]]) {
    test(`alerts are worked through: ${name}`, async () => {
      const zh = Boolean(options.locale)
      const order = await service.order(`Lift stands still ${name}`, 'lifts', near(3), { unitId: zh ? 'zh' : 'en' }) // nobody can
      const { page, faults, close } = await open(options)
      await page.locator('#tab-alerts').click()
      const row = page.locator(`[data-alert="${order.id}/nobody"]`)
      await row.waitFor()
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(await wide(page), [])
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/alerts-${zh ? 'zh' : 'en'}.png` })
      await row.getByRole('button', { name: zh ? '登记通话' : 'Log a call' }).click()
      await page.locator('.ask select[name=outcome]').selectOption('REACHED')
      await page.locator('.ask button[type=submit]').click()
      await page.locator('.ask').waitFor({ state: 'detached' })
      assert.ok((await service.timeline(order.id)).some((e) => e.type === 'work_order.called'))
      await page.keyboard.press('Escape')
      await row.locator('select').selectOption('60')
      await row.waitFor({ state: 'detached' })
      await page.reload()
      await page.waitForFunction(() => window.fettle?.app.loaded.value)
      await page.locator('#tab-alerts').click()
      await page.locator('.alert-away button').click()
      await row.waitFor()
      await page.locator('#tab-people').click()
      await page.locator('[data-worker]').first().click()
      await page.locator('.card .cause', { hasText: zh ? '仅在途中上报位置' : 'places are told only on the way' }).waitFor()
      assert.deepEqual(faults, [])
      await close()
    })

    test(`what a technician told too late is shown until it was looked at: ${name}`, async () => {
      const zh = Boolean(options.locale)
      const fang = await service.technician(`Fang Jun 方军 ${name}`, zh ? 'locks' : 'roofs', near(5))
      const order = await service.order(`Roof leaks ${name}`, zh ? 'locks' : 'roofs', near(6), { unitId: zh ? 'zh-late' : 'en-late' })
      if (order.state === 'NEW') await service.call('POST', `/v1/workOrders/${order.id}:acceptSuggestion`, {})
      await service.call('POST', `/v1/workOrders/${order.id}:cancel`, { reason: 'mended' })
      const { page, faults, close } = await open(options)
      const told = await service.call('POST', `/v1/workOrders/${order.id}:accept`, { tapTime: new Date(Date.now() - 3 * 3600_000).toISOString() }, fang.key)
      assert.equal(told.lateTap.conflict, 'ILLEGAL_STATE')
      assert.equal(told.state, 'CANCELED')
      await page.locator('#tab-alerts').click()
      const row = page.locator(`[data-alert="${order.id}/tapped"]`)
      await row.waitFor()
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(await wide(page), [])
      await row.locator('button.row').click()
      await page.locator('.timeline', { hasText: zh ? '工单已变化' : 'the order had moved on' }).waitFor()
      await page.keyboard.press('Escape')
      await row.getByRole('button', { name: zh ? '已查看' : 'Seen' }).click()
      await row.waitFor({ state: 'detached' })
      assert.equal((await service.call('GET', '/v1/workOrders:lateTaps')).lateTaps, undefined)
      assert.deepEqual(faults, [])
      await close()
    })
  }
})
