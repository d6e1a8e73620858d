import type { Map as MapLibre } from 'maplibre-gl'
import { toneOf, type Point, type Worker, type World } from '../world.ts'
import type { Palette } from './style.ts'
import { Track } from './track.ts'

const radius = 13
const reach = 17 // px around a marker that count as on it
const pulseMs = 1_800
const slowMs = 24 // a frame that takes longer than one and a half at 60 Hz is slow
const restMs = 90
const lagWeight = 0.1

/** What the overlay needs to know besides the world. */
export interface Scene {
  palette: Palette
  dark: boolean
  lang: 'en' | 'zh'
  now: number // time of the service
  selectedWorker: string
  hoveredWorker: string
  selectedOrder: string
  picked: Point | null
  stillness: boolean // reduced motion
}

/**
 * Technicians, drawn on a canvas above the map. Only this canvas is painted again as they move, not the map with its streets,
 * and thousands of them cost a few milliseconds a frame.
 */
export class Overlay {
  private readonly canvas = document.createElement('canvas')
  private readonly context = this.canvas.getContext('2d')!
  private readonly tracks = new Map<string, Track>()
  private readonly sprites = new Map<string, HTMLCanvasElement>()
  private placed: { id: string; x: number; y: number }[] = []
  private frame = 0
  private lag = 0 // ms from asking for a frame to having it, smoothed
  private spriteKey = ''

  constructor(private readonly map: MapLibre, private readonly world: World, private readonly scene: () => Scene) {
    this.canvas.className = 'overlay'
    this.canvas.setAttribute('aria-hidden', 'true')
    map.getCanvasContainer().append(this.canvas)
    map.on('render', () => this.paint())
  }

  /** Takes in what the world says now and keeps painting while something moves. */
  update(): void {
    const now = performance.now()
    const { stillness } = this.scene()
    for (const [id, worker] of this.world.workers) {
      if (!worker.at) continue
      const track = this.tracks.get(id)
      if (!track) this.tracks.set(id, new Track(worker.at, now))
      else {
        track.aim(worker.at, now)
        if (stillness) track.settle()
      }
    }
    for (const id of this.tracks.keys()) if (!this.world.workers.has(id)) this.tracks.delete(id)
    this.schedule()
  }

  /** The technician whose marker is at a place on the screen, or an empty text. */
  workerAt(x: number, y: number): string {
    let best = ''
    let nearest = reach * reach
    for (const p of this.placed) {
      const d = (p.x - x) ** 2 + (p.y - y) ** 2
      if (d < nearest) [best, nearest] = [p.id, d]
    }
    return best
  }

  /** Where a technician is shown at this moment. */
  shownAt(id: string): Point | null {
    return this.tracks.get(id)?.at(performance.now()) ?? null
  }

  /** Asks for the next picture; a machine that is slow to show one gets fewer. */
  private schedule(): void {
    if (this.frame) return
    this.frame = window.setTimeout(() => {
      const asked = performance.now()
      requestAnimationFrame(() => {
        this.lag += (performance.now() - asked - this.lag) * lagWeight
        this.frame = 0
        this.paint()
      })
    }, this.lag > slowMs ? restMs : 0)
  }

