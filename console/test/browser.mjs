// What the suites need of a browser: the page opened with its faults collected, and the questions that every page is asked.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p))
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Every page at both widths, in both languages and colours. */
export const looks = [
  ['1440 px, English', {}], ['1440 px, Chinese, dark', { locale: 'zh-CN', colorScheme: 'dark' }],
  ['360 px, English', { width: 360, height: 780 }], ['360 px, Chinese, dark', { width: 360, height: 780, locale: 'zh-CN', colorScheme: 'dark' }],
]

export function launch() {
  assert.ok(executablePath, "no Chromium: run 'apt-get install chromium' or set CHROMIUM")
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}

/** Opens an address; faults of the page are collected. */
export async function openPage(browser, address, { width = 1440, height = 900, token = '', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce', ...options })
  if (token) await context.addInitScript((t) => sessionStorage.setItem('fettle.token', t), token)
  const page = await context.newPage()
  page.setDefaultTimeout(40_000)
  const faults = []
  page.on('pageerror', (e) => faults.push(e.message))
  page.on('console', (m) => m.type() === 'error' && !/\b(503|4\d\d)\b/.test(m.text()) && faults.push(m.text()))
  await page.goto(address)
  return { page, faults, close: () => context.close() }
}

/** Opens a view of the console and waits until its world is there. */
export async function openView(browser, base, hash, options) {
  const opened = await openPage(browser, `${base}/#/${hash}`, options)
  await opened.page.waitForFunction(() => window.fettle?.app.loaded.value)
  return opened
}

/** Serious and critical findings of axe. */
export async function violations(page) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => `${n.html.slice(0, 140)} ${n.any[0]?.message ?? ''}`).join(' | ')}`)
}

/** What is wider than the screen. */
export const wide = (page) => page.evaluate(() => [...document.querySelectorAll('body, .view, .view > .tools, .view .scroll, .panel, .rail, .top, .card, .card .body, dialog[open]')]
  .filter((e) => e.scrollWidth > Math.ceil(e.getBoundingClientRect().width) || e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.className || e.tagName))
