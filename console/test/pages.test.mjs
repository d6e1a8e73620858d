// Drives the pages of technicians and tenants in Chromium against a Fettle that is cut off, killed and started again:
// FETTLE_BIN=../bin/fettle node --test test/pages.test.mjs. With SHOTS=folder it takes pictures on the way.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'
import { Service } from './service.mjs'
import { Sink } from './sink.mjs'

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const patience = 20_000
const home = { latitude: 30.2741, longitude: 120.1551 }
const near = (k) => ({ latitude: home.latitude + 0.004 * k, longitude: home.longitude + 0.005 * k })
const phone = { width: 360, height: 740 }

let browser
let service
let sink // what would be messages

before(async () => {
  assert.ok(executablePath, "no Chromium: run 'apt-get install chromium' or set CHROMIUM")
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  sink = await new Sink().start()
  service = await new Service(process.env.FETTLE_BIN ?? '../bin/fettle', '--notify-url', sink.url).start()
})
after(async () => {
  await browser?.close()
  await service?.close()
  await sink?.close()
})

async function open(url, { viewport = phone, ...options } = {}) {
  const context = await browser.newContext({
    viewport, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce', timezoneId: 'Asia/Shanghai',
    permissions: ['geolocation'], geolocation: { ...near(1), accuracy: 8 }, ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const faults = []
  page.on('pageerror', (e) => faults.push(e.message))
  page.on('dialog', (d) => d.accept())
  await page.goto(url)
  return { page, context, faults, close: () => context.close() }
}

async function look(page, name) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 160)} ${n.any[0]?.message ?? ''}`).join(' | ')}`)
  assert.deepEqual(serious, [], `accessibility of ${name}`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  assert.equal(wide, false, `${name} scrolls sideways`)
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) })
}

/** A picture as a camera makes one, drawn by the page. */
const picture = async (page, width, height) => Buffer.from(await page.evaluate(([w, h]) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h })
  const c = canvas.getContext('2d')
  for (let i = 0; i < 400; i++) {
    c.fillStyle = `hsl(${(i * 47) % 360} 60% 55%)`
    c.fillRect((i * 131) % w, (i * 71) % h, w / 9, h / 9)
  }
  return canvas.toDataURL('image/png').split(',')[1]
}, [width, height]), 'base64')

const stop = (page, id) => page.locator(`[data-order="${id}"]`)
const inState = (page, id, state) => page.locator(`[data-order="${id}"][data-state="${state}"]`).waitFor()
const untilServer = async (id, state) => {
  for (let i = 0; i < 200; i++) {
    if ((await service.get(id)).state === state) return
    await new Promise((done) => setTimeout(done, 100))
  }
  assert.fail(`the order is ${(await service.get(id)).state}, want ${state}`)
}
const press = (page, id, name) => stop(page, id).getByRole('button', { name, exact: true }).click()

