import { computed, effect, signal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import type { LiveMap, Padding } from '../map/map.ts'
import type { Heat } from '../map/heat.ts'
import { route } from '../route.ts'
import { isDark, palette, prefersStill } from '../theme.ts'

const loaded = signal<LiveMap | null>(null)
let live: LiveMap | null = null

/** What the planner lays over the map; null shows orders and technicians. */
export const heat = signal<Heat | null>(null)

/** Whether a view hides the map: then it is neither fetched nor drawn. */
const covered = computed(() => {
  const { view, parameters } = route.value
  return view === 'board' || view === 'operations' || view === 'figures' || parameters.get('show') === 'backtest'
})

/** How much of the map the panels hide. */
export function hidden(): Padding {
  const box = (selector: string) => document.querySelector(selector)?.getBoundingClientRect()
  const panel = box('.panel')
  const card = box('.card')
  if (innerWidth < 720) return { left: 0, right: 0, top: 56, bottom: innerHeight - (card?.top ?? panel?.top ?? innerHeight) }
  return { left: panel?.right ?? 0, right: card ? innerWidth - card.left : 0, top: 40, bottom: 40 }
}

/** The middle of the visible part of the map. */
export const mapMiddle = () => live?.middle(hidden()) ?? { lat: 0, lon: 0 }

/** Fills a new map and keeps it in the colours and the language of the page. */
function begin(map: LiveMap): void {
  live = map
  const fill = () => {
    map.fit(hidden())
    map.restyle(lang.value)
  }
  app.onLoaded = fill
  app.onMoved = () => covered.peek() || map.overlay.update()
  if (app.loaded.peek()) fill()
  loaded.value = map
  void app.client.baseMap().then((base) => map.setBase(base, lang.value))
  effect(() => {
    void isDark.value
    map.restyle(lang.value)
  })
}

/** The map that fills the page; it is fetched after the rest of the page. */
export function MapView(): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  const begun = useRef(false)
  useSignalEffect(() => {
    if (covered.value || begun.current) return
    begun.current = true
    void import('../map/map.ts').then(({ LiveMap: Loaded }) => begin(newMap(Loaded, element.current!)))
  })
  useSignalEffect(() => {
    void app.tick.value
    if (covered.value) return
    if (app.loaded.value) loaded.value?.fitLate(hidden())
    loaded.value?.update()
  })
  useSignalEffect(() => loaded.value?.setHeat(heat.value))
  useSignalEffect(() => {
    const s = app.selection.value
    void app.picked.value
    const owner = s?.kind === 'order' ? (app.world.orders.get(s.id)?.technicianId ?? '') : ''
    live?.highlight(app.hovered.value || (s?.kind === 'worker' ? s.id : owner))
    live?.overlay.update()
  })
  useSignalEffect(() => {
    const s = app.selection.value
    if (!s || s.kind === 'report') return
    const at = s.kind === 'order' ? app.world.orders.get(s.id)?.at : app.world.workers.get(s.id)?.at
    if (at) requestAnimationFrame(() => live?.show(at, hidden()))
  })
  return <div class={covered.value ? 'map covered' : 'map'} ref={element} role="region" aria-label={t('app.map')} />
}

function newMap(Loaded: typeof LiveMap, container: HTMLElement): LiveMap {
  const scene = () => {
    const s = app.selection.peek()
    return {
      palette: palette.peek(), dark: isDark.peek(), lang: lang.peek(), now: app.now(), stillness: prefersStill(), hoveredWorker: app.hovered.peek(),
      selectedWorker: s?.kind === 'worker' ? s.id : '', selectedOrder: s?.kind === 'order' ? s.id : '',
      picked: s?.kind === 'report' ? app.picked.peek() : null,
    }
  }
  const map = new Loaded(container, app.world, scene, {
    clicked: (hit) => {
      if (app.selection.value?.kind === 'report') app.picked.value = hit.at
      else if (hit.worker) app.selection.value = { kind: 'worker', id: hit.worker }
      else if (hit.order) app.selection.value = { kind: 'order', id: hit.order }
      else app.selection.value = null
    },
    hovered: (worker) => (app.hovered.value = worker),
    title: (hit) => {
      const worker = app.world.workers.get(hit.worker)
      if (worker) return `${oneOf(worker.name)} · ${tOr('worker', worker.state)}`
      return oneOf(app.world.orders.get(hit.order)?.description ?? '')
    },
  })
  Object.assign(window, { fettle: { app, map } })
  return map
}
