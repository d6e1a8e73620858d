import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { app } from '../app.ts'
import { count, when } from '../format.ts'
import { lang, oneOf, t } from '../i18n.ts'
import type { Post } from '../map/heat.ts'
import { ms } from '../world.ts'
import { hour } from './day.ts'
import { Choice, State, useReading } from './parts.tsx'
import { v } from './texts.ts'

interface StandbyPost { technicianId?: string; name?: string; cell?: string; latitude?: number; longitude?: number; inReach?: number; adds?: number; wayMinutes?: number; moved?: boolean; otherCell?: string; loses?: number; why?: string }
interface Standby { startTime?: string; endTime?: string; demand?: number; cover?: number; bound?: number; coverNow?: number; moved?: number; posts?: StandbyPost[]; advice?: string; asOfTime?: string }

const one = (n: number | undefined): string => ((n ?? 0) < 10 ? (n ?? 0).toFixed(1) : count(n ?? 0))
const signed = (n: number): string => `${n >= 0 ? '+' : '−'}${one(Math.abs(n))}`

/** Where to wait for what is expected next, what that gains, and what each place would lose if left for the next best. */
export function StandbyPanel({ query, draw }: { query: string; draw: (posts: Post[]) => void }): JSX.Element {
  const within = useSignal('20')
  const moves = useSignal('')
  const people = useSignal('')
  const left = useSignal<ReadonlySet<string>>(new Set()) // places that are left for the next best, to see what that costs
  const ask = new URLSearchParams({ withinMinutes: within.value, hours: '4', ...(moves.value && { maxMoves: moves.value }), ...(people.value && { technicians: people.value }) })
  const path = `/v1/forecasts:standby?${ask}&${query}`
  const reading = useReading(() => app.client.read<Standby>(path), [path, Math.floor(app.now() / hour)])
  const answer = reading.value.value
  const posts = answer?.posts ?? []
  useEffect(() => {
    left.value = new Set()
    draw(posts.map((p, i) => ({ lat: p.latitude ?? 0, lon: p.longitude ?? 0, label: oneOf(p.name ?? '') || v('stand.place', { n: i + 1 }), moved: p.moved === true })))
  }, [answer])
  useEffect(() => () => draw([]), [])
  const lost = posts.filter((p) => left.value.has(keyOf(p))).reduce((sum, p) => sum + (p.loses ?? 0), 0)
  const leave = (p: StandbyPost) => {
    const next = new Set(left.value)
    if (!next.delete(keyOf(p))) next.add(keyOf(p))
    left.value = next
  }
  return (
    <section class="standby" aria-label={v('stand.title')}>
      <div class="plan-choices">
        <Choice label={v('stand.within')} value={within.value} pick={(x) => (within.value = x)} options={['10', '15', '20', '30', '45'].map((n) => [n, t('kpi.minutes', { n })])} />
        <Choice label={v('stand.who')} value={people.value} pick={(x) => (people.value = x)} options={[['', v('stand.onShift')], ...['4', '8', '12', '20', '40'].map((n): [string, string] => [n, v('stand.n', { n })])]} />
        {!people.value && <Choice label={v('stand.moves')} value={moves.value} pick={(x) => (moves.value = x)} options={[['', v('stand.any')], ...['1', '2', '3', '5', '8'].map((n): [string, string] => [n, n])]} />}
      </div>
      <State reading={reading} empty={answer !== null && posts.length === 0 && v('stand.none')} />
      {answer && posts.length > 0 && (
        <>
          <dl class="kpis totals">
            <div title={v('stand.coverTitle')}><dt>{v('stand.cover', { n: one(answer.demand) })}</dt><dd data-total="cover">{one((answer.cover ?? 0) - lost)}</dd></div>
            <div><dt>{people.value ? v('stand.bound') : v('stand.gain')}</dt><dd data-total="gain" class={lost > 0 ? 'soon' : ''}>{people.value ? one(answer.bound) : signed((answer.cover ?? 0) - (answer.coverNow ?? 0) - lost)}</dd></div>
          </dl>
          {answer.advice && <p class="say dear" lang="en">{answer.advice}</p>}
          <p class="took">{v('stand.asOf', { from: when(ms(answer.startTime), app.now(), app.world.timeZone), to: when(ms(answer.endTime), app.now(), app.world.timeZone) })}{lost > 0 ? ` ${v('stand.lost', { n: one(lost) })}` : ''}</p>
          <ol class="posts">
            {posts.map((p, i) => (
              <li key={keyOf(p)} class={left.value.has(keyOf(p)) ? 'left' : ''}>
                <b>{p.technicianId ? <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'worker', id: p.technicianId! })}>{oneOf(p.name ?? p.technicianId)}</button> : v('stand.place', { n: i + 1 })}</b>
                <span class="due">{p.moved ? v('stand.go', { n: p.wayMinutes ?? 0 }) : people.value ? '' : v('stand.stay')}</span>
                <p>{v('stand.why', { reach: one(p.inReach), own: one(p.adds) })}{lang.value === 'en' && p.cell ? ` · …${p.cell.slice(5, 11)}` : ''}</p>
                {p.otherCell && <label class="check"><input type="checkbox" checked={left.value.has(keyOf(p))} onChange={() => leave(p)} />{v('stand.other', { cell: p.otherCell.slice(5, 11), n: one(p.loses) })}</label>}
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

const keyOf = (p: StandbyPost): string => p.technicianId || `${p.cell}/${p.latitude}`