describe('the page of a technician', () => {
  test('a day with a network that goes, a reload and a service that is killed loses nothing', async () => {
    const li = await service.technician('Li Wei 李伟', 'plumbing', home)
    const [first, second] = [await service.order('Kitchen tap drips all night', 'plumbing', near(1)), await service.order('Drain of the shower is blocked', 'plumbing', near(2))]
    const { page, context, faults, close } = await open(`${service.url}/t/#key=${li.key}`)
    await stop(page, first.id).waitFor()
    assert.equal(new URL(page.url()).hash, '', 'the key is still in the address')
    assert.equal(await page.evaluate(() => performance.getEntriesByType('resource').filter((r) => r.name.includes('maplibre')).length), 0)
    await look(page, 'technician-offer')
    await press(page, first.id, 'Accept')
    await untilServer(first.id, 'ACCEPTED')
    await press(page, first.id, 'Set off')
    await untilServer(first.id, 'EN_ROUTE')
    await look(page, 'technician-way')
    await page.getByText('place is being sent').waitFor()
    for (let i = 0; ; i++) {
      const { position } = await service.call('GET', `/v1/technicians/${li.id}`)
      if (position && Math.abs(position.location.latitude - near(1).latitude) < 1e-6) break
      assert.ok(i < 100, 'no position has come')
      await new Promise((done) => setTimeout(done, 100))
    }
    await page.evaluate(() => navigator.serviceWorker.ready)

    await context.setOffline(true)
    await press(page, first.id, 'I am there')
    await press(page, first.id, 'Start work')
    await inState(page, first.id, 'WORKING')
    await stop(page, first.id).getByText('waits for the network').waitFor()
    await page.reload()
    await inState(page, first.id, 'WORKING')
    await look(page, 'technician-offline')
    await page.getByRole('button', { name: /Outbox/ }).click()
    assert.equal(await page.locator('.box li').count(), 2, 'taps that wait')
    assert.equal((await service.get(first.id)).state, 'EN_ROUTE')
    await service.kill()
    await context.setOffline(false)
    await page.getByRole('button', { name: 'Send now' }).click()
    await service.start()
    await untilServer(first.id, 'WORKING')
    await page.getByText('Everything has been sent.').waitFor()
    const types = (await service.timeline(first.id)).map((e) => e.type)
    for (const type of ['work_order.departed', 'work_order.arrived', 'work_order.started']) assert.equal(types.filter((t) => t === type).length, 1, `${type} in ${types}`)

    await page.getByRole('button', { name: /Stops/ }).click()
    await press(page, first.id, 'Pause')
    await page.getByRole('button', { name: 'Parts missing' }).click()
    await page.getByLabel(/Parts/).fill('cartridge 35 mm')
    await look(page, 'technician-pause')
    await page.locator('.ask').getByRole('button', { name: 'Pause' }).click()
    await untilServer(first.id, 'PAUSED')
    assert.match((await service.get(first.id)).reason, /Parts missing.*cartridge 35 mm/)
    await press(page, first.id, 'Go on')
    await untilServer(first.id, 'WORKING')
    await press(page, first.id, 'Done')
    await page.getByRole('button', { name: 'Part replaced' }).click()
    await page.locator('.ask').getByRole('button', { name: 'Done' }).click()
    await untilServer(first.id, 'COMPLETED')
    assert.match((await service.timeline(first.id)).find((e) => e.type === 'work_order.completed').reason, /Part replaced/)

    await stop(page, second.id).waitFor()
    await context.setOffline(true)
    await press(page, second.id, 'Accept')
    await service.call('POST', `/v1/workOrders/${second.id}:cancel`, { reason: 'reported twice' })
    await context.setOffline(false)
    await page.getByRole('button', { name: /Refused by the service/ }).click()
    await page.locator('.refused').waitFor()
    await look(page, 'technician-refused')
    await page.getByRole('button', { name: 'Seen, put away' }).click()
    await page.locator('.refused').waitFor({ state: 'detached' })

    await context.setOffline(true) // the same told hours later is history, for the technician and for the desk
    await page.evaluate(({ order, technician }) => new Promise((done, failed) => {
      const open = indexedDB.open('fettle-t')
      open.onerror = failed
      open.onsuccess = () => {
        const put = open.result.transaction('actions', 'readwrite').objectStore('actions')
          .add({ orderId: order, technicianId: technician, title: 'late', verb: 'accept', reason: '', at: Date.now() - 3 * 3600_000, key: crypto.randomUUID() })
        put.onerror = failed
        put.onsuccess = done
      }
    }), { order: second.id, technician: li.id })
    await context.setOffline(false)
    await page.getByText('Came too late').first().waitFor()
    const late = await service.call('GET', '/v1/workOrders:lateTaps')
    assert.deepEqual(late.lateTaps.map((t) => [t.workOrderId, t.verb, t.conflict]), [[second.id, 'accept', 'ILLEGAL_STATE']])
    assert.equal((await service.get(second.id)).state, 'CANCELED')
    await page.getByText('The order had moved on.').waitFor()
    await page.getByRole('button', { name: 'Seen, put away' }).click()
    await page.locator('.refused').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /Stops/ }).click()
    await page.getByText('No stops now').waitFor()
    await look(page, 'technician-empty')
    await page.getByRole('button', { name: /My month/ }).click()
    await page.locator('.sheet tbody tr').first().waitFor()
    await look(page, 'technician-sheet')
    await page.getByRole('button', { name: 'End shift' }).click()
    await page.getByText('off shift').first().waitFor()
    await page.getByRole('button', { name: /Outbox/ }).click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Mobile number').waitFor()
    assert.deepEqual(faults, [])
    await close()
  })

  test('is whole in Chinese and in the dark, declines with a reason, and refuses a key that is not a technician’s', async () => {
    const wang = await service.technician('Wang Fang 王芳', 'electrical', home)
    const order = await service.order('Lamp in the hall is dark · 走廊灯不亮', 'electrical', near(1), { urgency: 'EMERGENCY' })
    const { page, faults, close } = await open(`${service.url}/t/`, { locale: 'zh-CN', colorScheme: 'dark' })
    await page.getByText('使用密钥登录').click()
    await page.getByLabel('密钥').fill(service.token)
    await page.getByRole('button', { name: '用密钥登录' }).click()
    await page.getByText('该密钥不属于维修师傅').waitFor()
    await look(page, 'technician-signin-zh')
    await page.getByLabel('密钥').fill(wang.key)
    await page.getByRole('button', { name: '用密钥登录' }).click()
    await stop(page, order.id).waitFor()
    await page.getByText('走廊灯不亮').waitFor()
    await look(page, 'technician-offer-zh')
    await press(page, order.id, '拒单')
    await page.getByRole('button', { name: '缺少工具' }).click()
    await page.locator('.ask').getByRole('button', { name: '拒单' }).click()
    await page.getByText('暂无工单').waitFor()
    await page.getByRole('button', { name: /待发送/ }).click()
    await page.getByText('全部已发送').waitFor()
    assert.ok((await service.timeline(order.id)).some((e) => e.type === 'work_order.declined' && e.reason === '缺少工具'))
    assert.deepEqual(faults, [])
    await close()
  })

  test('signs in by a code on the telephone, and photos, signature, trace, looks and ideas are one’s own', async () => {
    const chen = await service.technician('Chen Jie 陈洁', 'carpentry', home, '13900000017')
    const order = await service.order('Cupboard door hangs loose', 'carpentry', near(1))
    const { page, context, faults, close } = await open(`${service.url}/t/`)
    await page.getByLabel('Mobile number').fill('139 0000 0017')
    await page.getByRole('button', { name: 'Send the code' }).click()
    const code = await sink.until((m) => /\b(\d{6})\b/.exec(JSON.stringify(m))?.[1])
    await page.getByLabel('Code').fill(code === '000000' ? '000001' : '000000')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('This code is not right').waitFor()
    await look(page, 'technician-code')
    await page.getByLabel('Code').fill(code)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await stop(page, order.id).waitFor()

    for (const [verb, state] of [['Accept', 'ACCEPTED'], ['Set off', 'EN_ROUTE']]) {
      await press(page, order.id, verb)
      await untilServer(order.id, state)
    }
    await service.call('POST', '/v1/positions:report', { positions: [{ technicianId: chen.id, location: near(1), accuracyMeters: 9, sequence: Date.now() + 1e6 }] })
    await press(page, order.id, 'I am there')
    await untilServer(order.id, 'ON_SITE')
    await context.setOffline(true)
    await page.locator('input[name=photo-BEFORE]').setInputFiles({ name: 'door.png', mimeType: 'image/png', buffer: await picture(page, 1800, 1200) })
    await page.getByLabel('Photos that wait to be sent').locator('li').waitFor()
    await press(page, order.id, 'Start work')
    await inState(page, order.id, 'WORKING')
    await page.reload()
    await page.getByLabel('Photos that wait to be sent').locator('img').waitFor() // the picture survives a reload
    await context.setOffline(false)
    await untilServer(order.id, 'WORKING')
    const photos = async (n) => {
      for (let i = 0; ; i++) {
        const { photos = [] } = await service.call('GET', `/v1/workOrders/${order.id}/photos`)
        if (photos.length >= n) return photos
        assert.ok(i < 600, `${photos.length} photos, want ${n}`) // what failed once is sent again after up to 30 s
        await new Promise((done) => setTimeout(done, 100))
      }
    }
    assert.deepEqual((await photos(1)).map((p) => [p.stage, p.width]), [['BEFORE', 1800]])
    await page.getByText('Photos of this order').click()
    await page.locator('.thumbs a img').waitFor()
    await look(page, 'technician-photos')

    await press(page, order.id, 'Done')
    await page.locator('input[name=photo-AFTER]').setInputFiles({ name: 'after.png', mimeType: 'image/png', buffer: await picture(page, 300, 200) })
    await page.getByText('Signature of the tenant').click()
    const pad = await page.locator('.signature canvas').boundingBox()
    await page.mouse.move(pad.x + 30, pad.y + 90)
    await page.mouse.down()
    for (const [x, y] of [[80, 30], [120, 120], [170, 40], [240, 100]]) await page.mouse.move(pad.x + x, pad.y + y, { steps: 4 })
    await page.mouse.up()
    await page.getByLabel('Who signs').fill('Ms Wang')
    await look(page, 'technician-signature')
    await page.getByRole('button', { name: 'Repaired' }).click()
    await page.locator('.ask').getByRole('button', { name: 'Done' }).click()
    await untilServer(order.id, 'COMPLETED')
    assert.deepEqual((await photos(3)).map((p) => [p.stage, p.caption ?? '']).sort(), [['AFTER', ''], ['BEFORE', ''], ['SIGNATURE', 'Ms Wang']])

    await service.call('GET', `/v1/technicians/${chen.id}/trace?purpose=a%20complaint`)
    await page.getByRole('button', { name: /My month/ }).click()
    await page.getByRole('heading', { name: 'Where you were' }).waitFor()
    await page.locator('.approach canvas').waitFor()
    await page.getByText('a complaint').waitFor()
    await look(page, 'technician-trace')
    await page.getByRole('button', { name: 'Ideas' }).click()
    await page.getByText('The box is empty').waitFor()
    await page.getByLabel('The idea in a sentence').fill('Carry two spare cartridges in each van')
    await page.getByRole('button', { name: 'Put it into the box' }).click()
    await page.getByRole('button', { name: /Vote for it/ }).click()
    await page.getByRole('button', { name: 'Take the vote back · 1' }).waitFor()
    await look(page, 'technician-ideas')
    assert.equal((await service.call('GET', '/v1/ideas')).ideas[0].votes, 1)
    assert.deepEqual(faults, [])
    await close()
  })

  test('can be installed', async () => {
    const manifest = await (await fetch(`${service.url}/t/app.webmanifest`)).json()
    assert.equal(manifest.start_url, '/t/')
    for (const icon of manifest.icons) {
      const response = await fetch(service.url + icon.src)
      assert.equal(response.headers.get('content-type'), 'image/png')
      const bytes = new DataView(await response.arrayBuffer())
      assert.equal(`${bytes.getUint32(16)}x${bytes.getUint32(20)}`, icon.sizes)
    }
  })
})

