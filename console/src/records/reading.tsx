import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { translator } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { titleOf } from './words.ts'

const words = translator({
  title: ['What was read on the card: compare it with the picture, then take over what is right.', '证件识别结果：请与影像核对，逐项采用。'],
  none: ['Nothing could be read on it.', '未能识别任何内容。'],
  field: ['Field', '字段'], value: ['Read', '识别结果'], sure: ['How sure', '置信度'], rule: ['Rule', '校验'],
  take: ['Take over', '采用'], taken: ['Taken over', '已采用'], held: ['is held already', '与档案一致'], compare: ['to compare with', '仅供核对'],
  FITS: ['keeps its rule', '符合规则'], BREAKS: ['breaks its rule', '不符合规则'],
})

interface Suggestion { field: string; value?: string; confidence?: number; check?: string; problem?: string; held?: boolean }
/** What a machine has read on the picture of an identity card; the service keeps none of it. */
export interface CardReading { tenantId?: string; suggestions?: Suggestion[] }

const writable = new Set(['displayName', 'nationalId', 'idExpireDate'])

/** The fields that were read on a card, each taken over by itself: nothing is written that nobody has looked at. */
export function ReadingOf({ reading }: { reading: CardReading }): JSX.Element {
  const all = reading.suggestions ?? []
  const taken = useSignal<ReadonlySet<string>>(new Set())
  const busy = useSignal('')
  const error = useSignal<unknown>(null)
  const take = async (s: Suggestion) => {
    busy.value = s.field
    error.value = null
    const path = `/v1/tenants/${encodeURIComponent(reading.tenantId ?? '')}`
    try {
      const { etag = '' } = await app.client.read<{ etag?: string }>(path)
      await app.client.send('PATCH', `${path}?updateMask=${s.field}`, { [s.field]: s.value }, '', etag)
      taken.value = new Set([...taken.value, s.field])
    } catch (failure) {
      error.value = failure
    }
    busy.value = ''
  }
  if (all.length === 0) return <p class="empty" role="status">{words('none')}</p>
  return (
    <div class="answer" role="status">
      <p>{words('title')}</p>
      <div class="wide" tabIndex={0} role="group" aria-label={words('value')}>
        <table class="plain-table">
          <thead><tr>{(['field', 'value', 'sure', 'rule'] as const).map((h) => <th key={h} scope="col">{words(h)}</th>)}<th /></tr></thead>
          <tbody>
            {all.map((s) => (
              <tr key={s.field} data-suggestion={s.field}>
                <th scope="row">{titleOf(s.field)}</th><td><b>{s.value}</b></td><td>{Math.round(100 * (s.confidence ?? 0))} %</td>
                <td>{(s.check === 'FITS' || s.check === 'BREAKS') && <em class={`chip ${s.check === 'BREAKS' ? 'alarm' : 'COMPLETED'}`} title={s.problem}>{words(s.check)}</em>}</td>
                <td><Take suggestion={s} taken={taken.value.has(s.field)} busy={busy.value !== ''} take={() => void take(s)} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Failure error={error.value} />
    </div>
  )
}

/** What can be done with one field: nothing where the tenant holds the value, or has no such field. */
function Take({ suggestion: s, taken, busy, take }: { suggestion: Suggestion; taken: boolean; busy: boolean; take: () => void }): JSX.Element {
  if (taken) return <>{words('taken')}</>
  if (s.held) return <>{words('held')}</>
  if (!writable.has(s.field)) return <>{words('compare')}</>
  return <button type="button" disabled={busy} onClick={take}>{words('take')}</button>
}
