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