  private paint(): void {
    const { clientWidth: width, clientHeight: height } = this.map.getContainer()
    const ratio = Math.min(devicePixelRatio, 2)
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio)
      this.canvas.height = Math.round(height * ratio)
    }
    const c = this.context
    c.setTransform(ratio, 0, 0, ratio, 0, 0)
    c.clearRect(0, 0, width, height)
    const scene = this.scene()
    const project = this.projection()
    const now = performance.now()
    const pulsing = this.paintOrders(project, scene, now)
    const moving = this.paintWorkers(project, scene, now, ratio)
    if (scene.picked) this.paintPick(project(scene.picked), scene)
    if ((pulsing || moving) && !scene.stillness) this.schedule()
  }

  /** The map neither turns nor tilts, so two known places give the whole projection. */
  private projection(): (p: Point) => { x: number; y: number } {
    const { lat, lng } = this.map.getCenter()
    const a = this.map.project([lng, lat])
    const b = this.map.project([lng + 0.1, lat + (lat > 0 ? -0.1 : 0.1)])
    const ya = mercatorY(lat)
    const yb = mercatorY(lat + (lat > 0 ? -0.1 : 0.1))
    const [kx, ky] = [(b.x - a.x) / 0.1, (b.y - a.y) / (yb - ya)]
    return (p) => ({ x: a.x + (p.lon - lng) * kx, y: a.y + (mercatorY(p.lat) - ya) * ky })
  }

  /** Rings around late orders and the selected one. True while a ring moves. */
  private paintOrders(project: (p: Point) => { x: number; y: number }, scene: Scene, now: number): boolean {
    const c = this.context
    const phase = scene.stillness ? 0.5 : (now % pulseMs) / pulseMs
    let pulsing = false
    c.lineWidth = 2
    c.strokeStyle = scene.palette.late
    for (const o of this.world.orders.values()) {
      if (toneOf(o, scene.now) !== 'late') continue
      const { x, y } = project(o.at)
      if (x < -30 || y < -30 || x > this.canvas.clientWidth + 30 || y > this.canvas.clientHeight + 30) continue
      pulsing = true
      c.globalAlpha = 0.85 * (1 - phase)
      c.beginPath()
      c.arc(x, y, 8 + 16 * phase, 0, 2 * Math.PI)
      c.stroke()
    }
    c.globalAlpha = 1
    const selected = this.world.orders.get(scene.selectedOrder)
    if (selected) this.ring(project(selected.at), 18, scene.palette.routeOn)
    return pulsing
  }

  private ring({ x, y }: { x: number; y: number }, r: number, color: string): void {
    const c = this.context
    c.lineWidth = 3
    c.strokeStyle = color
    c.beginPath()
    c.arc(x, y, r, 0, 2 * Math.PI)
    c.stroke()
  }

  private paintWorkers(project: (p: Point) => { x: number; y: number }, scene: Scene, now: number, ratio: number): boolean {
    if (this.spriteKey !== `${scene.dark}/${ratio}`) {
      this.sprites.clear()
      this.spriteKey = `${scene.dark}/${ratio}`
    }
    const small = this.map.getZoom() < 11
    let moving = false
    this.placed = []
    for (const [id, worker] of this.fromBelow()) {
      const track = this.tracks.get(id)
      if (!track) continue
      moving ||= track.moving(now)
      const { x, y } = project(track.at(now))
      if (x < -20 || y < -20 || x > this.canvas.clientWidth + 20 || y > this.canvas.clientHeight + 20) continue
      this.placed.push({ id, x, y })
      const sprite = this.sprite(worker.initials[scene.lang], worker.stale ? 'stale' : worker.state, scene, ratio)
      const size = (sprite.width / ratio) * (small || worker.state === 'OFF_SHIFT' ? 0.7 : 1)
      this.context.drawImage(sprite, x - size / 2, y - size / 2, size, size)
      if (id === scene.selectedWorker || id === scene.hoveredWorker) this.ring({ x, y }, radius + 4, scene.palette.routeOn)
    }
    return moving
  }

  /** Technicians who are off shift come first, so that the others lie above them. */
  private *fromBelow(): Generator<[string, Worker]> {
    for (const entry of this.world.workers) if (entry[1].state === 'OFF_SHIFT') yield entry
    for (const entry of this.world.workers) if (entry[1].state !== 'OFF_SHIFT') yield entry
  }

  /** The marker of a technician, drawn once and kept. */
  private sprite(initials: string, state: string, scene: Scene, ratio: number): HTMLCanvasElement {
    const key = `${initials}/${state}`
    const known = this.sprites.get(key)
    if (known) return known
    const size = (radius + 4) * 2 * ratio
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = size
    const c = canvas.getContext('2d')!
    c.scale(ratio, ratio)
    c.translate(radius + 4, radius + 4)
    const { fill, edge, text, dash } = look(state, scene)
    c.shadowColor = 'rgba(0,0,0,.4)'
    c.shadowBlur = 4 * ratio
    c.shadowOffsetY = ratio
    c.beginPath()
    c.arc(0, 0, radius, 0, 2 * Math.PI)
    c.fillStyle = fill
    c.fill()
    c.shadowColor = 'transparent'
    c.lineWidth = 2
    c.setLineDash(dash)
    c.strokeStyle = edge
    c.beginPath()
    c.arc(0, 0, radius - 1, 0, 2 * Math.PI)
    c.stroke()
    c.fillStyle = text
    c.font = '700 10.5px system-ui, "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif'
    c.textAlign = 'center'
    c.textBaseline = 'middle'
    c.fillText(initials, 0, 0.5)
    this.sprites.set(key, canvas)
    return canvas
  }

  private paintPick({ x, y }: { x: number; y: number }, scene: Scene): void {
    const c = this.context
    c.lineWidth = 2.5
    c.strokeStyle = scene.palette.routeOn
    c.fillStyle = scene.palette.routeOn
    c.beginPath()
    c.arc(x, y, 11, 0, 2 * Math.PI)
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
      c.moveTo(x + dx * 7, y + dy * 7)
      c.lineTo(x + dx * 18, y + dy * 18)
    }
    c.stroke()
    c.beginPath()
    c.arc(x, y, 2.5, 0, 2 * Math.PI)
    c.fill()
  }
}

function mercatorY(lat: number): number {
  return Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))
}

/** Colours of the states; their contrast with white text is at least 4.5. */
export const stateColor: Record<string, string> = { AVAILABLE: '#1b7f5c', EN_ROUTE: '#1d66c1', WORKING: '#7d3cb5', OFF_SHIFT: '#66727b' }

function look(state: string, scene: Scene): { fill: string; edge: string; text: string; dash: number[] } {
  const paper = scene.dark ? '#1b2229' : '#ffffff'
  const gray = scene.dark ? '#9aa7b1' : '#5f6b74'
  if (state === 'stale') return { fill: paper, edge: gray, text: gray, dash: [3, 2.5] }
  if (state === 'OFF_SHIFT') return { fill: paper, edge: gray, text: gray, dash: [] }
  return { fill: stateColor[state] ?? stateColor['OFF_SHIFT']!, edge: scene.dark ? '#0c1013' : '#ffffff', text: '#ffffff', dash: [] }
}
