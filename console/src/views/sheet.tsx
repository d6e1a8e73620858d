import type { JSX } from 'preact'
import { app } from '../app.ts'
import { State, useReading } from './parts.tsx'
import { v, type ViewText } from './texts.ts'

type Figures = Record<string, number | undefined>
interface Answer { own?: Figures; teamMean?: Figures; team?: number; hoursGini?: number }

const lines = ['completed', 'reopened', 'trips', 'emergencies', 'travelHours', 'doorHours', 'workHours', 'nightHours', 'ratings', 'rating', 'ratingShrunk'] as const
const number = (n: number | undefined): string => (n === undefined ? '–' : n.toFixed(Number.isInteger(n) ? 0 : 2))

/** What a technician has done in the last 30 days, beside the mean of the team. */
export function Sheet({ id }: { id: string }): JSX.Element {
  const reading = useReading(() => app.client.read<Answer>(`/v1/technicians/${encodeURIComponent(id)}/sheet`), [id])
  const answer = reading.value.value
  const value = (figures: Figures | undefined, line: string) => number(figures?.[line] ?? (line.startsWith('rating') && line !== 'ratings' ? undefined : 0))
  return (
    <div class="performance">
      <State reading={reading} />
      {answer && (
        <table class="plain-table">
          <caption>{v('sheet.caption', { n: answer.team ?? 0 })}</caption>
          <thead><tr><th scope="col">{v('sheet.figure')}</th><th scope="col">{v('sheet.own')}</th><th scope="col">{v('sheet.team')}</th></tr></thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line}><th scope="row">{v(`sheet.${line}` as ViewText)}</th><td>{value(answer.own, line)}</td><td>{value(answer.teamMean, line)}</td></tr>
            ))}
          </tbody>
          <tfoot><tr><th scope="row" title={v('sheet.giniTitle')}>{v('sheet.gini')}</th><td colSpan={2}>{number(answer.hoursGini ?? 0)}</td></tr></tfoot>
        </table>
      )}
    </div>
  )
}
