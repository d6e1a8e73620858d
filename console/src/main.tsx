import { effect } from '@preact/signals'
import { render } from 'preact'
import { app } from './app.ts'
import { lang, t } from './i18n.ts'
import './style.css'
import { isDark } from './theme.ts'
import { Shell } from './ui/shell.tsx'

effect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en'
  document.title = t('app.title')
})
effect(() => {
  document.documentElement.dataset['theme'] = isDark.value ? 'dark' : 'light'
})

// For tests and for the curious at the browser's own console; the map joins when it is there.
Object.assign(window, { fettle: { app } })

render(<Shell />, document.getElementById('app')!)
void app.start()
