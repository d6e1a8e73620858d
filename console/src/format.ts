import { lang } from './i18n.ts'

const clocks = new Map<string, Intl.DateTimeFormat>()

/** A time of day in the zone of the org. */
export function timeOfDay(time: number, timeZone: string | undefined): string {
  if (!time) return '–'
  const key = timeZone ?? ''
  let format = clocks.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' })
    clocks.set(key, format)
  }
  return format.format(time)
}

const dates = new Map<string, Intl.DateTimeFormat>()

/** A time of day, with its date where that is not the date of now. */
export function when(time: number, now: number, timeZone: string | undefined): string {
  if (!time) return '–'
  const key = `${lang.value}/${timeZone ?? ''}`
  let format = dates.get(key)
  if (!format) {
    format = new Intl.DateTimeFormat(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { timeZone, day: 'numeric', month: 'short' })
    dates.set(key, format)
  }
  const date = format.format(time)
  return (date === format.format(now) ? '' : `${date} `) + timeOfDay(time, timeZone)
}

/** A length of time in the largest units that matter: "45 s", "9 min", "2 h 5 min", "3 d 4 h". */
export function span(milliseconds: number): string {
  const zh = lang.value === 'zh'
  const [s, m, h, d] = zh ? ['秒', '分钟', '小时', '天'] : ['s', 'min', 'h', 'd']
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  const gap = zh ? '' : ' '
  const unit = (n: number, name: string | undefined) => `${n}${gap}${name}`
  if (seconds < 60) return unit(seconds, s)
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return unit(minutes, m)
  if (minutes < 24 * 60) return unit(Math.floor(minutes / 60), h) + (minutes % 60 ? gap + unit(minutes % 60, m) : '')
  return unit(Math.floor(minutes / 1440), d) + (minutes % 1440 >= 60 ? gap + unit(Math.floor((minutes % 1440) / 60), h) : '')
}

/** A number with groups of three digits. */
export function count(n: number): string {
  return new Intl.NumberFormat(lang.value === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: 0 }).format(n)
}
