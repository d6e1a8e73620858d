// Leases in the console and what tenants answer on their pages, in Chromium against FETTLE_BIN: whole journeys, nothing made up.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { launch, openPage, openView, violations, wide } from './browser.mjs'
import { Service } from './service.mjs'

const dayMs = 24 * 3_600_000
const day = (n) => new Date(Date.now() + n * dayMs).toISOString().slice(0, 10)

let browser
let service
let made = 0

before(async () => {
  assert.ok(process.env.FETTLE_BIN, 'FETTLE_BIN names no built fettle')
  browser = await launch()
  service = await new Service(process.env.FETTLE_BIN).start()
})
after(async () => {
  await browser?.close()
  await service?.close()
})

/** A dwelling with an active lease that ends in some days. */
async function leased(days) {
  const number = `3-${1200 + ++made}`
  const property = await service.call('POST', '/v1/properties', { displayName: `Maple Court ${made}`, location: { latitude: 30.2, longitude: 120.2 } })
  const unit = await service.call('POST', '/v1/units', { propertyId: property.id, number })
  const lease = await service.call('POST', '/v1/leases', { number: `HT-${made}`, tenantId: `t-${made}`, unitId: unit.id, startDate: day(-330), endDate: day(days), rentCents: '310000' })
  await service.call('POST', `/v1/leases/${lease.id}:sign`, {})
  await service.call('POST', `/v1/leases/${lease.id}:activate`, {})
  return { lease, unit, number }
}

async function proposed() {
  const { lease } = await leased(35)
  const offer = (more) => service.call('POST', '/v1/offers', { startDate: day(-1), endDate: day(200), stock: 5, ...more })
  const free = await offer({ displayName: 'A month free 免租一月', kind: 'FREE_DAYS', maxFreeDays: 30 })
  const bed = await offer({ displayName: 'A better bed 换一张好床', kind: 'UPGRADE', costCents: '150000' })
  const renewal = await service.call('POST', '/v1/renewals', { leaseId: lease.id, prices: [{ months: 6, rentCents: '315000' }, { months: 12, rentCents: '300000' }], offerIds: [free.id, bed.id], budgetCents: '300000' })
  const { token } = await service.call('POST', `/v1/renewals/${renewal.id}:link`, {})
  return { renewal, lease, address: `${service.url}/r/${token}` }
}

describe('leases in the console', () => {
  for (const [name, options, words] of [['1440 px, English', {}, ['Add', 'Do it', 'Sign', 'Activate', 'Terminate']], ['360 px, Chinese', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }, ['新增', '确定', '提交签约', '生效', '终止']]]) {
    test(`are written, signed, made active and ended by forms: ${name}`, async () => {
      const { unit } = await leased(300)
      const other = await service.call('POST', '/v1/units', { propertyId: unit.propertyId, number: `9-${made}` })
      const { page, faults, close } = await openView(browser, service.url, 'operations?show=leases', { ...options, token: service.token })
      const [add, go, sign, activate, terminate] = words
      const number = `JOURNEY-${made}`
      const field = (label) => page.locator('.sheet-form .field label', { hasText: label }).locator('input').first()
      const zh = options.locale === 'zh-CN'
      await page.locator('.filters > .primary', { hasText: add }).click()
      await field(zh ? '号码' : 'Number').fill(number)
      await field(zh ? '房间' : 'Unit').fill(other.id)
      await field(zh ? '租客' : 'Tenant').fill('t-journey')
      await field(zh ? '起租日' : 'First day').fill(day(1))
      await field(zh ? '到期日' : 'Last day').fill(day(365))
      await field(zh ? '租金' : 'Rent').fill('3100')
      await page.locator('.sheet-form .primary', { hasText: go }).click()
      await page.locator('.records a', { hasText: number }).click()
      for (const verb of [sign, activate]) {
        await page.locator('.card .verbs > div > button', { hasText: verb }).click()
        await page.locator('.card .sheet-form .primary').click()
        await page.locator('.card .verbs > div > button', { hasText: verb }).waitFor({ state: 'detached' })
      }
      assert.deepEqual(await wide(page), [])
      assert.deepEqual(await violations(page), [])
      const { leases } = await service.call('GET', '/v1/leases')
      const lease = leases.find((l) => l.number === number)
      assert.equal(lease.rentCents, '310000')
      await page.locator('.card .verbs > div > button', { hasText: terminate }).click()
      await page.locator('.card .sheet-form input[type=text]').fill('moves abroad')
      await page.locator('.card .sheet-form .danger').click()
      await page.locator('.card .verbs > div > button', { hasText: terminate }).waitFor({ state: 'detached' })
      assert.equal((await service.call('GET', `/v1/leases/${lease.id}`)).state, 'TERMINATED')
      assert.deepEqual(faults, [])
      await close()
    })
  }
})

const quarterNow = () => `${new Date().getUTCFullYear()}-Q${Math.floor(new Date().getUTCMonth() / 3) + 1}`

