// Plans, pilots and ideas, against a service of its own: what curl has made is drawn, and what is drawn leads to what can be done.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch, looks, openView, violations, wide } from './browser.mjs'
import { Service } from './service.mjs'

let browser
let service

before(async () => {
  browser = await launch()
  service = await new Service(process.env.FETTLE_BIN ?? '../bin/fettle').start()
  await service.call('POST', '/v1/improvementPlans', { displayName: 'Accept faster · 更快接单', kpi: 'MINUTES_TO_ACCEPT', target: 3, owner: 'Li Wei', deadlineDate: '2027-03-31' })
  const policy = await service.call('POST', '/v1/policies', { displayName: 'ask first', rule: { mode: 'SUGGEST' } })
  await service.call('POST', '/v1/pilots', { displayName: 'Suggest by blocks · 分段试行', policyId: policy.id, kpi: 'MINUTES_TO_ACCEPT', effect: -1.5, kind: 'BLOCKS', blockLength: '86400s', blocks: 14 })
  for (const title of ['Spare cartridges in each van', 'Codes on doors']) await service.call('POST', '/v1/ideas', { title, text: 'Fewer second visits' })
  const { ideas } = await service.call('GET', '/v1/ideas')
  await service.call('POST', `/v1/ideas/${ideas[1].id}:vote`, {})
})
after(async () => {
  await browser?.close()
  await service?.close()
})

describe('improvement', () => {
  for (const [name, options] of looks) {
    test(`plans, pilots and ideas are drawn: ${name}`, async () => {
      const zh = options.locale === 'zh-CN'
      const { page, faults, close } = await openView(browser, service.url, 'operations?show=improve', { token: service.token, ...options })
      await page.locator('[data-plan]', { hasText: zh ? '近 28 天暂无数据' : 'No figure of the last 28 days' }).waitFor()
      await page.locator('[data-pilot] meter').waitFor()
      await page.locator('[data-idea]').nth(1).waitFor()
      assert.match(await page.locator('[data-idea]').first().textContent(), zh ? /Codes on doors.*1 票/ : /Codes on doors.*Votes: 1/) // the most votes first
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(await wide(page), [])
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/improve-${name.replaceAll(/\W+/g, '-')}.png` })
      await page.locator('[data-idea] a').first().click()
      await page.locator('.card.record .verbs button').first().waitFor()
      assert.deepEqual(faults, [])
      await close()
    })
  }
})

describe('policies', () => {
  for (const [name, options] of looks) {
    test(`what rules, what became of suggestions and what each version changed: ${name}`, async () => {
      const zh = options.locale === 'zh-CN'
      const [careful, bold] = await Promise.all([
        service.call('POST', '/v1/policies', { displayName: 'Ask in the north · 北区先询问', note: 'the north has new people', rule: { mode: 'AUTO' }, teams: [{ territory: 'north', mode: 'SUGGEST', offerTimeout: '600s' }] }),
        service.call('POST', '/v1/policies', { displayName: 'Veto · 可否决', rule: { mode: 'AUTO_WITH_VETO', vetoWindow: '300s' } }),
      ])
      await service.call('POST', `/v1/policies/${careful.id}:activate`, { reason: 'to begin' })
      await service.call('POST', `/v1/policies/${bold.id}:activate`, { reason: 'to go on' })
      await service.technician('Zhao Lei 赵磊', 'roofs', { latitude: 30.28, longitude: 120.16 })
      const order = await service.order('A tile is loose', 'roofs', { latitude: 30.28, longitude: 120.16 }, { unitId: `9-${name}` })
      await service.call('POST', `/v1/workOrders/${order.id}:acceptSuggestion`, {})
      const { page, faults, close } = await openView(browser, service.url, 'operations?show=steer', { token: service.token, ...options })
      await page.locator(`[data-active="${bold.id}"]`, { hasText: zh ? '可否决的自动派单' : 'Assigned unless somebody objects' }).waitFor()
      await page.locator(`[data-score="${bold.id}"] .followed`).waitFor()
      const version = page.locator(`[data-version="${bold.version}"]`)
      assert.match(await version.textContent(), zh ? /相对 北区先询问.*建议派单.*默认/s : /against Ask in the north.*north.*Suggested, you decide → as in the default/s)
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(await wide(page), [])
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/policies-${name.replaceAll(/\W+/g, '-')}.png` })
      await page.getByRole('button', { name: zh ? '回退…' : 'Roll back…' }).click()
      await page.locator('.back input').fill('too many objections')
      await page.getByRole('button', { name: zh ? '确认回退' : 'Roll back', exact: true }).click()
      await page.locator(`[data-active="${careful.id}"]`).waitFor()
      assert.equal((await service.call('GET', '/v1/policies:active')).id, careful.id)
      assert.deepEqual(faults, [])
      await close()
    })
  }
})
