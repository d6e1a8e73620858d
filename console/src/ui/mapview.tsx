import { effect, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import { LiveMap, type Padding } from '../map/map.ts'
import { isDark, palette, prefersStill } from '../theme.ts'

let live: LiveMap | null = null

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

/** The map that fills the page. */
export function MapView(): JSX.Element {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const map = newMap(element.current!)
    live = map
    app.onLoaded = () => {
      map.fit(hidden())
      map.restyle(lang.value)
    }
    app.onMoved = () => map.overlay.update()
    void app.client.baseMap().then((base) => map.setBase(base, lang.value))
    return effect(() => {
      void isDark.value
      map.restyle(lang.value)
    })
  }, [])
  useSignalEffect(() => {
    void app.tick.value
    live?.update()
  })
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
  return <div class="map" ref={element} role="region" aria-label={t('app.map')} />
}

function newMap(container: HTMLElement): LiveMap {
  const scene = () => {
    const s = app.selection.peek()
    return {
      palette: palette.peek(), dark: isDark.peek(), lang: lang.peek(), now: app.now(), stillness: prefersStill(), hoveredWorker: app.hovered.peek(),
      selectedWorker: s?.kind === 'worker' ? s.id : '', selectedOrder: s?.kind === 'order' ? s.id : '',
      picked: s?.kind === 'report' ? app.picked.peek() : null,
    }
  }
  const map = new LiveMap(container, app.world, scene, {
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
  // For tests and for the curious at the browser's own console.
  Object.assign(window, { fettle: { app, map } })
  return map
}
