import type { LatLng } from '../api/types.ts'
import { fit, prepare, streets } from '../pages/sketch.ts'

/** What is drawn: the dwelling, who comes, and streets where there are any. */
export interface Picture { home: LatLng; there: LatLng; base: GeoJSON.FeatureCollection | null }

/** Draws the way between two places. It is a sketch and no map: it needs no tiles and no library. */
export function draw(canvas: HTMLCanvasElement, { home, there, base }: Picture): void {
  const { c, width, height, colour } = prepare(canvas)
  const project = fit([home, there], width, height)
  streets(c, base, project, colour)
  const [a, b] = [project(there.longitude ?? 0, there.latitude ?? 0), project(home.longitude ?? 0, home.latitude ?? 0)]
  c.setLineDash([2, 9])
  c.lineCap = 'round'
  c.lineWidth = 4
  c.strokeStyle = colour('--calm')
  c.beginPath()
  c.moveTo(a[0], a[1])
  c.lineTo(b[0], b[1])
  c.stroke()
  c.setLineDash([])
  house(c, b, colour)
  person(c, a, colour)
}

function house(c: CanvasRenderingContext2D, [x, y]: [number, number], colour: (name: string) => string): void {
  disc(c, x, y, 17, colour('--accent'), colour('--paper'))
  c.strokeStyle = colour('--on-accent')
  c.lineWidth = 2.2
  c.stroke(new Path2D(`M${x - 8} ${y}l8-7 8 7M${x - 5.5} ${y - 1}v8h11v-8`))
}

function person(c: CanvasRenderingContext2D, [x, y]: [number, number], colour: (name: string) => string): void {
  disc(c, x, y, 15, colour('--calm'), colour('--paper'))
  c.fillStyle = colour('--paper')
  c.beginPath()
  c.arc(x, y - 4, 4, 0, 7)
  c.fill()
  c.beginPath()
  c.arc(x, y + 8, 7, Math.PI, 0)
  c.fill()
}

function disc(c: CanvasRenderingContext2D, x: number, y: number, r: number, fill: string, edge: string): void {
  c.beginPath()
  c.arc(x, y, r, 0, 7)
  c.fillStyle = fill
  c.fill()
  c.lineWidth = 3
  c.strokeStyle = edge
  c.stroke()
}
