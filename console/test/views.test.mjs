// Drives the views beside the live map in Debian's Chromium: against the mock server, and those that need no special data
// against a running Fettle too: FETTLE_URL=http://127.0.0.1:8080 node --test test/views.test.mjs
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { chromium } from 'playwright-core'
import { start } from './mock-server.mjs'

const url = process.env.FETTLE_URL
const mockOnly = { skip: Boolean(url) }
const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser
let server

before(async () => {
  assert.ok(executablePath, "no Chromium: run 'apt-get install chromium' or set CHROMIUM")
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  server = url ? { url, close() {} } : await start({ speed: 4 })
})
after(async () => {
  await browser?.close()
  server?.close()
})

/** Opens a view; faults of the page are collected. */
async function open(hash, { width = 1440, height = 900, at = server.url, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(40_000)
  const faults = []
  page.on('pageerror', (e) => faults.push(e.message))
  page.on('console', (m) => m.type() === 'error' && !/503/.test(m.text()) && faults.push(m.text()))
  await page.goto(`${at}/#/${hash}`)
  await page.waitForFunction(() => window.fettle?.app.loaded.value)
  return { page, faults, close: () => context.close() }
}

async function violations(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 140)} ${n.any[0]?.message ?? ''}`).join(' | ')}`)
}

const wide = (page) => page.evaluate(() => [...document.querySelectorAll('body, .view, .view > .tools, .view .scroll, .panel, .rail, .top, dialog[open]')]
  .filter((e) => e.scrollWidth > Math.ceil(e.getBoundingClientRect().width) || e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.className || e.tagName))

/** What stands in each view once it has read its data. */
const views = [
  ['board', '.bar'], ['planner', '[data-total=mean]'], ['planner?show=standby', '.planner .totals dd'], ['planner?show=backtest', '.charts img'], ['figures?by=TRADE', '.groups td'], ['figures?show=silent', '.plain-table td', 'mock'], ['figures?show=sheet', '.performance td'],
  ['operations', '.plain-table td', 'mock'], ['operations?show=expiry', '.kanban li', 'mock'], ['operations?show=obligations', '.plain-table td', 'mock'], ['operations?show=account', '.plain-table td'], ['operations?show=messages', '.plain-table td', 'mock'],
]
const looks = [['1440 px, English', {}], ['1440 px, Chinese, dark', { locale: 'zh-CN', colorScheme: 'dark' }], ['360 px, English', { width: 360, height: 780 }], ['360 px, Chinese, dark', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }]]

describe('every view', () => {
  for (const [name, options] of url ? looks.slice(0, 1) : looks) {
    test(`shows its data, fits and has no serious fault of accessibility: ${name}`, async () => {
      const { page, faults, close } = await open('operations', options)
      for (const [hash, sign, only] of views) {
        if (url && only) continue
        await page.evaluate((to) => (location.hash = `/${to}`), hash)
        await page.locator(sign).first().waitFor()
        assert.deepEqual(await wide(page), [], `${hash} is too wide`)
        assert.deepEqual(await violations(page), [], hash)
        if (options.locale) assert.doesNotMatch(await page.locator('.rail, .tools, caption, thead').allTextContents().then((t) => t.join(' ')), /\b(Board|Figures|State|Technicians|Forecast)\b/, `${hash} is not all Chinese`)
      }
      assert.deepEqual(faults, [])
      await close()
    })
  }

  test('is reached by link, by key and by the palette, and Back goes back', async () => {
    const { page, close } = await open('operations')
    await page.locator('.rail [data-view=figures]').click()
    await page.locator('.view.figures').waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('board')
    await page.keyboard.press('Enter')
    await page.locator('.view.board').waitFor()
    assert.equal(await page.locator('dialog').count(), 0)
    await page.goBack()
    await page.locator('.view.figures').waitFor()
    await close()
  })

  test('says that the service is slow, fails or is gone, and goes on by itself or by a button', mockOnly, async () => {
    const own = await start()
    own.control.slow = '/v1/leases'
    const { page, close } = await open('operations', { at: own.url })
    await page.locator('.empty', { hasText: 'takes its time' }).waitFor()
    own.control.slow = ''
    own.control.release()
    await page.locator('.plain-table td').first().waitFor()
    own.control.failing = '/v1/leases'
    await page.locator('.filters select').first().selectOption('ACTIVE')
    await page.locator('.error', { hasText: 'The store is busy.' }).waitFor()
    await page.locator('.took', { hasText: 'from before' }).waitFor()
    own.control.failing = ''
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.error').waitFor({ state: 'detached' })
    own.control.refusing = true
    own.control.cut()
    await page.locator('.error.offline').waitFor()
    own.control.refusing = false
    await page.locator('.error.offline').waitFor({ state: 'detached' })
    await close()
    own.close()
  })

  test('says so when there is nothing', mockOnly, async () => {
    const { page, close } = await open('operations?show=messages')
    await page.locator('.filters select').selectOption('SUPPRESSED')
    await page.locator('.empty', { hasText: 'Nothing fits' }).waitFor()
    await page.evaluate(() => (location.hash = '/figures?show=silent&hours=24'))
    await page.locator('.empty', { hasText: 'Every tenant has heard' }).waitFor()
    await close()
  })
})

