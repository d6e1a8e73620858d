import type { JSX } from 'preact'
import { lang, setLang } from '../i18n.ts'
import { ApiError } from '../api/client.ts'
import { dark, toggleTheme } from './base.ts'
import { say } from './words.ts'

const trades: Record<string, string> = {
  plumbing: 'M12 3.5c3.4 4.3 5.3 7.2 5.3 9.9a5.3 5.3 0 0 1-10.6 0c0-2.7 1.9-5.6 5.3-9.9z',
  electrical: 'M13 3 6 13.5h5L10.5 21 18 10h-5.3z',
  hvac: 'M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9M9.5 4.5 12 7l2.5-2.5M9.5 19.5 12 17l2.5 2.5',
  appliance: 'M6 3h12v18H6zM6 8h12M12 18a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM9 5.5h.01',
  locks: 'M7 11h10v9H7zM9 11V8a3 3 0 0 1 6 0v3M12 14.5v2',
  network: 'M3.5 9.5a12.5 12.5 0 0 1 17 0M6.5 13a8 8 0 0 1 11 0M9.5 16.3a3.8 3.8 0 0 1 5 0M12 19.5h.01',
  gas: 'M12 3c1 4 5 5.5 5 10.5a5 5 0 0 1-10 0c0-2 1-3.5 2-4.5.5 1.5 1.5 2 2 2 .5-2.5 0-5 1-8z',
  carpentry: 'M4 20 14 10M12.5 5l6.5 6.5-2.5 2.5L10 7.5zM10 7.5 12.5 5',
  general: 'M14.5 6.5a4 4 0 0 0 5 5L11 20a2.5 2.5 0 0 1-3.5-3.5zM14.5 6.5l2.5-2.5',
}
const alike: Record<string, string> = {
  electric: 'electrical', electricity: 'electrical', aircon: 'hvac', appliances: 'appliance', lock: 'locks', locksmith: 'locks',
}

/** The sign of a trade; its meaning stands beside it in words. */
export function TradeIcon({ trade, size = 22 }: { trade: string; size?: number }): JSX.Element {
  return <Line d={trades[alike[trade] ?? trade] ?? trades['general']!} size={size} />
}

export function Line({ d, size = 20 }: { d: string; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={d} />
    </svg>
  )
}

const moon = 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z'
const sun = 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5'

/** Language and colours. */
export function Switches(): JSX.Element {
  return (
    <span class="switches">
      <button type="button" class="plain" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>{lang.value === 'zh' ? 'EN' : '中文'}</button>
      <button type="button" class="plain" aria-label={say(dark() ? 'toLight' : 'toDark')} onClick={toggleTheme}><Line d={dark() ? sun : moon} /></button>
    </span>
  )
}

/** What went wrong, with the fields at fault; it stays until the next try. */
export function Trouble({ error }: { error: unknown }): JSX.Element | null {
  if (!error) return null
  if (!(error instanceof ApiError)) return <p class="error" role="alert">{String(error)}</p>
  if (error.status === 0) return <p class="error" role="alert">{say('noAnswer')}</p>
  if (error.status === 401) return <p class="error" role="alert">{say('refusedToken')}</p>
  return (
    <div class="error" role="alert">
      <p>{error.message}</p>
      {error.fields.length > 0 && <ul>{error.fields.map((f) => <li key={f}>{f}</li>)}</ul>}
    </div>
  )
}
