import type { CircleLayerSpecification, FillLayerSpecification, LineLayerSpecification, SymbolLayerSpecification } from 'maplibre-gl'

/** Hexagons with the properties that the service gives them, and the one of these that is shown. */
export interface Heat { cells: GeoJSON.FeatureCollection; field: 'mean' | 'actual' | 'miss'; chosen: string; posts: Post[] }

/** A place where somebody waits, with its words. */
export interface Post { lat: number; lon: number; label: string; moved: boolean }

export const heatSource = 'heat'
export const postSource = 'post'

/** The places to wait as points. Those at the same place share a point, with all their names. */
export function postFeatures(posts: Post[]): GeoJSON.FeatureCollection {
  const places = new Map<string, Post[]>()
  for (const p of posts) places.set(`${p.lat}/${p.lon}`, [...(places.get(`${p.lat}/${p.lon}`) ?? []), p])
  return {
    type: 'FeatureCollection',
    features: [...places.values()].map((all) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: [all[0]!.lon, all[0]!.lat] },
      properties: { n: all.length, moved: all.some((p) => p.moved), label: all.slice(0, 3).map((p) => p.label).join('\n') + (all.length > 3 ? `\n+${all.length - 3}` : '') },
    })),
  }
}

/** Reports in a bucket at which the colour changes: the same in every picture, so that playback can be compared by eye. */
export const steps = [0.1, 0.3, 0.75, 1.5, 3, 6, 12]
/** Reports more or fewer than forecast at which the colour changes. */
export const missSteps = [-3, -1.5, -0.5, 0.5, 1.5, 3]

const light = ['#fff4d6', '#ffe3a1', '#fec76a', '#fca043', '#f3722c', '#d8431f', '#a51d23', '#6d0b2c']
const dark = ['#2b2a1d', '#4a4119', '#74591a', '#a5711d', '#d68a27', '#f2a541', '#ffc76b', '#fff0b3']
const missLight = ['#2166ac', '#67a9cf', '#c3dcec', '#eeeeee', '#f6c9b0', '#ef8a62', '#b2182b']
const missDark = ['#7fc1ff', '#4a8fc7', '#2a5474', '#3a3f43', '#704835', '#c26a45', '#ff8a70']

export const colours = (field: Heat['field'], isDark: boolean): string[] => (field === 'miss' ? (isDark ? missDark : missLight) : isDark ? dark : light)
export const stepsOf = (field: Heat['field']): number[] => (field === 'miss' ? missSteps : steps)

/** The layers that draw the hexagons. */
export function heatLayers(heat: Heat, isDark: boolean): (FillLayerSpecification | LineLayerSpecification)[] {
  const palette = colours(heat.field, isDark)
  const value = heat.field === 'miss' ? ['-', ['coalesce', ['get', 'actual'], 0], ['coalesce', ['get', 'mean'], 0]] : ['coalesce', ['get', heat.field], 0]
  const colour = ['step', value, palette[0], ...stepsOf(heat.field).flatMap((step, i) => [step, palette[i + 1]])] as unknown as string
  const opacity = (heat.field === 'actual' ? ['case', ['>', value, 0], 0.78, 0.12] : 0.72) as unknown as number
  return [
    { id: 'heat', type: 'fill', source: heatSource, paint: { 'fill-color': colour, 'fill-opacity': opacity, 'fill-antialias': false } },
    {
      id: 'heat-edge', type: 'line', source: heatSource,
      paint: {
        'line-color': isDark ? '#e8eeed' : '#17211f',
        'line-width': ['case', ['==', ['get', 'cell'], heat.chosen], 3, 0.4] as unknown as number, 'line-opacity': ['case', ['==', ['get', 'cell'], heat.chosen], 1, 0.35] as unknown as number,
      },
    },
  ]
}

/** The layers that draw the places to wait above the hexagons. */
export function postLayers(isDark: boolean): (CircleLayerSpecification | SymbolLayerSpecification)[] {
  const [ink, paper] = isDark ? ['#e8eeed', '#0c1013'] : ['#17211f', '#ffffff']
  return [
    {
      id: 'post', type: 'circle', source: postSource,
      paint: { 'circle-radius': ['+', 7, ['min', 6, ['get', 'n']]] as unknown as number, 'circle-color': ['case', ['get', 'moved'], '#1d66c1', '#1b7f5c'] as unknown as string, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2.5 },
    },
    {
      id: 'post-name', type: 'symbol', source: postSource,
      layout: { 'text-field': ['get', 'label'] as unknown as string, 'text-size': 12, 'text-offset': [0, 1.3], 'text-anchor': 'top', 'text-allow-overlap': false, 'text-optional': true },
      paint: { 'text-color': ink!, 'text-halo-color': paper!, 'text-halo-width': 1.8 },
    },
  ]
}
