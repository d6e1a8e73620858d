import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError, quoted } from '../api/client.ts'
import { app } from '../app.ts'
import { lang, t } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { isOutput, type Call, type Document, type Field } from './document.ts'
import { FileForm } from './files.tsx'
import { faultsOf, Inputs, type Value } from './form.tsx'
import { ReadingOf, type CardReading } from './reading.tsx'
import { Fields } from './show.tsx'
import { titleOf, w } from './words.ts'

const dangerous = /^(delete|terminate|kill|withdraw|cancel|revoke|refund|deduct|forfeit|void|waive|reject|rotateSecret)$/
const saidOnce = ['secret', 'token', 'key'] as const

/** Whether a role of the user may call it. Without roles in the contract everybody may. */
export const mayDo = (call: Call): boolean => call.roles.length === 0 || call.roles.some((r) => app.roles.value.has(r))

/** Puts an id into the path of a call, and what is asked behind it. */
export function addressOf(call: Call, id: string, query: Value = {}): string {
  const path = call.path.replace('{id}', encodeURIComponent(id))
  const asked = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString()
  return asked ? `${path}?${asked}` : path
}

interface FormProps { call: Call; contract: Document; known: ReadonlySet<string>; id?: string; etag?: string; changed: () => void; back: () => void }

/** The form of a call: of fields, or of the file that it takes. */
export function CallForm(props: FormProps): JSX.Element {
  return props.call.takesFile ? <FileForm {...props} /> : <FieldForm {...props} />
}

