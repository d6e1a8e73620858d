import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { when } from '../format.ts'
import { beat, clock, ms, zone } from '../pages/base.ts'
import { ask } from '../pages/http.ts'
import { Trouble } from '../pages/parts.tsx'
import { say, type Word } from '../pages/words.ts'
import { app } from './app.ts'

interface Figures {
  completed?: number; reopened?: number; trips?: number; emergencies?: number; travelHours?: number; workHours?: number; nightHours?: number
  ratings?: number; rating?: number; ratingShrunk?: number
}
interface Sheet { startTime?: string; own?: Figures; teamMean?: Figures; team?: number }

const rows: [Word, keyof Figures][] = [
  ['t.completed', 'completed'], ['t.reopened', 'reopened'], ['t.trips', 'trips'], ['t.emergencies', 'emergencies'],
  ['t.travelHours', 'travelHours'], ['t.workHours', 'workHours'], ['t.nightHours', 'nightHours'],
]

/** Ratings, hours and travel of the last 30 days, beside the mean of the team. */
export function SheetView(): JSX.Element {
  const sheet = useSignal<Sheet | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    error.value = null
    try {
      sheet.value = (await ask<Sheet>(app.token, `/v1/technicians/${encodeURIComponent(app.session.value!.technicianId!)}/sheet`)).body
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void read(), [])
  void beat.value
  const s = sheet.value
  if (!s) return error.value ? <section class="box"><Trouble error={error.value} /><button type="button" class="big" onClick={() => void read()}>{say('again')}</button></section> : <p class="empty" role="status">{say('loading')}</p>
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
      <p class="under">{say('t.sheetFair')}</p>
    </section>
  )
}

const figure = (n = 0): string => (Number.isInteger(n) ? String(n) : n.toFixed(1))
