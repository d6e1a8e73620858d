import type { LatLng } from '../api/types.ts'

/** What is drawn: the dwelling, who comes, and streets where there are any. */
export interface Picture { home: LatLng; there: LatLng; base: GeoJSON.FeatureCollection | null }

const margin = 46 // px around the two places
const least = 0.004 // degrees: the picture never shows less

/** Draws the way between two places. It is a sketch and no map: it needs no tiles and no library. */
export function draw(canvas: HTMLCanvasElement, { home, there, base }: Picture): void {
  const ratio = Math.min(3, devicePixelRatio)
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = width * ratio
  canvas.height = height * ratio
  const c = canvas.getContext('2d')!
  c.scale(ratio, ratio)
  const project = projection(home, there, width, height)
  const colour = (name: string) => getComputedStyle(canvas).getPropertyValue(name).trim()
  for (const f of base?.features ?? []) feature(c, f, project, colour)
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

type Project = (longitude: number, latitude: number) => [number, number]

function projection(home: LatLng, there: LatLng, width: number, height: number): Project {
  const lon = [home.longitude ?? 0, there.longitude ?? 0]
  const lat = [home.latitude ?? 0, there.latitude ?? 0]
  const squeeze = Math.cos((lat[0]! * Math.PI) / 180)
  const middle = [(lon[0]! + lon[1]!) / 2, (lat[0]! + lat[1]!) / 2]
  const across = Math.max(least, Math.abs(lon[0]! - lon[1]!) * squeeze)
  const up = Math.max(least, Math.abs(lat[0]! - lat[1]!))
  const scale = Math.min((width - 2 * margin) / across, (height - 2 * margin) / up)
  return (x, y) => [width / 2 + (x - middle[0]!) * squeeze * scale, height / 2 - (y - middle[1]!) * scale]
}

function feature(c: CanvasRenderingContext2D, f: GeoJSON.Feature, project: Project, colour: (name: string) => string): void {
  const { layer, class: kind } = (f.properties ?? {}) as { layer?: string; class?: string }
  if (layer !== 'street' && layer !== 'water') return
  const main = kind === 'expressway' || kind === 'arterial'
  c.strokeStyle = c.fillStyle = colour(layer === 'water' ? '--water' : '--street')
  c.lineWidth = layer === 'water' ? 6 : main ? 5 : 2
  c.lineJoin = 'round'
  const g = f.geometry
  const path = (points: GeoJSON.Position[]) => points.forEach(([x = 0, y = 0], i) => (i ? c.lineTo(...project(x, y)) : c.moveTo(...project(x, y))))
  c.beginPath()
  if (g.type === 'LineString') path(g.coordinates)
  else if (g.type === 'MultiLineString') g.coordinates.forEach(path)
  else if (g.type === 'Polygon') g.coordinates.forEach(path)
  else return
  if (g.type === 'Polygon') c.fill()
  else c.stroke()
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