/** The first visit that can be moved, with two technicians: one who can take it and one who cannot. */
async function movable(page) {
  return page.evaluate(async () => {
    const { app } = window.fettle
    for (const bar of document.querySelectorAll('.gantt .bar.movable')) {
      const id = bar.dataset.bar
      const why = await app.client.explain(id)
      const seen = (t) => document.querySelector(`[data-line="${t}"]`)
      const other = why.alternatives?.find((a) => seen(a.technicianId))
      const never = why.infeasible?.find((a) => seen(a.technicianId))
      if (other && never) return { id, from: app.world.orders.get(id).technicianId, to: other.technicianId, never: never.technicianId }
    }
    return null
  })
}

/** Presses on a visit and moves to a line without letting go. */
async function drag(page, id, line) {
  await page.locator(`.gantt [data-bar="${id}"]`).scrollIntoViewIfNeeded()
  const from = await page.locator(`.gantt [data-bar="${id}"]`).boundingBox()
  await page.mouse.move(from.x + 4, from.y + 8)
  await page.mouse.down()
  const to = await page.locator(`[data-line="${line}"] .who`).boundingBox()
  await page.mouse.move(from.x + 20, from.y + 12, { steps: 2 })
  await page.mouse.move(from.x + 24, to.y + 20, { steps: 4 })
}

describe('the board', () => {
  test('says what a drop would cost or break before it, does it, and undoes it', mockOnly, async () => {
    const { page, faults, close } = await open('board', { height: 1200 })
    await page.locator('.gantt .bar.movable').first().waitFor()
    const visit = await movable(page)
    assert.ok(visit, 'no visit to move')
    await drag(page, visit.id, visit.never)
    await page.locator('.ghost.never', { hasText: /Cannot: (skill missing|not on shift)/ }).waitFor()
    const before = server.control.requests.filter((r) => r.path.endsWith(':reassign')).length
    await page.mouse.up()
    await page.locator('.outcome.failed', { hasText: 'Cannot:' }).waitFor()
    assert.equal(server.control.requests.filter((r) => r.path.endsWith(':reassign')).length, before, 'what cannot be is not asked for')
    await drag(page, visit.id, visit.to)
    await page.locator('.ghost', { hasText: /dearer|cheaper|same cost/ }).waitFor()
    await page.mouse.up()
    await page.locator(`[data-line="${visit.to}"] [data-bar="${visit.id}"]`).waitFor()
    assert.match(server.control.requests.findLast((r) => r.path.endsWith(':reassign')).headers['if-match'], /^"\d+"$/)
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.locator(`[data-line="${visit.from}"] [data-bar="${visit.id}"]`).waitFor()
    assert.deepEqual(faults, [])
    await close()
  })

  test('shows what a drop would mean in the live city, and Escape gives up', { skip: !url }, async () => {
    const { page, faults, close } = await open('board', { height: 2000 })
    await page.locator('.gantt .bar.movable').first().waitFor()
    const visit = await movable(page)
    if (visit) {
      await drag(page, visit.id, visit.to)
      await page.locator('.ghost p').first().waitFor()
      await page.keyboard.press('Escape')
      await page.locator('.ghost').waitFor({ state: 'detached' })
      await page.mouse.up()
    }
    assert.deepEqual(faults, [])
    await close()
  })

  test('pins a visit that is moved along its line and warns of the window', mockOnly, async () => {
    const { page, close } = await open('board', { height: 1200 })
    const bar = page.locator('.gantt .bar.movable').last()
    await bar.waitFor()
    const id = await bar.getAttribute('data-bar')
    await bar.scrollIntoViewIfNeeded()
    const box = await bar.boundingBox()
    await page.mouse.move(box.x + 8, box.y + 10)
    await page.mouse.down()
    await page.mouse.move(box.x + 60, box.y + 10, { steps: 3 })
    await page.mouse.move(box.x + 228, box.y + 10, { steps: 3 })
    await page.locator('.ghost.dear', { hasText: 'Outside of what the tenant was told' }).waitFor()
    await page.mouse.up()
    await page.locator('.outcome', { hasText: 'pinned to' }).waitFor()
    assert.ok(server.control.city.orders.get(id).pin.startTime)
    await close()
  })

  test('names who changed an order meanwhile', mockOnly, async () => {
    const { page, close } = await open('board', { height: 1200 })
    await page.locator('.gantt .bar.movable').first().waitFor()
    const visit = await movable(page)
    await drag(page, visit.id, visit.to)
    await page.locator('.ghost', { hasText: /dearer|cheaper|same cost/ }).waitFor()
    server.control.city.meanwhile = (order) => {
      order.escalationLevel = 3
      server.control.city.tell(order, 'work_order.escalated', 'Zhou the dispatcher')
    }
    await page.mouse.up()
    await page.locator('.outcome.failed', { hasText: 'Zhou the dispatcher changed it' }).waitFor()
    await close()
  })

  test('moves a visit by the keyboard alone', mockOnly, async () => {
    const { page, close } = await open('board', { height: 1200 })
    await page.locator('.gantt .bar.movable').first().waitFor()
    const visit = await movable(page)
    await page.locator(`.gantt [data-bar="${visit.id}"]`).focus()
    await page.keyboard.press('m')
    await page.locator('dialog.move input:not([disabled])').first().waitFor()
    assert.deepEqual(await violations(page), [])
    await page.locator('dialog.move input[type=radio]:not([disabled])').first().focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Enter')
    await page.locator('.outcome', { hasText: 'from' }).waitFor()
    await close()
  })

  test('previews the end of a shift and shows what moved', mockOnly, async () => {
    const { page, close } = await open('board', { height: 1200 })
    await page.locator('.gantt .bar.movable').first().waitFor()
    const { from } = await movable(page)
    await page.locator(`[data-line="${from}"] .who`).click()
    await page.getByRole('button', { name: 'End shift…' }).click()
    await page.locator('.sick li', { hasText: '→' }).first().waitFor()
    await page.locator('.sick .costs', { hasText: 'promises broken' }).waitFor()
    await page.getByRole('button', { name: 'End the shift now' }).click()
    await page.locator('.moved li', { hasText: '→' }).first().waitFor()
    await close()
  })

  test('draws only the lines that are seen of 400 technicians', mockOnly, async () => {
    const big = await start({ technicians: 400, orders: 900, stepMs: 2000 })
    const { page, faults, close } = await open('board', { at: big.url })
    await page.locator('.bar').first().waitFor()
    assert.ok(await page.locator('[data-line]').count() < 60, 'lines that nobody sees are drawn')
    const first = await page.locator('[data-line]').first().getAttribute('data-line')
    await page.locator('.gantt').evaluate((e) => (e.scrollTop = 8000))
    await page.waitForFunction((before) => document.querySelector('[data-line]').dataset.line !== before, first)
    assert.deepEqual(faults, [])
    await close()
    big.close()
  })
})

