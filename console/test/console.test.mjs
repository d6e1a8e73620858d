// Drives the built page in Debian's Chromium. Against the mock server, or against a running Fettle:
// FETTLE_URL=http://127.0.0.1:8080 node --test test/console.test.mjs
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './mock-server.mjs'

const url = process.env.FETTLE_URL
const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const patience = 40_000 // a busy machine that draws without a graphics card is slow

let browser
let server

before(async () => {
  assert.ok(executablePath, "no Chromium: run 'apt-get install chromium' or set CHROMIUM")
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  server = url ? { url, close() {} } : await start()
})
after(async () => {
  await browser?.close()
  server?.close()
})

/** Opens the page; its faults are collected and asked for at the end. */
async function open({ width = 1100, height = 760, at = server.url, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(patience)
  const faults = []
  page.on('pageerror', (e) => faults.push(e.message))
  page.on('console', (m) => m.type() === 'error' && faults.push(m.text()))
  await page.goto(at)
  return { page, faults, close: () => context.close() }
}

/** Opens the page and waits until map and orders are shown. */
async function ready(options) {
  const opened = await open(options)
  await opened.page.waitForFunction(() => window.fettle?.app.loaded.value && window.fettle.map?.ready && window.fettle.map.map.queryRenderedFeatures({ layers: ['order'] }).length > 0)
  return opened
}

const orders = (page) => page.evaluate(() => window.fettle.app.world.orders.size)


async function violations(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 120)} ${n.any[0]?.message ?? ''}`).join(' | ')}`)
}

async function report(page, text, trade) {
  await page.keyboard.press('n')
  await page.locator('textarea[name=description]').fill(text)
  if (trade) await page.locator('select[name=trade]').selectOption(trade)
  await page.locator('.card button[type=submit]').click()
}

describe('the live map', () => {
  test('shows streets, technicians and orders, and technicians move', async () => {
    const { page, faults, close } = await ready({ width: 1440, height: 900, reducedMotion: 'no-preference' })
    assert.ok(await orders(page) > 0, 'no open orders')
    assert.notEqual(await page.locator('[data-kpi=open]').textContent(), '0')
    assert.match(await page.locator('.status').textContent(), /live/)
    await page.waitForFunction(() => window.fettle.map.overlay.placed.length > 0)
    const places = () => page.evaluate(() => window.fettle.map.overlay.placed.map((p) => `${p.id} ${p.x.toFixed(1)} ${p.y.toFixed(1)}`).sort().join())
    const first = await places()
    await page.waitForFunction((before) => window.fettle.map.overlay.placed.map((p) => `${p.id} ${p.x.toFixed(1)} ${p.y.toFixed(1)}`).sort().join() !== before, first)
    assert.ok(await page.evaluate(() => window.fettle.map.map.queryRenderedFeatures({ layers: ['order'] }).length) > 0, 'no order is drawn')
    const drawn = await page.evaluate(() => new Promise((done) => {
      const { map } = window.fettle.map
      map.once('render', () => {
        const gl = map.getCanvas().getContext('webgl2')
        const pixels = new Uint8Array(4 * 200 * 200)
        gl.readPixels(gl.drawingBufferWidth / 2, gl.drawingBufferHeight / 2, 200, 200, gl.RGBA, gl.UNSIGNED_BYTE, pixels)
        done(new Set(new Uint32Array(pixels.buffer)).size)
      })
      map.triggerRepaint()
    }))
    assert.ok(drawn > 5, `the map shows ${drawn} colours`)
    assert.deepEqual(faults, [])
    await close()
  })

  test('a click on a technician shows skills and route, a click on an order its explanation', async () => {
    const { page, faults, close } = await ready()
    // Markers that are not under a panel; technicians move, so one that is off shift or works is not aimed at twice.
    const spot = async (find) => {
      const box = await page.waitForFunction(find, null, { timeout: 30000 }).then((h) => h.jsonValue()) // in a quiet minute nothing is there
      await page.mouse.click(box.x, box.y)
    }
    await spot(() => window.fettle.map.overlay.placed.find((p) => p.x > 490 && p.x < 1000 && p.y > 60 && p.y < 660))
    await page.locator('.card.worker .skills li').first().waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.card').waitFor({ state: 'detached' })
    await spot(() => {
      const { map, overlay } = window.fettle.map
      return map.queryRenderedFeatures({ layers: ['order'] }).map((f) => map.project(f.geometry.coordinates))
        .find((p) => p.x > 490 && p.x < 1000 && p.y > 60 && p.y < 660 && !overlay.workerAt(p.x, p.y))
    })
    await page.locator('.card.order .verdict').waitFor()
    assert.deepEqual(faults, [])
    await close()
  })
})

