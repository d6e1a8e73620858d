import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { t } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import type { Call, Document } from './document.ts'
import { faultsOf, Inputs, type Value } from './form.tsx'
import { hrefOf } from './show.tsx'
import { titleOf, w } from './words.ts'

const addressWith = (call: Call, id: string, query: Value): string => {
  const asked = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)])).toString()
  return `${call.path.replace('{id}', encodeURIComponent(id))}${asked && `?${asked}`}`
}

interface Props { call: Call; contract: Document; id?: string; changed: () => void; back: () => void }

/** The form of a call whose body is a file. What it begins is an operation: the answer is the way to it. */
export function FileForm({ call, contract, id = '', changed, back }: Props): JSX.Element {
  const file = useSignal<File | null>(null)
  const query = useSignal<Value>({})
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const begun = useSignal('')
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    if (!file.value) return
    busy.value = true
    error.value = null
    try {
      const headers = { 'Content-Type': file.value.type || 'application/octet-stream', 'Idempotency-Key': crypto.randomUUID() }
      const response = await app.client.open(addressWith(call, id, query.value), { method: 'POST', body: file.value, headers })
      begun.value = ((await response.json()) as { id?: string }).id ?? ''
      changed()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return (
    <section class="sheet-form" aria-label={titleOf(call.name)}>
      <form onSubmit={(e) => void submit(e)}>
        <h3>{titleOf(call.name)}</h3>
        <div class="inputs">
          <label class="choice">{w('rec.file')}<input type="file" accept=".xlsx,.csv,image/*,video/*" required onChange={(e) => (file.value = e.currentTarget.files?.[0] ?? null)} /></label>
          <Inputs fields={call.parameters} value={query.value} set={(v) => (query.value = v)} contract={contract} faults={faultsOf(error.value)} />
        </div>
        <Failure error={error.value} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy.value || !file.value}>{t('verb.do')}</button>
          <button type="button" onClick={back}>{begun.value ? t('app.close') : t('verb.back')}</button>
        </div>
      </form>
      {begun.value.startsWith('op_') && <p class="say good" role="status"><a href={hrefOf('operations', begun.value)}>{w('rec.begun')}</a></p>}
    </section>
  )
}

const endings: Readonly<Record<string, string>> = { 'application/pdf': 'pdf', 'text/csv': 'csv' }

/** The file that a record has, part by part, for the browser to keep. */
export function FileButton({ call, id, record }: { call: Call; id: string; record: Value }): JSX.Element | null {
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const parts = Number(record['fileParts'] ?? 0)
  if (!parts) return null
  const type = String(record['fileType'] ?? '')
  const take = async () => {
    busy.value = true
    error.value = null
    try {
      const all: Blob[] = []
      for (let part = 0; part < parts; part++) all.push(await (await app.client.open(addressWith(call, id, { part }))).blob())
      const link = document.createElement('a')
      link.href = URL.createObjectURL(new Blob(all, { type }))
      link.download = `${id}.${endings[type.split(';')[0]!] ?? 'xlsx'}`
      link.click()
      URL.revokeObjectURL(link.href)
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return <p><button type="button" class="primary" disabled={busy.value} onClick={() => void take()}>{w('rec.take')}</button><Failure error={error.value} /></p>
}
