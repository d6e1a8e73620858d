import type { JSX } from 'preact'
import { t } from '../i18n.ts'
import { route, views, type View } from '../route.ts'
import { Icon } from './icons.tsx'
import { keysOpen, paletteOpen } from './state.ts'

const icons = { dispatch: 'map', board: 'board', planner: 'hex', operations: 'key', figures: 'chart' } as const satisfies Record<View, string>

/** The views, as links so that they open in a new tab too. */
export function Nav(): JSX.Element {
  return (
    <nav class="rail" aria-label={t('nav.title')}>
      {views.map((view) => (
        <a key={view} href={`#/${view}`} aria-current={route.value.view === view ? 'page' : undefined} data-view={view}>
          <Icon name={icons[view]} size={20} /> <span>{t(`nav.${view}`)}</span>
        </a>
      ))}
      <button type="button" class="plain keys-button" title={t('keys.title')} aria-label={t('keys.title')} aria-keyshortcuts="?" onClick={() => (keysOpen.value = true)}>?</button>
      <button type="button" class="plain find" title={t('nav.find')} aria-label={t('nav.find')} aria-keyshortcuts="Control+K" onClick={() => (paletteOpen.value = true)}>
        <Icon name="search" size={20} />
      </button>
    </nav>
  )
}