describe('the queue', () => {
  test('is filtered by kind, by words and by figures, and keeps a choice under a name over a reload', mockOnly, async () => {
    const { page, close } = await open('dispatch')
    await page.locator('.rows [data-order]').first().waitFor()
    const want = await page.evaluate(() => [...window.fettle.app.world.orders.values()].filter((o) => o.urgency === 'EMERGENCY').length)
    await page.locator('.queue-filter select').selectOption('emergency')
    await page.locator('.queue-filter [role=status]').waitFor()
    assert.equal(await page.locator('.rows [data-order]').count(), want)
    await page.getByRole('button', { name: 'Keep' }).click()
    await page.locator('dialog.naming input').fill('Mine')
    await page.locator('dialog.naming .primary').click()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.reload()
    await page.locator('.queue-filter .chip', { hasText: 'Mine' }).click()
    await page.locator('.queue-filter .chip[aria-pressed=true]').waitFor()
    assert.match(page.url(), /only=emergency/)
    await page.locator('[data-kpi=unassigned] button').click()
    assert.match(page.url(), /only=nobody/)
    await close()
  })
})

describe('figures and the planner', () => {
  test('a figure leads to its orders, an order to its waterfall, whose spans sum', mockOnly, async () => {
    const { page, close } = await open('figures')
    await page.locator('[data-kpi-card=MINUTES_TO_ACCEPT]').click()
    await page.locator('.drill [data-open]').first().click()
    await page.locator('.card.order details summary', { hasText: 'In whose hands' }).click()
    await page.locator('.waterfall tfoot', { hasText: '1 h 20 min' }).waitFor()
    await page.locator('.waterfall .hops', { hasText: 'Whole without it' }).waitFor()
    await close()
  })

  test('standby says what each place is worth, and what leaving one would lose', mockOnly, async () => {
    const { page, close } = await open('planner?show=standby')
    await page.locator('[data-total=gain]', { hasText: '+5.3' }).waitFor()
    await page.locator('.posts input').first().check()
    await page.locator('[data-total=gain]', { hasText: '+4.5' }).waitFor()
    await page.locator('.took', { hasText: 'loses 0.8' }).waitFor()
    await page.waitForFunction(() => window.fettle.map?.map.getLayer('post') && window.fettle.map.map.queryRenderedFeatures({ layers: ['post'] }).length > 0)
    await close()
  })

  test('time moves by the slider: interval ahead, actual behind; choices survive a reload', async () => {
    const { page, close } = await open('planner?resolution=7')
    await page.locator('[data-total=interval]').waitFor()
    assert.match(await page.locator('[data-total=live]').textContent(), /^[\d,]+$/)
    await page.locator('.planner .segments button', { hasText: 'Came' }).click()
    await page.locator('.planner .segments button[aria-pressed=true]', { hasText: 'Came' }).waitFor()
    await page.getByRole('button', { name: 'A day ago' }).click()
    await page.locator('[data-total=actual]').waitFor()
    await page.reload()
    await page.locator('[data-total=interval]').waitFor()
    assert.equal(await page.locator('.plan-choices select').nth(1).inputValue(), '7')
    await close()
  })
})
