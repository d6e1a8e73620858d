import type { LatLng } from '../api/types.ts'

const margin = 46 // px around the places
const least = 0.004 // degrees: a sketch never shows less

export type Project = (longitude: number, latitude: number) => [number, number]

/** A canvas made as sharp as the screen, with what draws on it. Lengths are in px of the page. */
export function prepare(canvas: HTMLCanvasElement): { c: CanvasRenderingContext2D; width: number; height: number; colour: (name: string) => string } {
  const ratio = Math.min(3, devicePixelRatio)
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = width * ratio
  canvas.height = height * ratio
  const c = canvas.getContext('2d')!
  c.scale(ratio, ratio)
  return { c, width, height, colour: (name) => getComputedStyle(canvas).getPropertyValue(name).trim() }
}

/** Fits places into a picture. */
export function fit(places: LatLng[], width: number, height: number): Project {
  const lon = places.map((p) => p.longitude ?? 0)
  const lat = places.map((p) => p.latitude ?? 0)
  const [west, east, south, north] = [Math.min(...lon), Math.max(...lon), Math.min(...lat), Math.max(...lat)]
  const squeeze = Math.cos((south * Math.PI) / 180)
  const scale = Math.min((width - 2 * margin) / Math.max(least, (east - west) * squeeze), (height - 2 * margin) / Math.max(least, north - south))
  return (x, y) => [width / 2 + (x - (west + east) / 2) * squeeze * scale, height / 2 - (y - (south + north) / 2) * scale]
}

/** Draws streets and water where there are any. */
export function streets(c: CanvasRenderingContext2D, base: GeoJSON.FeatureCollection | null, project: Project, colour: (name: string) => string): void {
  for (const f of base?.features ?? []) feature(c, f, project, colour)
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
