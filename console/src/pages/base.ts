import { effect, signal } from '@preact/signals'
import { Clock } from '../clock.ts'
import { lang } from '../i18n.ts'
import { demo, type Session } from './http.ts'

const themeKey = 'fettle.theme'
const system = matchMedia('(prefers-color-scheme: dark)')
const stored = localStorage.getItem(themeKey)
const chosen = signal<boolean | null>(stored === null ? null : stored === 'dark')
const systemDark = signal(system.matches)
system.addEventListener('change', (e) => (systemDark.value = e.matches))

/** Dark colours, by choice or else as the system has it. */
export const dark = (): boolean => chosen.value ?? systemDark.value

export function toggleTheme(): void {
  chosen.value = !dark()
  localStorage.setItem(themeKey, chosen.value ? 'dark' : 'light')
}

/** Keeps language, colours and title of the document as they are chosen. */
export function dress(title: () => string): void {
  effect(() => {
    document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.dataset['theme'] = dark() ? 'dark' : 'light'
    document.title = title()
  })
}

/** The time that the service lives in, and the zone of its times of day. */
export const clock = new Clock()
export const zone = signal<string | undefined>(undefined)
/** Rises every few seconds, for what counts down. */
export const beat = signal(0)
setInterval(() => beat.value++, 5000)

/** Takes time and zone from the service. */
export async function setClock(session: Session): Promise<void> {
  const simulated = await demo<{ time: string; speed?: number }>('/demo/clock')
  if (simulated) clock.set(Date.parse(simulated.time), simulated.speed ?? 1)
  else if (session.time) clock.set(Date.parse(session.time), 1)
  zone.value = session.timeZone === 'UTC' && simulated ? 'Asia/Shanghai' : session.timeZone
}

/** Milliseconds of a time of the API, 0 for none. */
export const ms = (time: string | undefined): number => (time ? Date.parse(time) : 0)