describe('the console', () => {
  test('makes the codes that open both pages', async () => {
    const { id, key } = await service.technician('Sun Yue 孙悦', 'locks', home)
    assert.ok(key)
    const order = await service.order('Door lock is stuck', 'locks', near(1))
    const { page, faults, close } = await open(service.url, { viewport: { width: 1440, height: 900 } })
    await page.locator('input[name=token]').fill(service.token)
    await page.keyboard.press('Enter')
    await page.locator(`[data-order="${order.id}"]`).click()
    await page.getByRole('button', { name: 'Code for the door' }).click()
    await page.locator('.share svg').waitFor()
    await page.getByRole('button', { name: 'Link to this repair' }).click()
    await page.locator('.share a').nth(1).waitFor() // both: the door's may be there first
    const tenant = await page.locator('.share a').first().getAttribute('href')
    await look(page, 'console-codes')
    await page.keyboard.press('Escape')
    await page.locator('#tab-people').click()
    await page.locator(`[data-worker="${id}"]`).click()
    await page.getByRole('button', { name: 'Sign in a phone' }).click()
    const technician = await page.locator('.share a').getAttribute('href')
    await page.goto(tenant)
    await page.locator('.hero[data-stage=WAITING]').waitFor()
    await page.goto(technician)
    await stop(page, order.id).waitFor()
    assert.deepEqual(faults, [])
    await close()
  })
})

