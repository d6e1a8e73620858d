import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'

/** Colours of the base map: quiet, so that technicians and orders stand out. */
export interface Palette {
  land: string; block: string; park: string; water: string; building: string; buildingEdge: string
  street: string; casing: string; main: string; label: string; waterLabel: string; parkLabel: string; halo: string; grid: string
  route: string; routeOn: string; late: string; soon: string; calm: string; work: string; ring: string
}

export const light: Palette = {
  land: '#e7eae3', block: '#e7eae3', park: '#d2e5ca', water: '#b9d8ea', building: '#d9dcd3', buildingEdge: '#cbcfc4',
  street: '#ffffff', casing: '#d3d6cd', main: '#fff1cc', label: '#525f67', waterLabel: '#3f728f', parkLabel: '#4b7a45', halo: '#f6f7f4', grid: '#d9ddd8',
  route: '#5b7f9c', routeOn: '#0b5fad', late: '#cf2e2e', soon: '#c96a00', calm: '#2467b3', work: '#1d7d55', ring: '#ffffff',
}

export const dark: Palette = {
  land: '#161d23', block: '#161d23', park: '#15261d', water: '#0e2b3d', building: '#1e272f', buildingEdge: '#29343d',
  street: '#2b363f', casing: '#12171c', main: '#3b4650', label: '#93a4b0', waterLabel: '#6ea3c2', parkLabel: '#7fa88a', halo: '#12171c', grid: '#222b33',
  route: '#5f86a6', routeOn: '#63b3ff', late: '#ff5c5c', soon: '#ffa53a', calm: '#5aa2f0', work: '#3fbf86', ring: '#0c1013',
}

/** Of all routes while none is brought out. */
export const routeOpacity = 0.36

const empty: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] }

const layerIs = (...names: string[]): ExpressionSpecification => ['in', ['get', 'layer'], ['literal', names]]
const byClass = (expressway: number, arterial: number, secondary: number, residential: number): ExpressionSpecification =>
  ['match', ['get', 'class'], 'expressway', expressway, 'arterial', arterial, 'secondary', secondary, residential]
const width = (grow: number): ExpressionSpecification => [
  'interpolate', ['exponential', 1.6], ['zoom'],
  11, byClass(2 + grow, 1.4 + grow, 0.8 + grow / 2, 0.3),
  14, byClass(5.5 + grow, 4.2 + grow, 2.6 + grow, 1.4 + grow),
  17, byClass(26 + grow, 20 + grow, 14 + grow, 9 + grow),
]

function baseLayers(p: Palette, lang: string): LayerSpecification[] {
  const name: ExpressionSpecification = ['coalesce', ['get', lang === 'zh' ? 'name_zh' : 'name_en'], ['get', 'name_en'], '']
  const line = { 'line-cap': 'round', 'line-join': 'round' } as const
  const streetSort = byClass(4, 3, 2, 1)
  const streetNames = (id: string, minzoom: number, filter: ExpressionSpecification): LayerSpecification => ({
    id, type: 'symbol', source: 'base', minzoom, filter: ['all', layerIs('street'), filter],
    layout: {
      'symbol-placement': 'line', 'text-field': name, 'text-size': ['interpolate', ['linear'], ['zoom'], 13, 10.5, 17, 13],
      'symbol-sort-key': byClass(1, 2, 3, 4), 'text-padding': 14, 'symbol-spacing': 460,
    },
    paint: { 'text-color': p.label, 'text-halo-color': p.halo, 'text-halo-width': 1.4 },
  })
  return [
    { id: 'block', type: 'fill', source: 'base', filter: layerIs('block'), paint: { 'fill-color': p.block } },
    { id: 'park', type: 'fill', source: 'base', filter: layerIs('park'), paint: { 'fill-color': p.park } },
    { id: 'water', type: 'fill', source: 'base', filter: ['all', layerIs('water'), ['!=', ['geometry-type'], 'LineString']], paint: { 'fill-color': p.water } },
    {
      id: 'river', type: 'line', source: 'base', filter: ['all', layerIs('water'), ['==', ['geometry-type'], 'LineString']], layout: line,
      paint: { 'line-color': p.water, 'line-width': ['interpolate', ['linear'], ['zoom'], 11, 1.5, 16, 10] },
    },
    {
      id: 'building', type: 'fill', source: 'base', minzoom: 12.2, filter: layerIs('building'),
      paint: { 'fill-color': p.building, 'fill-outline-color': p.buildingEdge, 'fill-opacity': ['interpolate', ['linear'], ['zoom'], 12.2, 0, 13.2, 1] },
    },
    {
      id: 'street-casing', type: 'line', source: 'base', filter: layerIs('street'), layout: { ...line, 'line-sort-key': streetSort },
      paint: { 'line-color': p.casing, 'line-width': width(2) },
    },
    {
      id: 'street', type: 'line', source: 'base', filter: layerIs('street'), layout: { ...line, 'line-sort-key': streetSort },
      paint: { 'line-color': ['match', ['get', 'class'], ['expressway', 'arterial'], p.main, p.street], 'line-width': width(0) },
    },
    {
      id: 'site', type: 'fill', source: 'base', filter: ['all', layerIs('site', 'property'), ['!=', ['geometry-type'], 'Point']],
      paint: { 'fill-color': p.calm, 'fill-opacity': 0.16, 'fill-outline-color': p.calm },
    },
    streetNames('street-name', 12.5, ['!=', ['get', 'class'], 'residential']),
    streetNames('lane-name', 14.4, ['==', ['get', 'class'], 'residential']),
    {
      id: 'area-name', type: 'symbol', source: 'base', minzoom: 12.8, filter: ['all', layerIs('water', 'park'), ['has', 'name_en']],
      layout: { 'text-field': name, 'text-size': 11, 'text-max-width': 7, 'text-padding': 10 },
      paint: { 'text-color': ['match', ['get', 'layer'], 'water', p.waterLabel, p.parkLabel], 'text-halo-color': p.halo, 'text-halo-width': 1.2 },
    },
    {
      id: 'site-name', type: 'symbol', source: 'base', minzoom: 12, filter: ['all', layerIs('site', 'property'), ['==', ['geometry-type'], 'Point']],
      layout: { 'text-field': name, 'text-size': 11.5, 'text-max-width': 8, 'text-padding': 8, 'text-offset': [0, 1.1] },
      paint: { 'text-color': p.label, 'text-halo-color': p.halo, 'text-halo-width': 1.6 },
    },
  ]
}