describe('the page behind a proposal', () => {
  for (const [name, options] of [['English', {}], ['Chinese, dark', { locale: 'zh-CN', colorScheme: 'dark' }]]) {
    test(`prices every choice by the formula of the contract and drafts that lease: ${name}`, async () => {
      const { renewal, lease, address } = await proposed()
      const { page, faults, close } = await openPage(browser, address, { width: 360, height: 780, ...options })
      await page.locator('.price b', { hasText: '¥3,000' }).waitFor()
      await page.locator('input[type=range]').fill('10')
      await page.locator('.price b', { hasText: '¥2,916.66' }).waitFor() // floor(300000 * 350 / 360) fen
      assert.deepEqual(await violations(page), [])
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'too wide')
      assert.equal((await service.call('GET', `/v1/renewals/${renewal.id}`)).state, 'VIEWED')
      await page.locator('.offer > .primary').click()
      await page.locator('.hero .taken').waitFor()
      const accepted = await service.call('GET', `/v1/renewals/${renewal.id}`)
      assert.equal(accepted.state, 'ACCEPTED')
      const next = await service.call('GET', `/v1/leases/${accepted.nextLeaseId}`)
      assert.deepEqual([next.state, next.rentCents, next.previousLeaseId], ['DRAFT', '291666', lease.id])
      assert.deepEqual(faults, [])
      await close()
    })
  }

  test('takes another wish, and a no with its reason', async () => {
    const { renewal, address } = await proposed()
    const { page, close } = await openPage(browser, address, { width: 360, height: 780 })
    await page.getByRole('button', { name: 'Suggest other terms' }).click()
    await page.locator('input[name=rent]').fill('2800')
    await page.getByRole('button', { name: 'Send the suggestion' }).click()
    await page.locator('.hero .taken', { hasText: 'suggestion was sent' }).waitFor()
    assert.equal((await service.call('GET', `/v1/renewals/${renewal.id}`)).counter.rentCents, '280000')
    await page.getByRole('button', { name: 'I will not stay' }).click()
    await page.locator('input[name=reason]').fill('a job elsewhere')
    await page.getByRole('button', { name: 'Tell them' }).click()
    await page.locator('.hero .taken', { hasText: 'will not stay' }).waitFor()
    assert.equal((await service.call('GET', `/v1/renewals/${renewal.id}`)).reason, 'a job elsewhere')
    await close()
  })

  for (const [name, locale] of [['English', 'en-GB'], ['Chinese', 'zh-CN']]) {
    test(`has a lease signed by who knows the end of the number: ${name}`, async () => {
      const { unit } = await leased(300)
      const home = await service.call('POST', '/v1/units', { propertyId: unit.propertyId, number: `7-${made}` })
      const tenant = await service.call('POST', '/v1/tenants', { displayName: '李娜 Li Na', nationalId: locale === 'zh-CN' ? '11010519491231002X' : '330106198802143019' })
      const lease = await service.call('POST', '/v1/leases', { tenantId: tenant.id, unitId: home.id, startDate: day(1), endDate: day(365), rentCents: '320000' })
      const signature = await service.call('POST', '/v1/signatures', { leaseId: lease.id })
      const { token } = await service.call('POST', `/v1/signatures/${signature.id}:link`, {})
      const { page, faults, close } = await openPage(browser, `${service.url}/r/${token}`, { width: 360, height: 780, locale })
      const answer = page.locator('form.box input').first()
      await answer.fill('0000')
      await page.locator('form.box .primary').click()
      await page.locator('form.box', { hasText: /4/ }).waitFor() // attempts that are left
      await answer.fill(locale === 'zh-CN' ? '002X' : '3019')
      await page.locator('form.box .primary').click()
      await page.locator('input[type=checkbox]').check()
      await page.locator('input[autocomplete=name]').fill('李娜 Li Na')
      assert.deepEqual(await violations(page), [])
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'too wide')
      await page.locator('form.box .primary').click()
      await page.locator('.hero .taken').waitFor()
      assert.equal((await service.call('GET', `/v1/leases/${lease.id}`)).state, 'ACTIVE')
      assert.equal((await service.call('GET', `/v1/signatures/${signature.id}:verify`)).valid, true)
      assert.deepEqual(faults.filter((f) => !/409|403|422|401|400/.test(f)), []) // the wrong answer is one
      await close()
    })
  }

  test('asks who lives there how it is by one tap', async () => {
    const { lease } = await leased(200)
    const { token } = await service.call('POST', '/v1/surveys:link', { leaseId: lease.id })
    const { page, close } = await openPage(browser, `${service.url}/r/${token}`, { width: 360, height: 780 })
    const survey = await service.call('POST', '/v1/surveys', { displayName: 'How is it', quarter: quarterNow() })
    await page.reload()
    await page.getByRole('button', { name: '9', exact: true }).click()
    await page.getByLabel(/main reason/).fill('quiet')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('your answer was noted').waitFor()
    assert.equal((await service.call('GET', `/v1/surveys/${survey.id}:results`)).total.promoters, 1)
    await page.getByRole('button', { name: 'bad', exact: true }).click()
    await page.locator('.mood .taken', { hasText: 'Thank you' }).waitFor()
    assert.deepEqual(await violations(page), [])
    const { careTasks } = await service.call('GET', '/v1/careTasks')
    assert.equal(careTasks.filter((c) => c.leaseId === lease.id).length, 1)
    await close()
  })
})
