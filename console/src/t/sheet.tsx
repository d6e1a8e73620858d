import type { JSX } from 'preact'
import { span, timeOfDay, when } from '../format.ts'
import { beat, clock, ms, zone } from '../pages/base.ts'
import { say, type Word } from '../pages/words.ts'
import { LooksView, TraceView } from './trace.tsx'
import { NotYet, ownPath, useReading } from './reading.tsx'

interface Figures {
  completed?: number; reopened?: number; trips?: number; emergencies?: number; travelHours?: number; workHours?: number; nightHours?: number
  ratings?: number; rating?: number; ratingShrunk?: number
}
interface Sheet { startTime?: string; own?: Figures; teamMean?: Figures; team?: number; hoursGini?: number }
interface Route { stops?: { plannedArrival?: string; plannedStart?: string; plannedEnd?: string; urgency?: string }[] }

const rows: [Word, keyof Figures][] = [
  ['t.completed', 'completed'], ['t.reopened', 'reopened'], ['t.trips', 'trips'], ['t.emergencies', 'emergencies'],
  ['t.travelHours', 'travelHours'], ['t.workHours', 'workHours'], ['t.nightHours', 'nightHours'],
]

/** What is kept about the technician: the load ahead, the month, where and who looked. */
export function SheetView(): JSX.Element {
  return <><Ahead /><Month /><TraceView /><LooksView /></>
}

/** The route that lies ahead in figures. */
function Ahead(): JSX.Element {
  const route = useReading<Route>(`${ownPath()}/route`)
  const stops = route.value.value?.stops ?? []
  const work = stops.reduce((sum, s) => sum + Math.max(0, ms(s.plannedEnd) - ms(s.plannedStart ?? s.plannedArrival)), 0)
  const end = Math.max(0, ...stops.map((s) => ms(s.plannedEnd)))
  return (
    <section class="box">
      <h2>{say('t.ahead')}</h2>
      {!route.value.value ? <NotYet of={route} /> : stops.length === 0 ? <p class="under">{say('t.none')}</p> : (
        <dl class="figures">
          <div><dt>{say('t.aheadStops')}</dt><dd>{stops.length}</dd></div>
          <div><dt>{say('t.aheadWork')}</dt><dd>{span(work)}</dd></div>
          <div><dt>{say('t.aheadEnd')}</dt><dd>{timeOfDay(end, zone.value)}</dd></div>
        </dl>
      )}
    </section>
  )
}

/** Ratings, hours and travel of the last 30 days, beside the mean of the team. */
function Month(): JSX.Element {
  const sheet = useReading<Sheet>(`${ownPath()}/sheet`)
  void beat.value
  const s = sheet.value.value
  if (!s) return <section class="box"><h2>{say('t.sheet')}</h2><NotYet of={sheet} /></section>
  const { own = {}, teamMean: team = {} } = s
  return (
    <section class="box sheet">
      <h2>{say('t.sheet')}</h2>
      <p class="under">{say('t.sheetSince', { from: when(ms(s.startTime), clock.now(), zone.value), n: s.team ?? 0 })}</p>
      <table>
        <thead><tr><td /><th scope="col">{say('t.you')}</th><th scope="col">{say('t.team')}</th></tr></thead>
        <tbody>
          <tr><th scope="row">{say('t.rating')}</th><td><b>{own.rating?.toFixed(1) ?? '–'}</b> <small>({own.ratings ?? 0})</small></td><td>{team.rating?.toFixed(1) ?? '–'}</td></tr>
          <tr><th scope="row">{say('t.ratingFair')}</th><td><b>{own.ratingShrunk?.toFixed(2) ?? '–'}</b></td><td /></tr>
          {rows.map(([word, key]) => <tr key={key}><th scope="row">{say(word)}</th><td><b>{figure(own[key])}</b></td><td>{figure(team[key])}</td></tr>)}
        </tbody>
      </table>
      <p class="under">{say('t.sheetFair')} {say('t.spread', { n: (s.hoursGini ?? 0).toFixed(2) })}</p>
    </section>
  )
}

const figure = (n = 0): string => (Number.isInteger(n) ? String(n) : n.toFixed(1))
