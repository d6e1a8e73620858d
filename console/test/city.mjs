// A small made-up city for the mock server, in the layers of GET /demo/map.geojson; MOCK_MAP names a file to take instead.
import { readFileSync } from 'node:fs'

export const center = { latitude: 30.195, longitude: 120.205 }

const pairs = [
  ['Binsheng', '滨盛'], ['Jiangnan', '江南'], ['Chunxiao', '春晓'], ['Xixing', '西兴'], ['Changhe', '长河'], ['Puyan', '浦沿'], ['Wentao', '闻涛'], ['Dongxin', '东信'],
  ['Huoju', '火炬'], ['Yueming', '月明'], ['Qianmo', '阡陌'], ['Nanhuan', '南环'], ['Jianghan', '江汉'], ['Wuzhou', '伍洲'],
]

/** A generator of numbers from 0 to 1 that gives the same series for the same seed. */
export function random(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}

const km = 1 / 111.2
const kmEast = km / Math.cos((center.latitude * Math.PI) / 180)

/** Degrees of a place in kilometres east and north of the middle, a little turned and bent. */
function place(x, y) {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)]
  const bend = 0.12 * Math.sin(x * 0.9) + 0.08 * Math.sin(y * 1.3)
  return [center.longitude + (x * c - (y + bend) * s) * kmEast, center.latitude + (x * s + (y + bend) * c) * km]
}

const feature = (layer, type, coordinates, more = {}) => ({ type: 'Feature', properties: { layer, ...more }, geometry: { type, coordinates } })
const span = (from, to, f, step = 0.25) => {
  const points = []
  for (let v = from; v <= to + 1e-9; v += step) points.push(f(v))
  return points
}
const box = (x0, y0, x1, y1) => {
  const ring = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([x, y]) => place(x, y))
  return [[...ring, ring[0]]]
}

export function map() {
  if (process.env.MOCK_MAP) return JSON.parse(readFileSync(process.env.MOCK_MAP, 'utf8'))
  const next = random(7)
  const features = []
  const river = (y) => span(-7, 7, (x) => place(x, y + 0.25 * Math.sin(x * 0.7)))
  const shore = [...river(3.4), ...river(5.4).reverse()]
  features.push(feature('water', 'Polygon', [[...shore, shore[0]]]))
  for (let i = -5; i < 5; i++) {
    for (let j = -4; j < 3; j++) {
      if (next() < 0.09) features.push(feature('park', 'Polygon', box(i + 0.05, j + 0.05, i + 0.95, j + 0.95)))
      else for (let k = 0; k < 14; k++) {
        const [x, y] = [i + 0.06 + 0.78 * next(), j + 0.06 + 0.78 * next()]
        features.push(feature('building', 'Polygon', box(x, y, x + 0.05 + 0.07 * next(), y + 0.03 + 0.06 * next())))
      }
    }
  }
  const street = (cls, n, suffix, line) => {
    const [en, zh] = pairs[n % pairs.length]
    features.push(feature('street', 'LineString', line, { class: cls, name_en: `${en} ${suffix[0]}`, name_zh: zh + suffix[1] }))
  }
  for (let i = -5; i <= 5; i++) {
    for (const [step, cls] of [[0, i % 3 === 0 ? 'arterial' : 'secondary'], [0.5, 'residential']]) {
      if (i + step <= 5) street(cls, i * 2 + step * 2 + 20, ['Road', '路'], span(-4, 3, (y) => place(i + step, y)))
    }
  }
  for (let j = -4; j <= 3; j++) {
    for (const [step, cls] of [[0, j === 0 ? 'expressway' : j % 2 === 0 ? 'arterial' : 'secondary'], [0.5, 'residential']]) {
      if (j + step <= 3) street(cls, j * 2 + step * 2 + 29, ['Street', '街'], span(-5, 5, (x) => place(x, j + step)))
    }
  }
  for (const [x, y, en, zh] of [[-3.2, 1.2, 'Riverside Court', '江畔公寓'], [1.4, -1.6, 'Software Park', '软件园'], [3.3, 1.7, 'Star Plaza', '星光里'], [-1.6, -2.4, 'Willow House', '柳浪公寓']]) {
    features.push(feature('site', 'Point', place(x, y), { name_en: en, name_zh: zh }))
  }
  return { type: 'FeatureCollection', features }
}

/** A place in the built part of the city. */
export function somewhere(next) {
  const [longitude, latitude] = place(-2.9 + 5.6 * next(), -1.9 + 4 * next())
  return { latitude, longitude }
}
