// Takes a picture of every view into test/out: node test/look.mjs URL [only-substring] [look,look]
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
const out = new URL('out/', import.meta.url).pathname
mkdirSync(out, { recursive: true })
const url = process.argv[2]
const only = process.argv[3] ?? ''
const looks = { wl: [1440, 900, 'light', 'en-GB'], wd: [1440, 900, 'dark', 'zh-CN'], pl: [360, 780, 'light', 'en-GB'], pd: [360, 780, 'dark', 'zh-CN'] }
const chosen = (process.argv[4] ?? 'wl,wd,pl,pd').split(',')
const views = (process.env.VIEWS ?? 'dispatch board planner planner?show=backtest figures?by=TRADE figures?show=silent figures?show=sheet operations operations?show=expiry operations?show=obligations operations?show=account operations?show=messages').split(' ').filter((v) => v.includes(only))
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const look of chosen) {
  const [width, height, colorScheme, locale] = looks[look]
  const page = await (await browser.newContext({ viewport: { width, height }, colorScheme, locale, reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', (e) => console.log(look, 'error', e.message))
  page.on('console', (m) => m.type() === 'error' && console.log(look, m.text()))
  for (const view of views) {
    await page.goto(`${url}/#/${view}`)
    await page.waitForFunction(() => window.fettle?.app.loaded.value, null, { timeout: 40000 })
    await page.waitForTimeout(view.startsWith('dispatch') || view.startsWith('planner') ? 4000 : 1500)
    await page.screenshot({ path: `${out}${look}-${view.replaceAll(/\W/g, '_')}.png` })
    if (view === 'dispatch') {
      if (width < 720) await page.locator('.fold').click()
      await page.locator('[data-order]').nth(2).click()
      await page.waitForTimeout(2500)
      await page.screenshot({ path: `${out}${look}-order.png` })
      await page.locator('.card .body').evaluate((b) => b.scrollTo(0, 700))
      await page.waitForTimeout(300)
      await page.screenshot({ path: `${out}${look}-order2.png` })
      await page.keyboard.press('Escape')
      await page.locator('#tab-people').click()
      await page.waitForTimeout(300)
      await page.locator('.list .row').nth(1).click()
      await page.waitForTimeout(1500)
      await page.screenshot({ path: `${out}${look}-worker.png` })
      await page.keyboard.press('Escape')
      await page.locator('#tab-log').click()
      await page.keyboard.press('n')
      await page.waitForTimeout(600)
      await page.screenshot({ path: `${out}${look}-report.png` })
      await page.keyboard.press('Escape')
    }
  }
  await page.close()
}
await browser.close()
