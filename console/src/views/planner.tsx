import { useComputed, useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { app } from '../app.ts'
import { count, when } from '../format.ts'
import { t, tOr } from '../i18n.ts'
import { colours, stepsOf, type Heat, type Post } from '../map/heat.ts'
import { keep, route } from '../route.ts'
import { isDark } from '../theme.ts'
import { Icon } from '../ui/icons.tsx'
import { heat } from '../ui/mapview.tsx'
import { ms } from '../world.ts'
import { Backtest } from './backtest.tsx'
import { hour } from './day.ts'
import { Choice, State, useReading } from './parts.tsx'
import { StandbyPanel } from './standby.tsx'
import { v } from './texts.ts'

const bucket = 4 * hour
const back = 14 * 6 // buckets
const ahead = 7 * 6
const playMs = 1_100
const shownCells = 8

export interface Cell { cell?: string; mean?: number; p10?: number; p90?: number; actual?: number }
interface Heatmap { startTime?: string; endTime?: string; ahead?: boolean; forecast?: boolean; cells?: Cell[]; total?: Cell; asOfTime?: string; events?: number; advice?: string }
interface Picture { map: Heatmap; cells: GeoJSON.FeatureCollection }

/** Pictures by question: playback does not ask twice. What is ahead is forgotten with the hour in which it was asked. */
const pictures = new Map<string, Promise<Picture>>()

/** The picture of a question; one that follows what comes in is asked again with every new report. */
function picture(query: string, report: number): Promise<Picture> {
  const key = `${query}/${Math.floor(app.now() / hour)}/${report}`
  let known = pictures.get(key)
  if (!known) {
    known = Promise.all([app.client.read<Heatmap>(`/v1/forecasts:heatmap?${query}`), app.client.read<GeoJSON.FeatureCollection>(`/v1/forecasts:heatmapGeoJson?${query}`)]).then(([map, cells]) => ({ map, cells }))
    known.catch(() => pictures.delete(key))
    if (pictures.size > 200) pictures.clear()
    pictures.set(key, known)
  }
  return known
}

/** Where faults are expected and were reported, hour by hour, and how good the forecasts were. */
export function Planner(): JSX.Element {
  const { parameters } = route.value
  const scores = parameters.get('show') === 'backtest'
  useEffect(() => () => void (heat.value = null), [])
  if (scores) return <Backtest query={choices(parameters)} tabs={<Tabs />} />
  return <HeatPanel />
}

function Tabs(): JSX.Element {
  const show = route.value.parameters.get('show') ?? ''
  return (
    <p class="segments">
      <button type="button" aria-pressed={show === ''} onClick={() => keep({ show: '' })}>{v('plan.map')}</button>
      <button type="button" aria-pressed={show === 'standby'} onClick={() => keep({ show: 'standby' })}>{v('plan.standby')}</button>
      <button type="button" aria-pressed={show === 'backtest'} onClick={() => keep({ show: 'backtest' })}>{v('plan.backtest')}</button>
    </p>
  )
}

/** Trade and resolution as the address has them. */
const choices = (p: URLSearchParams): string => {
  const query = new URLSearchParams({ resolution: p.get('resolution') ?? '8' })
  if (p.get('trade')) query.set('trade', p.get('trade')!)
  return query.toString()
}

function HeatPanel(): JSX.Element {
  const { parameters } = route.value
  const step = useSignal(0) // buckets from the one in progress
  const playing = useSignal(false)
  const chosen = useSignal('')
  const posts = useSignal<Post[]>([])
  const waiting = parameters.get('show') === 'standby'
  const field = useSignal<Heat['field']>('actual')
  const liveField = useSignal<Heat['field']>('mean')
  const base = Math.floor(app.now() / bucket) * bucket
  const start = base + (waiting ? 0 : step.value) * bucket
  const behind = step.value < 0
  const live = step.value === 0 && !waiting
  const interval = live ? 'live=true' : `startTime=${new Date(start).toISOString()}&endTime=${new Date(start + bucket).toISOString()}`
  const query = `${interval}&${choices(parameters)}`
  const report = live ? lastReport() : 0
  const reading = useReading(() => picture(query, report), [query, report])
  const seen = reading.value.value
  const shown: Heat['field'] = live ? liveField.value : seen?.map.ahead ? 'mean' : field.value
  useEffect(() => {
    heat.value = seen ? { cells: seen.cells, field: shown, chosen: chosen.value, posts: posts.value } : null
  }, [seen, shown, chosen.value, posts.value])
  useEffect(() => {
    if (!playing.value || reading.busy.value) return
    const timer = setTimeout(() => (step.value = step.value >= ahead - 1 ? -back : step.value + 1), playMs)
    return () => clearTimeout(timer)
  }, [playing.value, reading.busy.value, step.value])
  return (
    <aside class="panel planner" aria-label={t('nav.planner')}>
      <Tabs />
      <div class="plan-choices">
        <Choice label={t('order.skills')} value={parameters.get('trade') ?? ''} pick={(trade) => keep({ trade })} options={[['', v('plan.allTrades')], ...trades()]} />
        <Choice label={v('plan.resolution')} value={parameters.get('resolution') ?? '8'} pick={(resolution) => keep({ resolution })} options={[['7', v('plan.coarse')], ['8', v('plan.middle')], ['9', v('plan.fine')]]} />
      </div>
      {!waiting && <Time step={step} playing={playing} start={start} behind={behind} />}
      <div class="list" tabIndex={0} role="group" aria-label={v('plan.figures')}>
        {waiting && <StandbyPanel query={choices(parameters)} draw={(all) => (posts.value = all)} />}
        <State reading={reading} empty={seen !== null && !seen.map.cells?.length && v('plan.none')} />
        {seen && !waiting && <Totals map={seen.map} live={live} />}
        {seen && !waiting && (live || !seen.map.ahead) && (
          <p class="segments">
            {(live ? (['actual', 'mean'] as const) : (['actual', 'mean', 'miss'] as const)).map((f) => <button key={f} type="button" aria-pressed={shown === f} disabled={f !== 'actual' && !seen.map.forecast} onClick={() => ((live ? liveField : field).value = f)}>{v(`plan.${f}`)}</button>)}
          </p>
        )}
        {seen && <Scale field={shown} />}
        {seen && !waiting && <Cells map={seen.map} chosen={chosen} />}
      </div>
    </aside>
  )
}

/** When the latest of the orders that are known was reported. */
const lastReport = (): number => Math.max(0, ...[...app.watched().orders.values()].map((o) => o.created))

/** The trades that technicians of this org have. */
function trades(): [string, string][] {
  const names = new Set<string>()
  for (const w of app.watched().workers.values()) for (const s of w.skills) names.add(s)
  return [...names].sort().map((s) => [s, tOr('skill', s)])
}

function Time({ step, playing, start, behind }: { step: Signal<number>; playing: Signal<boolean>; start: number; behind: boolean }): JSX.Element {
  const zone = app.watched().timeZone
  const text = `${when(start, 0, zone)} – ${when(start + bucket, start, zone)}`
  const go = (to: number) => {
    playing.value = false
    step.value = Math.max(-back, Math.min(ahead - 1, to))
  }
  return (
    <div class="time">
      <p><b>{text}</b> <em class={`chip ${behind ? '' : 'ASSIGNED'}`}>{v(behind ? 'plan.behind' : 'plan.ahead')}</em></p>
      <input
        type="range" min={-back} max={ahead - 1} value={step.value} aria-label={v('plan.time')} aria-valuetext={`${text}, ${v(behind ? 'plan.behind' : 'plan.ahead')}`}
        onInput={(e) => go(Number(e.currentTarget.value))}
      />
      <div>
        <button type="button" class="plain" aria-label={v('plan.before')} title={v('plan.before')} onClick={() => go(step.value - 1)}><Icon name="left" /></button>
        <button type="button" class="plain" aria-label={v(playing.value ? 'plan.pause' : 'plan.play')} title={v(playing.value ? 'plan.pause' : 'plan.play')} onClick={() => (playing.value = !playing.value)}><Icon name={playing.value ? 'pause' : 'play'} /></button>
        <button type="button" class="plain" aria-label={v('plan.after')} title={v('plan.after')} onClick={() => go(step.value + 1)}><Icon name="right" /></button>
        <span class="spring" />
        <button type="button" onClick={() => go(-6)}>{v('plan.yesterday')}</button>
        <button type="button" onClick={() => go(0)}>{v('plan.now')}</button>
      </div>
    </div>
  )
}

const one = (n: number | undefined): string => ((n ?? 0) < 10 ? (n ?? 0).toFixed(1) : count(n ?? 0))

function Totals({ map, live }: { map: Heatmap; live: boolean }): JSX.Element {
  const total = map.total ?? {}
  return (
    <>
      <dl class="kpis totals">
        <div><dt>{v(map.ahead ? 'plan.expected' : 'plan.mean')}</dt><dd data-total="mean">{map.forecast ? one(total.mean) : '–'}</dd></div>
        {map.ahead ? <div><dt>{v('plan.interval')}</dt><dd data-total="interval">{total.p10 ?? 0} – {total.p90 ?? 0}</dd></div> : <div><dt>{v('plan.actual')}</dt><dd data-total="actual">{count(total.actual ?? 0)}</dd></div>}
        {live && <div><dt>{v('plan.soFar')}</dt><dd data-total="live" aria-live="polite">{count(total.actual ?? 0)}</dd></div>}
      </dl>
      {!map.forecast && <p class="say dear">{v('plan.noForecast')}</p>}
      {map.advice && <p class="say dear" role="note" lang="en">{map.advice}</p>}
      <p class="took">{v('plan.asOf', { time: when(ms(map.asOfTime), app.now(), app.watched().timeZone), n: count(map.events ?? 0) })}</p>
    </>
  )
}

function Scale({ field }: { field: Heat['field'] }): JSX.Element {
  const palette = useComputed(() => isDark.value).value
  const steps = stepsOf(field)
  return (
    <div class="scale">
      <p>{v(field === 'miss' ? 'plan.scaleMiss' : 'plan.scale')}</p>
      <ul>{colours(field, palette).map((colour, i) => <li key={colour}><i style={{ background: colour }} aria-hidden="true" />{i < steps.length ? `< ${steps[i]}` : `≥ ${steps[i - 1]}`}</li>)}</ul>
    </div>
  )
}

/** The cells that matter most, in figures: the map in words. */
function Cells({ map, chosen }: { map: Heatmap; chosen: Signal<string> }): JSX.Element | null {
  const rank = (c: { mean?: number; actual?: number }): number => Math.max(c.mean ?? 0, map.ahead ? 0 : c.actual ?? 0) // what the table shows
  const cells = (map.cells ?? []).toSorted((a, b) => rank(b) - rank(a)).slice(0, shownCells)
  if (cells.length === 0) return null
  return (
    <table class="plain-table cells">
      <caption>{v('plan.cells', { n: cells.length, all: map.cells?.length ?? 0 })}</caption>
      <thead><tr><th scope="col">{v('plan.cell')}</th><th scope="col">{v('plan.mean')}</th><th scope="col">{v(map.ahead ? 'plan.interval' : 'plan.actual')}</th></tr></thead>
      <tbody>
        {cells.map((c) => (
          <tr key={c.cell} class={chosen.value === c.cell ? 'chosen' : ''}>
            <th scope="row"><button type="button" class="link" aria-pressed={chosen.value === c.cell} onClick={() => (chosen.value = chosen.value === c.cell ? '' : c.cell ?? '')}>…{c.cell?.slice(5, 11)}</button></th>
            <td>{one(c.mean)}</td>
            <td>{map.ahead ? `${c.p10 ?? 0} – ${c.p90 ?? 0}` : count(c.actual ?? 0)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
