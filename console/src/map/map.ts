import { LngLatBounds, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl'
import 'maplibre-gl/dist/maplibre-gl.css'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { heatLayers, heatSource, postFeatures, postLayers, postSource, type Heat } from './heat.ts'
import { t } from '../i18n.ts'
import { prefersStill } from '../theme.ts'
import { point, toneOf, type Point, type World } from '../world.ts'
import { iconName, orderIcons } from './icons.ts'
import { Overlay, type Scene } from './overlay.ts'
import { graticule, routeOpacity, styleOf } from './style.ts'

setWorkerUrl(workerUrl)

const calmMs = 500 // between two changes of the layers ...
const calmMsPerOrder = 0.25 // ... and more for each order, since all are written anew
const tap = 7 // px around the pointer in which an order counts as hit

/** What the map tells the page. */
export interface MapListener {
  clicked(hit: { worker?: string; order?: string; at: Point }): void
  hovered(worker: string): void
  /** Words for what is under the pointer. */
  title(hit: { worker: string; order: string }): string
}

/** The live map. */
export class LiveMap {
  readonly map: MapLibre
  readonly overlay: Overlay
  private ready = false
  private fitted = false
  private base: GeoJSON.FeatureCollection | null = null
  private heat: Heat | null = null
  private focus = ''
  private style = ''
  private waiting = 0
  private written = 0

  constructor(container: HTMLElement, private readonly world: World, private readonly scene: () => Scene, listener: MapListener) {
    this.map = new MapLibre({
      container, style: styleOf(scene().palette, 'en', graticule(30.2, 120.2), false), center: [120.2, 30.2], zoom: 11,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0, maxZoom: 18, minZoom: 3,
      renderWorldCopies: false,
    })
    this.map.touchZoomRotate.disableRotation()
    this.map.keyboard.disableRotation()
    this.map.addControl(new NavigationControl({ showCompass: false }), 'bottom-right')
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-right')
    this.overlay = new Overlay(this.map, world, scene)
    this.map.on('style.load', () => this.styled())
    this.listen(listener)
  }

  /** Sets the streets, or null where there are none. */
  setBase(base: GeoJSON.FeatureCollection | null, lang: string): void {
    this.base = base
    this.restyle(lang)
  }

  /** Applies theme and language. */
  restyle(lang: string): void {
    this.label()
    const { palette, dark } = this.scene()
    const key = `${dark}/${lang}/${this.base ? 'base' : this.fitted}`
    if (key === this.style) return
    this.style = key
    this.ready = false
    const c = this.map.getCenter()
    this.map.setStyle(styleOf(palette, lang, this.base ?? graticule(c.lat, c.lng), this.base !== null), { diff: false })
  }

  /** Says what the parts of the map are in the language of the page; the library knows the one that it began with. */
  private label(): void {
    for (const [part, text] of [['ctrl-zoom-in', 'map.in'], ['ctrl-zoom-out', 'map.out'], ['canvas', 'app.map']] as const) {
      const element = this.map.getContainer().querySelector<HTMLElement>(`.maplibregl-${part}`)
      element?.setAttribute('aria-label', t(text))
      if (part !== 'canvas') element?.setAttribute('title', t(text))
    }
  }

  /** Shows what the world says now; the layers of the map follow the sooner the fewer orders there are. */
  update(): void {
    this.overlay.update()
    if (this.waiting) return
    const rest = this.written + calmMs + this.world.orders.size * calmMsPerOrder - performance.now()
    this.waiting = window.setTimeout(() => this.write(), Math.max(0, rest))
  }

  private write(): void {
    clearTimeout(this.waiting)
    this.waiting = 0
    if (!this.ready) return
    this.written = performance.now()
    this.source('order')?.setData(orderFeatures(this.world, this.scene(), this.focus))
    this.source('route')?.setData(routeFeatures(this.world))
  }

  /** Brings out the route of one technician; an empty text shows all alike. */
  highlight(worker: string): void {
    if (this.focus === worker) return
    this.focus = worker
    if (this.ready) this.applyFocus()
    this.write()
  }

  /** Looks at everything once the first data are there. */
  fit(padding: Padding): void {
    const bounds = new LngLatBounds()
    for (const w of this.world.workers.values()) if (w.at) bounds.extend([w.at.lon, w.at.lat])
    for (const o of this.world.orders.values()) bounds.extend([o.at.lon, o.at.lat])
    if (bounds.isEmpty()) return
    this.fitted = true
    this.map.fitBounds(bounds, { padding: roomy(padding, this.map), maxZoom: 15, animate: false })
  }

  /** Looks at everything once there is something, where there was nothing when the page was opened: a service that has just begun. */
  fitLate(padding: Padding): void {
    if (this.fitted) return
    const there = [...this.world.workers.values()].filter((w) => w.at).length + this.world.orders.size
    if (there > 1) this.fit(padding)
  }

  /** Moves to a place that a panel might hide. */
  show(at: Point, padding: Padding): void {
    const { x, y } = this.map.project([at.lon, at.lat])
    const { clientWidth: width, clientHeight: height } = this.map.getContainer()
    const [dx, dy] = [inside(x, padding.left, width - padding.right), inside(y, padding.top, height - padding.bottom)]
    if (dx || dy) this.map.panBy([dx, dy], { duration: prefersStill() ? 0 : 500 })
  }

  /** The place in the middle of what no panel hides. */
  middle(padding: Padding): Point {
    const { clientWidth: width, clientHeight: height } = this.map.getContainer()
    const { lat, lng } = this.map.unproject([(padding.left + width - padding.right) / 2, (padding.top + height - padding.bottom) / 2])
    return { lat, lon: lng }
  }

  private styled(): void {
    for (const icon of orderIcons(this.scene().palette)) {
      this.map.addImage(icon.name, icon.image, { pixelRatio: icon.pixelRatio })
    }
    this.ready = true
    this.applyFocus()
    this.applyHeat()
    this.write()
  }

  /** Lays expected or reported faults over the streets in place of orders and technicians, or takes them away again. */
  setHeat(heat: Heat | null): void {
    this.heat = heat
    if (this.ready) this.applyHeat()
  }

  private applyHeat(): void {
    const { heat } = this
    this.map.getContainer().classList.toggle('heated', heat !== null)
    for (const layer of this.map.getStyle().layers) {
      if ('source' in layer && (layer.source === 'order' || layer.source === 'route')) this.map.setLayoutProperty(layer.id, 'visibility', heat ? 'none' : 'visible')
    }
    const known = this.source(heatSource)
    if (known) known.setData(heat?.cells ?? { type: 'FeatureCollection', features: [] })
    else if (heat) this.map.addSource(heatSource, { type: 'geojson', data: heat.cells })
    const posts = postFeatures(heat?.posts ?? [])
    const drawn = this.source(postSource)
    if (drawn) drawn.setData(posts)
    else if (heat) this.map.addSource(postSource, { type: 'geojson', data: posts })
    if (!heat) return
    const colour = heatLayers(heat, this.scene().dark)
    for (const layer of postLayers(this.scene().dark)) if (!this.map.getLayer(layer.id)) this.map.addLayer(layer)
    for (const layer of colour) {
      if (!this.map.getLayer(layer.id)) this.map.addLayer(layer, this.map.getStyle().layers.find((l) => l.type === 'symbol')?.id)
      else for (const [name, value] of Object.entries(layer.paint ?? {})) this.map.setPaintProperty(layer.id, name as 'fill-color', value as string)
    }
  }

  private applyFocus(): void {
    for (const layer of ['route-on', 'route-on-casing']) this.map.setFilter(layer, ['==', ['get', 'id'], this.focus])
    this.map.setPaintProperty('route', 'line-opacity', this.focus ? 0.14 : routeOpacity)
  }

  private source(id: string): GeoJSONSource | undefined {
    return this.map.getSource(id) as GeoJSONSource | undefined
  }

  private listen(listener: MapListener): void {
    this.map.on('click', (e) => {
      const worker = this.overlay.workerAt(e.point.x, e.point.y)
      const order = worker ? '' : this.orderAt(e.point.x, e.point.y)
      listener.clicked({ ...(worker && { worker }), ...(order && { order }), at: { lat: e.lngLat.lat, lon: e.lngLat.lng } })
    })
    this.map.on('mousemove', (e) => {
      const worker = this.overlay.workerAt(e.point.x, e.point.y)
      listener.hovered(worker)
      const order = worker ? '' : this.orderAt(e.point.x, e.point.y)
      const canvas = this.map.getCanvas()
      canvas.style.cursor = worker || order ? 'pointer' : ''
      canvas.title = worker || order ? listener.title({ worker, order }) : ''
    })
    this.map.on('mouseout', () => listener.hovered(''))
  }

  private orderAt(x: number, y: number): string {
    if (!this.ready || !this.map.getLayer('order')) return ''
    const hits = this.map.queryRenderedFeatures([[x - tap, y - tap], [x + tap, y + tap]], { layers: ['order'] })
    return (hits[0]?.properties['id'] as string | undefined) ?? ''
  }
}

/** How far a map has to move until a place lies well inside an interval of the screen. */
function inside(v: number, from: number, to: number): number {
  const margin = Math.min(70, (to - from) / 3)
  return v < from + margin ? v - from - margin : v > to - margin ? v - to + margin : 0
}

export interface Padding { left: number; right: number; top: number; bottom: number }

/** Padding that leaves some map to see. */
function roomy(p: Padding, map: MapLibre): Padding {
  const { clientWidth: width, clientHeight: height } = map.getContainer()
  const margin = Math.min(60, width / 10)
  const fits = p.left + p.right + 2 * margin < width && p.top + p.bottom + 2 * margin < height
  return fits ? { left: p.left + margin, right: p.right + margin, top: p.top + margin, bottom: p.bottom + margin } : { left: 20, right: 20, top: 20, bottom: 20 }
}

function orderFeatures(world: World, scene: Scene, focus: string): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = []
  for (const o of world.orders.values()) {
    const tone = toneOf(o, scene.now)
    const emergency = o.urgency === 'EMERGENCY'
    const rank = { late: 8, soon: 4, calm: 2, work: 0 }[tone] + (emergency ? 1 : 0)
    features.push({
      type: 'Feature',
      properties: { id: o.id, icon: iconName(tone, emergency, !o.technicianId), rank, dim: focus !== '' && o.technicianId !== focus },
      geometry: { type: 'Point', coordinates: [o.at.lon, o.at.lat] },
    })
  }
  return { type: 'FeatureCollection', features }
}

/** A line per technician, from where the technician is now through the stops that are still open. */
function routeFeatures(world: World): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = []
  for (const r of world.routes) {
    const start = world.workers.get(r.technicianId)?.at ?? (r.start && point(r.start))
    const stops = (r.stops ?? []).filter((s) => s.location && world.orders.has(s.workOrderId)).map((s) => point(s.location))
    const places = start ? [start, ...stops] : stops
    if (places.length < 2) continue
    features.push({
      type: 'Feature', properties: { id: r.technicianId },
      geometry: { type: 'LineString', coordinates: places.map((p) => [p.lon, p.lat]) },
    })
  }
  return { type: 'FeatureCollection', features }
}