describe('notes', () => {
  test('go between tenant, technician and desk while they look, through an outage, and wait for an answer until there is one', async () => {
    const li = await service.technician('Tang Min 唐敏', 'gas', near(7))
    const order = await service.order('The gas stove does not light', 'gas', near(7), { unitId: '7-0702' })
    const technician = await open(`${service.url}/t/#key=${li.key}`)
    await press(technician.page, order.id, 'Accept')
    const tenant = await open(await service.link({ workOrderId: order.id }), { locale: 'zh-CN', colorScheme: 'dark' })
    const field = tenant.page.getByLabel('写留言')
    await field.fill('按门铃没有声音，请敲门。')
    await tenant.context.setOffline(true)
    await tenant.page.getByRole('button', { name: '发送' }).click()
    await tenant.page.locator('.notes-write .error').waitFor()
    assert.equal(await field.inputValue(), '按门铃没有声音，请敲门。', 'what was written is gone')
    await tenant.context.setOffline(false)
    await tenant.page.getByRole('button', { name: '发送' }).click()
    await tenant.page.getByText('已发送，回复会显示在这里。').waitFor()
    await stop(technician.page, order.id).getByText('按门铃没有声音，请敲门。').waitFor()

    const desk = await open(service.url, { viewport: { width: 1440, height: 900 } })
    await desk.page.locator('.signin input').fill(service.token)
    await desk.page.keyboard.press('Enter')
    await desk.page.locator('#tab-alerts').click()
    const alert = desk.page.locator(`[data-alert="${order.id}/note"]`)
    await alert.getByRole('button', { name: 'Read and answer' }).click()
    await desk.page.locator('.card').getByText('按门铃没有声音，请敲门。').waitFor()
    await desk.page.locator('.card').getByLabel('Answer').fill('We knock. Somebody comes at four.')
    await look(desk.page, 'notes-desk')
    await desk.page.locator('.notes-write').getByRole('button', { name: 'Send' }).click()
    await alert.waitFor({ state: 'detached' })
    await tenant.page.getByText('We knock. Somebody comes at four.').waitFor()
    await stop(technician.page, order.id).getByText('We knock.').waitFor()

    await stop(technician.page, order.id).getByLabel('Write a note').fill('I bring the spare burner.')
    await stop(technician.page, order.id).getByRole('button', { name: 'Send', exact: true }).click()
    await tenant.page.getByText('I bring the spare burner.').waitFor()
    await tenant.page.locator('[data-side="TECHNICIAN"]').getByText('唐敏').waitFor()
    await desk.page.locator('.card').getByText('I bring the spare burner.').waitFor()
    await look(technician.page, 'notes-technician')
    await look(tenant.page, 'notes-tenant')

    await technician.page.evaluate(() => navigator.serviceWorker.ready)
    await technician.context.setOffline(true)
    await stop(technician.page, order.id).getByLabel('Write a note').fill('In the cellar: back in ten minutes.')
    await stop(technician.page, order.id).getByRole('button', { name: 'Send', exact: true }).click()
    await stop(technician.page, order.id).locator('.unsent', { hasText: 'In the cellar' }).waitFor()
    await technician.page.reload()
    await stop(technician.page, order.id).locator('.unsent', { hasText: 'In the cellar' }).waitFor()
    await press(technician.page, order.id, 'Set off') // a tap goes first
    await inState(technician.page, order.id, 'EN_ROUTE')
    await look(technician.page, 'notes-offline')
    await technician.context.setOffline(false)
    await untilServer(order.id, 'EN_ROUTE')
    await tenant.page.getByText('In the cellar: back in ten minutes.').waitFor()
    await stop(technician.page, order.id).locator('.unsent').waitFor({ state: 'detached' })
    const { notes } = await service.call('GET', `/v1/workOrders/${order.id}/notes`)
    assert.equal(notes.filter((n) => n.text?.startsWith('In the cellar')).length, 1, 'the note has come once')
    for (const { page, faults, close } of [technician, tenant, desk]) {
      assert.deepEqual(faults, [], page.url())
      await close()
    }
  })
})

