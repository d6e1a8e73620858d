import { useSignalEffect } from '@preact/signals'
import { Component, type JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Verb } from '../api/client.ts'
import { app } from '../app.ts'
import { timeOfDay } from '../format.ts'
import { lang, setLang, t } from '../i18n.ts'
import { TourMount } from '../tour/mount.tsx'
import { isDark, toggleTheme } from '../theme.ts'
import { go, route, views, type View } from '../route.ts'
import { Palette } from '../views/palette.tsx'
import { Icon } from './icons.tsx'
import { Lazy } from './lazy.tsx'
import { Legend } from './legend.tsx'
import { MapView } from './mapview.tsx'
import { OrderCard } from './ordercard.tsx'
import { Nav } from './nav.tsx'
import { Panel } from './panel.tsx'
import { ReportForm } from './reportform.tsx'
import { SignIn } from './signin.tsx'
import { Keys, stepQueue } from './keys.tsx'
import { keysOpen, paletteOpen } from './state.ts'
import { openVerbs } from './verbs.tsx'
import { WorkerCard } from './workercard.tsx'

/** The whole page. */
export function Shell(): JSX.Element {
  useKeys()
  return (
    <>
      <MapView />
      <TopBar />
      {app.needsSignIn.value ? <SignIn /> : (
        <Guard>
          <Nav />
          <Main />
          <Cards />
          {paletteOpen.value && <Palette />}
          <TourMount />
          {keysOpen.value && <Keys />}
        </Guard>
      )}
    </>
  )
}

const loaders = {
  board: () => import('../views/board.tsx').then((m) => m.Board),
  planner: () => import('../views/planner.tsx').then((m) => m.Planner),
  operations: () => import('../views/operations.tsx').then((m) => m.Operations),
  figures: () => import('../views/figures.tsx').then((m) => m.Figures),
} as const satisfies Record<Exclude<View, 'dispatch'>, unknown>

/** The view that the address names. */
function Main(): JSX.Element {
  const { view } = route.value
  useSignalEffect(() => {
    document.documentElement.dataset['view'] = route.value.view
  })
  if (view !== 'dispatch' && !app.loaded.value) return <p class="view empty" role="status">{t(app.loadFailed.value ? 'app.loadFailed' : 'app.loading')}</p>
  if (view !== 'dispatch') return <Lazy key={view} load={loaders[view]} props={{}} />
  return (
    <>
      <Panel />
      <Legend />
      <button type="button" class="report" title={t('app.reportTitle')} aria-keyshortcuts="n" onClick={() => (app.selection.value = { kind: 'report' })}>
        <Icon name="plus" /> <span>{t('app.report')}</span>
      </button>
    </>
  )
}

/** Keeps the map alive when a panel fails on data that it did not expect. */
class Guard extends Component<{ children: preact.ComponentChildren }, { failed: string }> {
  override state = { failed: '' }
  override componentDidCatch(error: Error): void {
    console.error(error)
    this.setState({ failed: error.message })
  }

  override render(): preact.ComponentChildren {
    if (!this.state.failed) return this.props.children
    return (
      <div class="card" role="alert">
        <p class="error">{this.state.failed}</p>
        <button type="button" onClick={() => this.setState({ failed: '' })}>{t('app.close')}</button>
      </div>
    )
  }
}

function Cards(): JSX.Element | null {
  const s = app.selection.value
  if (s?.kind === 'order') return <OrderCard key={s.id} id={s.id} tookMs={s.tookMs} />
  if (s?.kind === 'worker') return <WorkerCard key={s.id} id={s.id} />
  if (s?.kind === 'report') return <ReportForm />
  return null
}

function TopBar(): JSX.Element {
  const { timeZone } = app.watched()
  const speed = app.simulated.value
  return (
    <header class="top">
      <h1><img src="/favicon.svg" alt="" width="24" height="24" /> Fettle</h1>
      <Status />
      {speed !== null && <p class="simulated" title={t('app.simulatedNote', { speed })}>{t('app.simulated', { speed })}</p>}
      <time class="clock" title={timeZone ?? ''}>{timeOfDay(app.now(), timeZone)}</time>
      <span class="spring" />
      <button type="button" class="plain" lang={lang.value === 'zh' ? 'en' : 'zh-CN'} title={t('app.languageTitle')} onClick={() => setLang(lang.value === 'zh' ? 'en' : 'zh')}>
        {t('app.language')}
      </button>
      <button type="button" class="plain" title={t(isDark.value ? 'app.toLight' : 'app.toDark')} aria-label={t(isDark.value ? 'app.toLight' : 'app.toDark')} onClick={toggleTheme}>
        <Icon name={isDark.value ? 'sun' : 'moon'} />
      </button>
      {!app.needsSignIn.value && !app.client.demo && (
        <button type="button" class="plain" title={t('signin.out')} aria-label={t('signin.out')} onClick={() => app.signOut()}><Icon name="exit" /></button>
      )}
    </header>
  )
}

/** Whether the page is up to date. */
function Status(): JSX.Element {
  const state = app.connection.value
  return <p class={`status ${state}`} role="status"><i aria-hidden="true" />{t(`conn.${state}`)}</p>
}

const press = (verb: Verb) => () => void (openVerbs.value?.verbs.includes(verb) && openVerbs.value.press(verb))

/** What single keys do where nobody is typing. */
const letters: Record<string, () => void> = {
  n: () => {
    go('dispatch')
    app.selection.value = { kind: 'report' }
  },
  '/': () => document.querySelector<HTMLElement>('.queue-filter input[type=search], .tools input')?.focus(),
  '?': () => (keysOpen.value = true),
  j: () => stepQueue(1), k: () => stepQueue(-1),
  a: press('acceptSuggestion'), x: press('rejectSuggestion'), r: press('reassign'), l: press('logCall'), p: press('pin'), u: () => openVerbs.value?.undo?.(),
  ...Object.fromEntries(views.map((view, i) => [String(i + 1), () => go(view)])),
}

/** Ctrl-K opens the palette, Escape closes the card, single keys do what `?` lists. */
function useKeys(): void {
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      if (!app.needsSignIn.value && (e.ctrlKey || e.metaKey) && e.key === 'k') {
        e.preventDefault()
        paletteOpen.value = !paletteOpen.value
        return
      }
      if (app.needsSignIn.value || paletteOpen.value || document.querySelector('dialog[open]') || e.ctrlKey || e.metaKey || e.altKey) return
      const typing = e.target instanceof HTMLElement && e.target.closest('input, textarea, select')
      if (e.key === 'Escape') app.selection.value = null
      else if (!typing && letters[e.key]) {
        e.preventDefault()
        letters[e.key]!()
      }
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}
