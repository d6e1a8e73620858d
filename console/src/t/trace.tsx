import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LatLng } from '../api/types.ts'
import { timeOfDay, when } from '../format.ts'
import { clock, dark, ms, zone } from '../pages/base.ts'
import { demo } from '../pages/http.ts'
import { fit, prepare, streets } from '../pages/sketch.ts'
import { say, sayOr } from '../pages/words.ts'
import { NotYet, ownPath, useReading } from './reading.tsx'

interface Point { time?: string; location?: LatLng; cell?: string }
interface Trace { points?: Point[]; exactHours?: number; keepDays?: number }
interface Look { time?: string; actor?: string; displayName?: string; method?: string; purpose?: string }

const day = 24 * 3600_000
const daysBack = 7
const gap = 20 * 60_000 // ms without a place: the line is broken

/** Where the technician has been on a day, as it is kept. */
export function TraceView(): JSX.Element {
  const back = useSignal(0)
  const now = useRef(clock.now()).current // of when the page was opened: the address asks for the same while it is looked at
  const [from, to] = [new Date(now - (back.value + 1) * day), new Date(now - back.value * day)]
  const trace = useReading<Trace>(`${ownPath()}/trace?${new URLSearchParams({ from: from.toISOString(), to: to.toISOString() })}`)
  const t = trace.value.value
  const points = t?.points ?? []
  const exact = points.filter((p) => p.location)
  return (
    <section class="box approach">
      <h2>{say('t.trace')}</h2>
      <label class="inline">{say('t.traceDay')}
        <select value={back.value} onChange={(e) => (back.value = Number(e.currentTarget.value))}>
          {Array.from({ length: daysBack }, (_, i) => <option key={i} value={i}>{i === 0 ? say('t.trace24') : when(now - i * day, 0, zone.value)}</option>)}
        </select>
      </label>
      {!t ? <NotYet of={trace} /> : points.length === 0 ? <p class="under">{say('t.traceNone')}</p> : (
        <>
          {exact.length > 0 && <Line points={exact} />}
          <p class="under">{say('t.traceSum', { n: points.length, from: timeOfDay(ms(points[0]!.time), zone.value), to: timeOfDay(ms(points.at(-1)!.time), zone.value) })}</p>
        </>
      )}
      {t && <p class="under">{say('t.traceKept', { days: Math.round((t.exactHours ?? 0) / 24), keep: t.keepDays ?? 0 })}</p>}
    </section>
  )
}

let base: Promise<GeoJSON.FeatureCollection | null> | null = null

function Line({ points }: { points: Point[] }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    base ??= demo<GeoJSON.FeatureCollection>('/demo/map.geojson')
    void base.then((map) => canvas.current && draw(canvas.current, points, map))
  }, [points, dark()])
  return <canvas ref={canvas} role="img" aria-label={say('t.traceText', { n: points.length })} />
}

function draw(canvas: HTMLCanvasElement, points: Point[], map: GeoJSON.FeatureCollection | null): void {
  const { c, width, height, colour } = prepare(canvas)
  const project = fit(points.map((p) => p.location!), width, height)
  streets(c, map, project, colour)
  const at = (p: Point) => project(p.location?.longitude ?? 0, p.location?.latitude ?? 0)
  c.strokeStyle = c.fillStyle = colour('--calm')
  c.lineWidth = 3
  c.lineJoin = c.lineCap = 'round'
  c.beginPath()
  points.forEach((p, i) => (i > 0 && ms(p.time) - ms(points[i - 1]!.time) < gap ? c.lineTo(...at(p)) : c.moveTo(...at(p))))
  c.stroke()
  for (const p of points) {
    c.beginPath()
    c.arc(...at(p), 3.5, 0, 7)
    c.fill()
  }
}

/** Who has looked at where the technician is or was, the latest first. */
export function LooksView(): JSX.Element {
  const looks = useReading<{ looks?: Look[] }>(`${ownPath()}/looks?pageSize=50`)
  const list = looks.value.value?.looks
  return (
    <section class="box">
      <h2>{say('t.looks')}</h2>
      <p class="under">{say('t.looksText')}</p>
      {!list && (looks.value.value ? <p class="under">{say('t.looksNone')}</p> : <NotYet of={looks} />)}
      {list && (
        <ol class="steps">
          {list.map((l, i) => (
            <li key={i}>
              <time dateTime={l.time}>{when(ms(l.time), clock.now(), zone.value)}</time>
              <span>{l.displayName || l.actor} <small>{sayOr('look', (l.method ?? '').split('/').at(-1) === 'GetTrace' ? 'trace' : 'place')}{l.purpose && ` · ${l.purpose}`}</small></span>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
