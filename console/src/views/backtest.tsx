import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { app } from '../app.ts'
import { count } from '../format.ts'
import { tOr } from '../i18n.ts'
import { Page, State, useReading } from './parts.tsx'
import { model, v, type ViewText } from './texts.ts'

interface Hotspot { percentOfCells?: number; hitRate?: number; pai?: number }
interface Score { model: string; hotspots?: Hotspot[]; buckets?: number; events?: number; deviance?: number; logLoss?: number; crps?: number; bias?: number; cellCoverage?: number; totalCoverage?: number }
interface Chart { name: string; svg?: string; csv?: string }
interface Answer { bucketHours?: number; resolution?: number; trade?: string; models?: Score[]; charts?: Chart[]; advice?: string; alarm?: string; weather?: { columns?: string[]; devianceWithout?: number; logLossWithout?: number } }

const columns = ['deviance', 'logLoss', 'crps', 'bias', 'cellCoverage', 'totalCoverage'] as const
const share = (n: number | undefined): string => `${Math.round(100 * (n ?? 0))} %`
const figure = (column: string, n: number | undefined): string => (column.endsWith('Coverage') ? share(n) : (n ?? 0).toFixed(3))

/** How the last two weeks were forecast, beside a naive forecast of the same days. */
export function Backtest({ query, tabs }: { query: string; tabs: ComponentChildren }): JSX.Element {
  const reading = useReading(() => app.client.read<Answer>(`/v1/forecasts:backtest?charts=true&${query}`), [query])
  const answer = reading.value.value
  const models = answer?.models ?? []
  const first = models[0]
  return (
    <Page name="backtest" title={v('plan.backtest')} tools={tabs}>
      <div class="scroll" tabIndex={0} role="group" aria-label={v('plan.backtest')}>
        <State reading={reading} empty={models.length === 0 && v('back.none')} />
        {answer?.alarm && <p class="error" role="alert" lang="en">{answer.alarm}</p>}
        {answer?.advice && <p class="say dear" lang="en">{answer.advice}</p>}
        {first && (
          <>
            <p>{v('back.what', { n: first.buckets ?? 0, hours: answer?.bucketHours ?? 4, events: count(first.events ?? 0), trade: answer?.trade ? tOr('skill', answer.trade) : v('plan.allTrades'), resolution: answer?.resolution ?? 0 })}</p>
            <div class="wide" tabIndex={0} role="group" aria-label={v('back.models')}>
              <table class="plain-table">
                <caption>{v('back.models')}</caption>
                <thead><tr><th scope="col">{v('back.model')}</th>{columns.map((c) => <th key={c} scope="col" title={v(`back.${c}Title` as ViewText)}>{v(`back.${c}` as ViewText)}</th>)}{(first.hotspots ?? []).map((h) => <th key={h.percentOfCells} scope="col">{v('back.hit', { n: h.percentOfCells ?? 0 })}</th>)}</tr></thead>
                <tbody>{models.map((m) => <tr key={m.model}><th scope="row">{model(m.model)}</th>{columns.map((c) => <td key={c}>{figure(c, m[c])}</td>)}{(m.hotspots ?? []).map((h) => <td key={h.percentOfCells}>{share(h.hitRate)}</td>)}</tr>)}</tbody>
              </table>
            </div>
            {answer?.weather && <p>{v('back.weather', { columns: (answer.weather.columns ?? []).join(', '), deviance: figure('deviance', answer.weather.devianceWithout), logLoss: figure('logLoss', answer.weather.logLossWithout) })}</p>}
            <details class="words"><summary>{v('fig.definitions')}</summary>{columns.map((c) => <p key={c}><b>{v(`back.${c}` as ViewText)}</b>: {v(`back.${c}Title` as ViewText)}</p>)}</details>
          </>
        )}
        <div class="charts">{(answer?.charts ?? []).map((c) => <Picture key={c.name} chart={c} />)}</div>
      </div>
    </Page>
  )
}

/** A chart of the service: as an image, so that nothing in it can run, with its table to take along. */
function Picture({ chart }: { chart: Chart }): JSX.Element {
  const link = (type: string, text: string) => useMemo(() => URL.createObjectURL(new Blob([text], { type })), [text])
  const [image, table] = [link('image/svg+xml', chart.svg ?? ''), link('text/csv', chart.csv ?? '')]
  useEffect(() => () => [image, table].forEach((u) => URL.revokeObjectURL(u)), [image, table])
  return (
    <figure>
      <img src={image} alt={v('back.chart', { name: model(chart.name) })} />
      <figcaption><a href={table} download={`${chart.name}.csv`}>{model(chart.name)} · CSV</a></figcaption>
    </figure>
  )
}
