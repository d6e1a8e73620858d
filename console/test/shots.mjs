// Takes pictures of the page into test/out: node test/shots.mjs [URL]
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { start } from './mock-server.mjs'

const out = new URL('out/', import.meta.url).pathname
mkdirSync(out, { recursive: true })
process.argv[2] ??= process.env.FETTLE_URL
const server = process.argv[2] ? { url: process.argv[2], close() {} } : await start({ technicians: 30, orders: 60 })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const [name, width, height, colorScheme, locale] of [
  ['desktop-light', 1440, 900, 'light', 'en-GB'], ['desktop-dark', 1440, 900, 'dark', 'zh-CN'], ['phone-light', 360, 780, 'light', 'en-GB'], ['phone-dark', 360, 780, 'dark', 'zh-CN'],
]) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, locale })
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log(name, m.type(), m.text()))
  page.on('pageerror', (e) => console.log(name, 'error', e.message))
  await page.goto(server.url)
  await page.waitForFunction(() => window.fettle?.app.loaded.value && window.fettle.map.ready && window.fettle.map.map.queryRenderedFeatures({ layers: ['order'] }).length > 0, null, { timeout: 30_000 })
  await page.waitForTimeout(2500)
  await page.screenshot({ path: `${out}${name}-1.png` })
  if (width < 720) await page.locator('.fold').click()
  await page.locator('[data-order]').nth(2).click()
  await page.locator('.terms tr').first().waitFor()
  await page.waitForTimeout(1200)
  await page.screenshot({ path: `${out}${name}-2.png` })
  await page.keyboard.press('Escape')
  await page.locator('#tab-log').click()
  await page.keyboard.press('n')
  await page.waitForTimeout(600)
  await page.screenshot({ path: `${out}${name}-3.png` })
  await page.close()
}
await browser.close()
server.close()