/** The form of a call, with its answer below when it says more than the list does. */
function FieldForm({ call, contract, known, id = '', etag = '', changed, back }: FormProps): JSX.Element {
  const draft = useSignal<Value>({})
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const answer = useSignal<Value | null>(null)
  const form = useRef<HTMLFormElement>(null)
  const key = useRef({ text: '', key: '' })
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select, textarea, button')?.focus(), [])
  const reads = call.method === 'get'
  const fields = reads ? call.parameters : (call.body ? contract.fields(call.body) : []).filter((f) => f.name !== 'etag' && !isOutput(f))
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const text = JSON.stringify(draft.value)
    if (key.current.text !== text) key.current = { text, key: crypto.randomUUID() } // the same words again are the same request
    busy.value = true
    error.value = null
    try {
      answer.value = reads ? await app.client.read<Value>(addressOf(call, id, draft.value)) : await app.client.send<Value>('POST', addressOf(call, id), draft.value, key.current.key, etag)
      if (!reads) {
        draft.value = {}
        changed()
      }
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  const told = answer.value && (reads || !call.answer?.properties?.['etag'] || saidOnce.some((n) => answer.value![n]))
  return (
    <section class="sheet-form" aria-label={titleOf(call.name)}>
      <form ref={form} onSubmit={(e) => void submit(e)}>
        <h3>{titleOf(call.name === 'create' ? 'add' : call.name)}</h3>
        {lang.value === 'en' && call.summary && <p class="took">{call.summary}</p>}
        <div class="inputs"><Inputs fields={fields} value={draft.value} set={(v) => (draft.value = v)} contract={contract} faults={faultsOf(error.value)} /></div>
        <Failure error={error.value} />
        <div class="buttons">
          <button type="submit" class={dangerous.test(call.name) ? 'danger' : 'primary'} disabled={busy.value}>{reads ? w('rec.ask') : t('verb.do')}</button>
          <button type="button" onClick={back}>{answer.value ? t('app.close') : t('verb.back')}</button>
        </div>
      </form>
      {answer.value && !told && <p class="say good" role="status">{w('rec.done', { what: titleOf(call.name === 'create' ? 'add' : call.name) })}</p>}
      {told && call.path === '/v1/idImages/{id}:read' && <ReadingOf reading={answer.value as CardReading} />}
      {told && call.path !== '/v1/idImages/{id}:read' && <Answer value={answer.value!} fields={call.answer ? contract.fields(call.answer) : []} contract={contract} known={known} />}
    </section>
  )
}

/** An answer in full; a secret that is said once with a button that copies it. */
function Answer({ value, fields, contract, known }: { value: Value; fields: Field[]; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const copied = useSignal(false)
  const secret = saidOnce.map((n) => value[n]).find((x): x is string => typeof x === 'string' && x.length > 12)
  const copy = () => void navigator.clipboard.writeText(secret ?? '').then(() => (copied.value = true))
  return (
    <div class="answer" role="status">
      {secret && <p class="say dear">{w('rec.secret')} <code>{secret}</code> <button type="button" onClick={copy}>{w(copied.value ? 'rec.copied' : 'rec.copy')}</button></p>}
      <Fields fields={fields.filter((f) => !secret || value[f.name] !== secret)} value={value} contract={contract} known={known} />
    </div>
  )
}

/** A button that does a call at once, and says what went wrong beside it. */
export function Changed({ call, body, done }: { call: Call; body: Value; done: () => void }): JSX.Element {
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const press = async () => {
    busy.value = true
    error.value = null
    try {
      await app.client.send('POST', call.path, body, crypto.randomUUID(), '')
      done()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return <><button type="button" disabled={busy.value} onClick={() => void press()}>{titleOf(call.name)}</button><Failure error={error.value} /></>
}

interface EditProps { call: Call; contract: Document; record: Value; id: string; changed: () => void; back: () => void }

/** The form that changes a record: only what differs is sent, guarded by the version that was seen. */
export function EditForm({ call, contract, record, id, changed, back }: EditProps): JSX.Element {
  const draft = useSignal<Value>(record)
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const note = useSignal('')
  const fields = contract.fields(call.body ?? {}).filter((f) => !isOutput(f))
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const names = fields.map((f) => f.name).filter((n) => JSON.stringify(draft.value[n]) !== JSON.stringify(record[n]))
    if (names.length === 0) return void (note.value = w('rec.unchanged'))
    busy.value = true
    error.value = null
    try {
      const body = Object.fromEntries(names.map((n) => [n, draft.value[n]]))
      await app.client.send('PATCH', addressOf(call, id, { updateMask: names.join(',') }), body, '', String(record['etag'] ?? ''))
      changed()
      back()
    } catch (failure) {
      const stale = failure instanceof ApiError && failure.status === 412
      note.value = stale ? w('rec.stale') : ''
      error.value = stale ? null : failure
      if (stale) changed()
    }
    busy.value = false
  }
  return (
    <section class="sheet-form" aria-label={w('rec.edit')}>
      <form onSubmit={(e) => void submit(e)}>
        <div class="inputs"><Inputs fields={fields} value={draft.value} set={(v) => (draft.value = v)} contract={contract} faults={faultsOf(error.value)} /></div>
        {note.value && <p class="say dear" role="alert">{note.value}</p>}
        <Failure error={error.value} />
        <div class="buttons"><button type="submit" class="primary" disabled={busy.value}>{w('rec.save')}</button><button type="button" onClick={back}>{t('verb.back')}</button></div>
      </form>
    </section>
  )
}

/** Deletes a record once it was asked whether. */
export function DeleteForm({ call, id, etag, changed, back }: { call: Call; id: string; etag: string; changed: () => void; back: () => void }): JSX.Element {
  const error = useSignal<unknown>(null)
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    try {
      const headers: Record<string, string> = etag ? { 'If-Match': quoted(etag) } : {}
      await app.client.open(addressOf(call, id), { method: 'DELETE', headers })
      changed()
      back()
    } catch (failure) {
      error.value = failure
    }
  }
  return (
    <form class="sheet-form" onSubmit={(e) => void submit(e)}>
      <p>{w('rec.deleteAsk')}</p>
      <Failure error={error.value} />
      <div class="buttons"><button type="submit" class="danger">{w('rec.delete')}</button><button type="button" onClick={back}>{t('verb.back')}</button></div>
    </form>
  )
}