/** Routes under orders; technicians are drawn above all by the overlay. */
function liveLayers(p: Palette): LayerSpecification[] {
  const line = { 'line-cap': 'round', 'line-join': 'round' } as const
  return [
    { id: 'route', type: 'line', source: 'route', layout: line, paint: { 'line-color': p.route, 'line-width': 1.6, 'line-opacity': routeOpacity } },
    {
      id: 'route-on-casing', type: 'line', source: 'route', layout: line, filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': p.halo, 'line-width': 7, 'line-opacity': 0.9 },
    },
    {
      id: 'route-on', type: 'line', source: 'route', layout: line, filter: ['==', ['get', 'id'], ''],
      paint: { 'line-color': p.routeOn, 'line-width': 3.5 },
    },
    {
      id: 'order', type: 'symbol', source: 'order',
      layout: {
        'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'symbol-sort-key': ['get', 'rank'],
        'icon-size': ['interpolate', ['linear'], ['zoom'], 10, 0.55, 13, 0.85, 16, 1.1],
      },
      paint: { 'icon-opacity': ['case', ['get', 'dim'], 0.28, 1] },
    },
  ]
}

const rimSteps = 8
const rimShare = 0.09 // of the shorter side of the streets
const rimFade = 0.38 // of each step; all of them together hide what lies below

/** Frames around the streets, each a little further inside than the one before: over each other they let the streets end softly. */
function rim(base: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
  let [west, south, east, north] = [180, 90, -180, -90]
  const take = (c: unknown): void => {
    if (!Array.isArray(c)) return
    if (typeof c[0] !== 'number') return c.forEach(take)
    const [x, y] = c as [number, number]
    west = Math.min(west, x); east = Math.max(east, x); south = Math.min(south, y); north = Math.max(north, y)
  }
  for (const f of base.features) if ('coordinates' in f.geometry) take(f.geometry.coordinates)
  if (east <= west || north <= south) return empty
  const ring = (d: number) => [[west - d, south - d], [east + d, south - d], [east + d, north + d], [west - d, north + d], [west - d, south - d]]
  const side = Math.min(east - west, north - south)
  const features = Array.from({ length: rimSteps }, (_, i): GeoJSON.Feature => ({
    type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring(side), ring((-(i + 1) / rimSteps) * rimShare * side)] },
  }))
  return { type: 'FeatureCollection', features }
}

/** The whole style. It names no servers: text is drawn with the fonts of the browser. */
export function styleOf(p: Palette, lang: string, base: GeoJSON.FeatureCollection, hasBase: boolean): StyleSpecification {
  const grid: LayerSpecification[] = hasBase ? [] : [
    { id: 'grid', type: 'line', source: 'base', paint: { 'line-color': p.grid, 'line-width': 1 } },
  ]
  return {
    version: 8,
    sources: {
      base: { type: 'geojson', data: base, tolerance: 0.2 },
      rim: { type: 'geojson', data: hasBase ? rim(base) : empty },
      route: { type: 'geojson', data: empty },
      order: { type: 'geojson', data: empty },
    },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': p.land } },
      ...(hasBase ? [...baseLayers(p, lang), { id: 'rim', type: 'fill', source: 'rim', paint: { 'fill-color': p.land, 'fill-opacity': rimFade, 'fill-antialias': false } } satisfies LayerSpecification] : grid),
      ...liveLayers(p),
    ],
  }
}

/** A net of meridians and parallels around a place, for where there is no map. */
export function graticule(lat: number, lon: number): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = []
  const line = (coordinates: number[][]) =>
    features.push({ type: 'Feature', properties: {}, geometry: { type: 'LineString', coordinates } })
  const step = 0.01
  const reach = 60
  const [y, x] = [Math.round(lat / step), Math.round(lon / step)]
  for (let i = -reach; i <= reach; i++) {
    line([[(x + i) * step, (y - reach) * step], [(x + i) * step, (y + reach) * step]])
    line([[(x - reach) * step, (y + i) * step], [(x + reach) * step, (y + i) * step]])
  }
  return { type: 'FeatureCollection', features }
}