describe('orders', () => {
  test('a report is answered with the technician and the reasons', async () => {
    const { page, faults, close } = await ready()
    await report(page, 'No hot water, says the test')
    await page.locator('.card.order .verdict').waitFor()
    assert.match(await page.locator('.card h2').textContent(), /No hot water, says the test/)
    assert.match(await page.locator('.verdict').textContent(), /Assigned to|Nobody/)
    await page.locator('.total').waitFor()
    await page.locator('.others li').first().waitFor()
    await page.locator('.timeline li').nth(1).waitFor()
    await page.locator('#tab-log').click()
    await page.locator('.log li', { hasText: 'No hot water, says the test' }).first().waitFor()
    assert.deepEqual(faults, [])
    await close()
  })

  // At 60 times life a technician sets off between two clicks, which rightly refuses the second: with the mock only.
  test('verbs that are legal can be done, and the card follows', { skip: Boolean(url) }, async () => {
    const { page, faults, close } = await ready()
    await report(page, 'Verbs of the dispatcher')
    const card = page.locator('.card.order')
    await card.getByRole('button', { name: 'Pin', exact: true }).click()
    await card.locator('.chips', { hasText: 'pinned' }).waitFor()
    await card.getByRole('button', { name: 'Unpin' }).click()
    await card.getByRole('button', { name: 'Pin', exact: true }).waitFor()
    await card.getByRole('button', { name: 'Escalate' }).click()
    await card.locator('.ask button[type=submit]').click()
    await card.locator('.facts', { hasText: 'level 1' }).waitFor()
    await card.getByRole('button', { name: 'Cancel order' }).click()
    await card.locator('.ask input[name=reason]').fill('it was a test')
    await card.locator('.ask button[type=submit]').click()
    await card.locator('.chip.CANCELED').waitFor()
    assert.equal(await card.locator('.verbs').count(), 0, 'a canceled order has no verbs')
    assert.deepEqual(faults, [])
    await close()
  })

  test('reassign takes the order to the technician who is named', { skip: Boolean(url) }, async () => {
    const { page, close } = await ready()
    await report(page, 'Somebody else, please', 'plumbing')
    const card = page.locator('.card.order')
    await card.locator('.others li').first().waitFor()
    await card.getByRole('button', { name: 'Reassign' }).click()
    await card.locator('.ask select').selectOption({ index: 1 })
    const other = (await card.locator('.ask select option:checked').textContent()).replace(/ \([^(]*\)$/, '')
    await card.locator('.ask button[type=submit]').click()
    await card.locator('.verdict', { hasText: other }).waitFor()
    const sent = server.control.requests.findLast((r) => r.path.endsWith(':reassign'))
    assert.match(sent.headers['if-match'], /^"\d+"$/)
    assert.match(sent.headers['idempotency-key'], /^[0-9a-f-]{36}$/)
    await close()
  })

  test('a verb is refused on an order that changed meanwhile, and done once that was shown', { skip: Boolean(url) }, async () => {
    const { page, close } = await ready()
    await report(page, 'Two at the same time')
    const card = page.locator('.card.order')
    await card.getByRole('button', { name: 'Pin', exact: true }).waitFor()
    server.control.city.meanwhile = (order) => Object.assign(order, { etag: String(Number(order.etag) + 1), escalationLevel: 2 })
    await card.getByRole('button', { name: 'Pin', exact: true }).click()
    await card.locator('.error', { hasText: 'changed meanwhile' }).waitFor()
    await card.locator('.facts', { hasText: 'level 2' }).waitFor()
    await card.getByRole('button', { name: 'Pin', exact: true }).click()
    await card.locator('.chips', { hasText: 'pinned' }).waitFor()
    await close()
  })

  test('a refused report names the fields', { skip: Boolean(url) }, async () => {
    const { page, close } = await ready()
    await report(page, 'refuse me')
    await page.locator('.error li', { hasText: 'location.latitude: must be between -90 and 90' }).waitFor()
    await close()
  })
})

describe('the stream', () => {
  test('is opened again behind the last event after a break', { skip: Boolean(url) }, async () => {
    const { page, close } = await ready()
    await page.waitForFunction(() => window.fettle.app.world.log.length > 0)
    server.control.cut()
    await page.locator('.status.reconnecting').waitFor()
    await page.locator('.status.live').waitFor()
    const again = server.control.requests.findLast((r) => r.path === '/v1/events:stream')
    assert.match(again.headers['last-event-id'] ?? '', /^\d+$/)
    await close()
  })

  test('says offline when the service is gone and live when it is back', { skip: Boolean(url) }, async () => {
    const { page, close } = await ready()
    server.control.refusing = true
    server.control.cut()
    await page.locator('.status.offline').waitFor()
    server.control.refusing = false
    await page.locator('.status.live').waitFor()
    await close()
  })
})

describe('the page', () => {
  for (const [name, options] of [
    ['light, English', {}], ['dark, Chinese', { colorScheme: 'dark', locale: 'zh-CN' }], ['at 360 px', { width: 360, height: 780 }],
  ]) {
    test(`has no serious fault of accessibility: ${name}`, async () => {
      const { page, faults, close } = await ready(options)
      if (options.width) await page.locator('.fold').click()
      await page.locator('[data-order]').first().waitFor()
      assert.deepEqual(await violations(page), [])
      await page.locator('[data-order]').first().click()
      await page.locator('.card.order .verdict').waitFor()
      await page.locator('.timeline li').first().waitFor()
      assert.deepEqual(await violations(page), [])
      await page.keyboard.press('Escape')
      await page.keyboard.press('n')
      await page.locator('textarea').waitFor()
      assert.deepEqual(await violations(page), [])
      assert.deepEqual(faults, [])
      await close()
    })
  }

  test('does not scroll sideways at 360 px, and the list unfolds', async () => {
    const { page, close } = await ready({ width: 360, height: 780 })
    const overflow = () => page.evaluate(() => [...document.querySelectorAll('body, .panel, .list, .card, .card .body, .top')]
      .filter((e) => e.scrollWidth > Math.ceil(e.getBoundingClientRect().width) || e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.className || e.tagName))
    assert.deepEqual(await overflow(), [])
    await page.locator('.fold').click()
    await page.locator('[data-order]').first().click()
    await page.locator('.card.order .verdict').waitFor()
    assert.deepEqual(await overflow(), [])
    await close()
  })

  test('says in one language what would change a choice, with names in the place of ids', async () => {
    const { page, close } = await ready({ locale: 'zh-CN' })
    await page.waitForFunction(async () => { // an order that others could do too
      const { app } = window.fettle
      for (const { id, technicianId } of app.world.orders.values()) {
        if (!technicianId || !(await app.client.explain(id)).alternatives?.some((a) => a.flip)) continue
        app.selection.value = { kind: 'order', id }
        return true
      }
      return false
    })
    const flip = page.locator('.flip').first()
    await flip.waitFor()
    await page.waitForFunction(() => !/\b(un|te|wo)_[0-9a-z]{26}/.test(document.querySelector('.flip').textContent)) // a dwelling is read meanwhile
    assert.match(await flip.textContent(), /^若.+，.+(同样合适|可以做).*。$/)
    assert.equal(await flip.getAttribute('lang'), 'zh-CN')
    await page.getByRole('button', { name: 'EN', exact: true }).click()
    assert.match(await flip.textContent(), /^[A-Z].+ (would do as well|could do it).* (if|with) .+\.$/)
    await close()
  })

  test('switches language and colours, and remembers', async () => {
    const { page, close } = await ready()
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('tab', { name: '工单队列' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
    await page.getByRole('button', { name: '深色' }).click()
    await page.reload()
    await page.getByRole('tab', { name: '工单队列' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark')
    await close()
  })

  test('can be used with the keyboard alone', async () => {
    const { page, close } = await ready()
    await page.locator('#tab-queue').focus()
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => document.activeElement.id === 'tab-alerts')
    await page.keyboard.press('ArrowRight')
    await page.waitForFunction(() => document.activeElement.id === 'tab-people')
    await page.locator('[data-worker]').first().focus()
    await page.keyboard.press('Enter')
    await page.locator('.card.worker h2:focus').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.card').waitFor({ state: 'detached' })
    await page.waitForFunction(() => document.activeElement.dataset.worker) // the focus goes back to the row
    await page.keyboard.press('n')
    await page.waitForFunction(() => document.activeElement.name === 'description')
    await close()
  })

  test('asks for the token where there is no demo', { skip: Boolean(url) }, async () => {
    const plain = await start({ demo: false })
    const { page, close } = await open({ at: plain.url })
    await page.locator('input[name=token]').fill('wrong')
    await page.keyboard.press('Enter')
    await page.locator('.signin .error').waitFor()
    await page.locator('input[name=token]').fill('mock-token')
    await page.keyboard.press('Enter')
    await page.locator('[data-order]').first().waitFor()
    assert.equal(await page.locator('.simulated').count(), 0)
    await page.reload()
    await page.locator('[data-order]').first().waitFor() // the token is kept for the tab
    await page.waitForFunction(() => window.fettle.map.map.getLayer('grid')) // without streets, a net of degrees
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.locator('input[name=token]').waitFor()
    await close()
    plain.close()
  })

  test('stays quick with 2,000 technicians and 4,000 orders', { skip: Boolean(url) }, async () => {
    const big = await start({ technicians: 2000, orders: 4000, stepMs: 2000 })
    const { page, faults, close } = await ready({ at: big.url })
    assert.ok(await orders(page) > 3500)
    assert.ok(await page.locator('[data-order]').count() <= 100, 'the list is cut')
    await page.waitForFunction(() => window.fettle.map.overlay.placed.length > 500)
    assert.deepEqual(faults, [])
    await close()
    big.close()
  })
})