describe('the page of a tenant', () => {
  let zhao
  for (const [lang, options] of [['en', {}], ['zh', { locale: 'zh-CN', colorScheme: 'dark' }], ['wide', { viewport: { width: 1440, height: 900 } }]]) {
    test(`from the code on the door to the rating: ${lang}`, async () => {
      const zh = lang === 'zh'
      zhao ??= await service.technician('Zhao Min 赵敏', 'hvac', home)
      const door = await open(await service.link({ unitId: `3-12${lang}`, location: near(3) }), options)
      const { page } = door
      await page.locator('textarea').fill(zh ? '空调不制冷' : 'the air conditioner does not cool')
      await page.locator('.taken').waitFor()
      assert.equal(await page.locator('select[name=trade]').inputValue(), 'hvac')
      await page.locator('input[name=slot]').nth(1).waitFor()
      await page.locator('input[name=photo]').setInputFiles({ name: 'fault.png', mimeType: 'image/png', buffer: await picture(page, 640, 480) })
      await page.locator('.form .thumbs img').waitFor()
      await look(page, `tenant-report-${lang}`)
      await page.getByRole('button', { name: zh ? '提交' : 'Send', exact: true }).click()
      await page.locator('.hero[data-stage=WAITING]').waitFor()
      await page.locator('.hero h2', { hasText: zh ? '赵敏' : 'Zhao Min' }).waitFor() // the person in charge
      await look(page, `tenant-waiting-${lang}`)
      const id = await page.evaluate(() => window.fettleR.order.value)
      await page.locator('.thumbs a img').waitFor()
      assert.deepEqual((await service.call('GET', `/v1/workOrders/${id}/photos`)).photos.map((p) => [p.stage, p.width]), [['BEFORE', 640]])
      const own = await open(await service.link({ workOrderId: id }), options) // the same order by its own link: the stream
      await own.page.locator('.hero[data-stage=WAITING]').waitFor()
      const both = (stage) => Promise.all([page, own.page].map((p) => p.locator(`.hero[data-stage=${stage}]`).waitFor({ timeout: 8000 })))
      const verb = (name, body = {}) => service.call('POST', `/v1/workOrders/${id}:${name}`, body, zhao.key)
      await verb('accept')
      await page.getByRole('button', { name: zh ? '取消报修' : 'Call off the visit' }).waitFor({ state: 'detached' })
      await verb('depart')
      await both('DEPARTED')
      await service.call('POST', '/v1/positions:report', { positions: [{ technicianId: zhao.id, location: near(1), accuracyMeters: 9, sequence: 7 }] }, zhao.key)
      for (const p of [page, own.page]) await p.locator('.approach canvas').waitFor({ timeout: 30_000 })
      await look(own.page, `tenant-way-${lang}`)
      if (lang === 'en') {
        await service.kill()
        await page.locator('.dot.bad').waitFor()
        await service.start()
        await page.locator('.dot.good').waitFor()
      }
      await verb('arrive')
      await both('IN_PROGRESS')
      await verb('complete', { reason: 'cleaned the filter' })
      await both('DONE')
      await page.getByRole('button', { name: zh ? '4 分' : '4 of 5' }).click()
      await look(page, `tenant-rate-${lang}`)
      await page.getByRole('button', { name: zh ? '提交评价' : 'Send rating' }).click()
      await page.locator('.hero .taken').waitFor()
      assert.equal((await service.get(id)).rating, 4)
      await look(page, `tenant-done-${lang}`)
      await page.reload()
      await page.locator('.hero[data-stage=DONE]').waitFor() // the phone remembers its reports
      assert.deepEqual([...door.faults, ...own.faults], [])
      await Promise.all([door.close(), own.close()])
    })
  }

  test('sends the photos of a page that was closed when it is opened again', async () => {
    const order = await service.order('Window does not close', 'carpentry', near(2))
    const link = await service.link({ workOrderId: order.id })
    const first = await open(link)
    const photos = async () => (await service.call('GET', `/v1/workOrders/${order.id}/photos`)).photos ?? []
    await first.page.locator('.hero').waitFor()
    await first.page.route('**/uploads/**', (route) => route.abort()) // no chunk gets through
    await first.page.locator('input[name=photo]').setInputFiles({ name: 'window.png', mimeType: 'image/png', buffer: await picture(first.page, 900, 700) })
    await first.page.getByText('On their way.').waitFor()
    await look(first.page, 'tenant-photo-waits')
    assert.deepEqual(await photos(), [])
    await first.page.close()
    const again = await first.context.newPage()
    await again.goto(link)
    await again.locator('.thumbs img[alt="Before"], .thumbs a img').first().waitFor()
    for (let i = 0; (await photos()).length === 0; i++) {
      assert.ok(i < 300, 'the photo has not come')
      await new Promise((done) => setTimeout(done, 100))
    }
    assert.deepEqual((await photos()).map((p) => [p.stage, p.width]), [['BEFORE', 900]])
    await again.getByText('On their way.').waitFor({ state: 'detached' })
    await again.reload()
    await again.locator('.thumbs a img').waitFor()
    assert.equal((await photos()).length, 1, 'sent twice')
    await first.close()
  })

  test('calls off a visit that nobody has accepted, and says when a link has ended', async () => {
    const order = await service.order('Boiler makes a noise', 'plumbing', near(2))
    const { page, faults, close } = await open(await service.link({ workOrderId: order.id }))
    await page.getByRole('button', { name: 'Call off the visit' }).click()
    await page.getByLabel('Why is it not needed any more?').fill('it stopped')
    await page.getByRole('button', { name: 'Call it off' }).click()
    await page.locator('.hero[data-stage=CALLED_OFF]').waitFor()
    await page.goto(`${service.url}/r/fl_nothing.0`)
    await page.getByText('This link has ended').waitFor()
    await look(page, 'tenant-ended')
    assert.deepEqual(faults, [])
    await close()
  })
})
