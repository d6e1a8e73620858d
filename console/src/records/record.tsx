import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { lang } from '../i18n.ts'
import { app } from '../app.ts'
import { keep } from '../route.ts'
import { Card } from '../ui/card.tsx'
import { State, useReading } from '../views/parts.tsx'
import { addressOf, CallForm, DeleteForm, EditForm, mayDo } from './calls.tsx'
import { FileButton } from './files.tsx'
import type { Line } from './catalog.ts'
import type { Call, Document, Kind } from './document.ts'
import type { Value } from './form.tsx'
import { called } from './names.ts'
import { Code, Fields } from './show.tsx'
import { titleOf, w } from './words.ts'

interface Props { line: Line; kind: Kind; id: string; seen: Value; contract: Document; known: ReadonlySet<string>; changed: () => void }

/** A record with all that is known of it, what can be done to it now, and what belongs to it. */
export function RecordCard({ line, kind, id, seen, contract, known, changed }: Props): JSX.Element {
  const turn = useSignal(0)
  const reading = useReading(() => (kind.get && mayDo(kind.get) ? app.client.read<Value>(addressOf(kind.get, id)) : Promise.resolve(seen)), [id, turn.value, kind.get ? '' : seen])
  const record = reading.value.value ?? seen
  const again = () => {
    turn.value++
    changed()
  }
  const state = record['state'] ?? record['status']
  return (
    <Card title={called(record)} kind="record" close={() => keep({ id: '' })}>
      <p class="chips">{typeof state === 'string' && <Code of={state} />}<span class="id">{id}</span></p>
      <State reading={reading} />
      <Actions line={line} kind={kind} id={id} record={record} contract={contract} known={known} changed={again} />
      <Fields fields={contract.fields(kind.record)} value={record} contract={contract} known={known} without={shownAbove} />
      {kind.reads.filter((c) => mayDo(c) && c.givesFile).map((c) => <FileButton key={c.path} call={c} id={id} record={record} />)}
      {kind.reads.filter((c) => mayDo(c) && !c.givesFile).map((c) => <Related key={c.path} call={c} id={id} contract={contract} known={known} />)}
    </Card>
  )
}

const shownAbove = ['id', 'state', 'status']

const legalNow = (line: Line, record: Value, verb: Call): boolean => {
  const from = line.legal?.[verb.name]
  return !from || from.includes(String(record['state'] ?? ''))
}

function Actions({ line, kind, id, record, contract, known, changed }: Omit<Props, 'seen'> & { record: Value }): JSX.Element | null {
  const open = useSignal('')
  const verbs = kind.verbs.filter((c) => mayDo(c) && legalNow(line, record, c))
  const [update, remove] = [kind.update, kind.remove].map((c) => (c && mayDo(c) ? c : null))
  const toggle = (name: string) => (open.value = open.value === name ? '' : name)
  const back = () => (open.value = '')
  const verb = verbs.find((c) => c.name === open.value)
  const etag = String(record['etag'] ?? '')
  if (verbs.length === 0 && !update && !remove) return null
  return (
    <section class="verbs" aria-label={titleOf('action')}>
      <div>
        {verbs.map((c) => <button key={c.name} type="button" aria-expanded={open.value === c.name} title={lang.value === 'en' ? c.summary : ''} onClick={() => toggle(c.name)}>{titleOf(c.name)}</button>)}
        {update && <button type="button" aria-expanded={open.value === 'edit!'} onClick={() => toggle('edit!')}>{w('rec.edit')}</button>}
        {remove && <button type="button" class="danger" aria-expanded={open.value === 'delete!'} onClick={() => toggle('delete!')}>{w('rec.delete')}</button>}
      </div>
      {verb && <CallForm key={verb.name} call={verb} contract={contract} known={known} id={id} etag={etag} changed={changed} back={back} />}
      {open.value === 'edit!' && update && <EditForm call={update} contract={contract} record={record} id={id} changed={changed} back={back} />}
      {open.value === 'delete!' && remove && <DeleteForm call={remove} id={id} etag={etag} changed={changed} back={() => keep({ id: '' })} />}
    </section>
  )
}

/** What can be read beside a record, such as the deliveries of a webhook: read when it is opened. */
function Related({ call, id, contract, known }: { call: Call; id: string; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const open = useSignal(false)
  return (
    <details class="words" onToggle={(e) => (open.value = e.currentTarget.open)}>
      <summary>{titleOf(call.name)}</summary>
      {open.value && <RelatedValue call={call} id={id} contract={contract} known={known} />}
    </details>
  )
}

function RelatedValue({ call, id, contract, known }: { call: Call; id: string; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const reading = useReading(() => app.client.read<Value>(addressOf(call, id)), [id])
  const value = reading.value.value
  const fields = call.answer ? contract.fields(call.answer).filter((f) => f.name !== 'nextPageToken') : []
  return <><State reading={reading} />{value && <Fields fields={fields} value={value} contract={contract} known={known} />}</>
}
