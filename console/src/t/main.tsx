import { render } from 'preact'
import { dress } from '../pages/base.ts'
import '../pages/pages.css'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { Page } from './page.tsx'

dress(() => say('t.title'))
render(<Page />, document.getElementById('app')!)
void app.start()
void navigator.serviceWorker?.register('/t/sw.js').catch(() => {}) // without it the page works as long as there is a network
Object.assign(window, { fettleT: app }) // for tests
