import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { app } from '../app.ts'
import { count } from '../format.ts'
import { lang } from '../i18n.ts'
import { keep, route } from '../route.ts'
import { State, useReading } from '../views/parts.tsx'
import { keyOf, titleOfLine, type Line } from './catalog.ts'
import { CallForm, Changed, mayDo } from './calls.tsx'
import { shapeOf, type Call, type Document, type Field, type Kind } from './document.ts'
import { codes, Text, type Value } from './form.tsx'
import { RecordCard } from './record.tsx'
import { called } from './names.ts'
import { inWords } from './phrases.ts'
import { hrefOf, Shown } from './show.tsx'
import { fromWall, toWall } from './wall.ts'
import { nameOf, titleOf, w } from './words.ts'

const pageSize = 100
const mostColumns = 8

interface Props { line: Line; contract: Document; known: ReadonlySet<string> }
interface Listing { rows: Value[]; next: string }

/** A page of records: filters, a table, the record that is open, and what can be done, all as the contract has it. */
export function RecordPage({ line, contract, known }: Props): JSX.Element {
  const kind = contract.kind(line.path)
  if (!kind) return <p class="empty">{w('rec.gone')}</p>
  if (!mayDo(kind.list)) return <p class="empty">{w('rec.noRole')}</p>
  return <Listed key={keyOf(line)} line={line} kind={kind} contract={contract} known={known} />
}

/** The filters as the address has them, those that the page begins with where it says nothing. */
function chosenFilters(line: Line, kind: Kind): URLSearchParams {
  const query = new URLSearchParams()
  for (const f of kind.filters) {
    const text = route.value.parameters.get(f.name) ?? line.preset?.[f.name] ?? ''
    if (text && text !== '-') query.set(f.name, text)
  }
  return query
}

function Listed({ line, kind, contract, known }: Props & { kind: Kind }): JSX.Element {
  const adding = useSignal(false)
  const more = useSignal<Listing | null>(null)
  const query = chosenFilters(line, kind).toString()
  const read = async (token: string): Promise<Listing> => {
    const page = await app.client.read<Record<string, unknown>>(`${kind.list.path}?${query}${query && '&'}pageSize=${pageSize}${token && `&pageToken=${encodeURIComponent(token)}`}`)
    return { rows: (page[kind.items] as Value[] | undefined) ?? [], next: (page['nextPageToken'] as string | undefined) ?? '' }
  }
  const reading = useReading(() => read(''), [query, line.path])
  useEffect(() => void (more.value = null), [reading.value.value])
  const first = reading.value.value
  const rows = [...(first?.rows ?? []), ...(more.value?.rows ?? [])]
  const next = more.value ? more.value.next : first?.next ?? ''
  const readMore = async () => {
    const page = await read(next)
    more.value = { rows: [...(more.value?.rows ?? []), ...page.rows], next: page.next }
  }
  const id = route.value.parameters.get('id') ?? ''
  const open = rows.find((r) => r['id'] === id) ?? (id ? { id } : null)
  const filtered = query !== ''
  return (
    <>
      <div class="filters">
        {kind.filters.map((f) => <Filter key={f.name} field={f} line={line} contract={contract} />)}
        <button type="button" onClick={reading.again}>{w('rec.read')}</button>
        <span class="spring" />
        {[...kind.wholeReads, ...kind.wholeVerbs].filter((c) => mayDo(c)).map((c) => <Whole key={c.path} call={c} contract={contract} known={known} changed={reading.again} />)}
        {kind.create && mayDo(kind.create) && <button type="button" class="primary" aria-expanded={adding.value} onClick={() => (adding.value = !adding.value)}>{w('rec.add')}</button>}
      </div>
      {adding.value && kind.create && <CallForm call={kind.create} contract={contract} known={known} changed={reading.again} back={() => (adding.value = false)} />}
      <State reading={reading} empty={first !== null && rows.length === 0 && w(filtered ? 'rec.noMatch' : kind.create ? 'rec.noneAdd' : 'rec.none')} />
      {rows.length === 0 && filtered && <p><button type="button" onClick={() => keep(Object.fromEntries(kind.filters.map((f) => [f.name, line.preset?.[f.name] ? '-' : ''])))}>{w('rec.clear')}</button></p>}
      {rows.length > 0 && <Table line={line} kind={kind} rows={rows} contract={contract} known={known} changed={reading.again} />}
      {rows.length > 0 && <p class="took">{w(next ? 'rec.count' : 'rec.all', { n: count(rows.length) })} {next && <button type="button" onClick={() => void readMore()}>{w('rec.more')}</button>}</p>}
      {open && <RecordCard key={id} line={line} kind={kind} id={id} seen={open} contract={contract} known={known} changed={reading.again} />}
    </>
  )
}

/** One filter of the list, kept in the address. */
function Filter({ field: f, line, contract }: { field: Field; line: Line; contract: Document }): JSX.Element {
  const preset = line.preset?.[f.name] ?? ''
  const value = route.value.parameters.get(f.name) ?? preset
  const set = (text: string) => keep({ [f.name]: text === '' && preset ? '-' : text, id: '' })
  const shape = shapeOf(f)
  const zone = app.world.timeZone
  if (shape === 'choice' || shape === 'choices') {
    return (
      <label class="choice">{titleOf(f.name)}
        <select value={value === '-' ? '' : value} onChange={(e) => set(e.currentTarget.value)}>
          <option value="">{w('rec.any')}</option>
          {codes(f.schema.items ?? f.schema).map((c) => <option key={c} value={c}>{nameOf(c)}</option>)}
        </select>
      </label>
    )
  }
  if (shape === 'flag') return <label class="check"><input type="checkbox" checked={value === 'true'} onChange={(e) => set(e.currentTarget.checked ? 'true' : '')} />{titleOf(f.name)}</label>
  if (shape === 'time') return <label class="choice">{titleOf(f.name)}<input type="datetime-local" value={value && toWall(Date.parse(value), zone)} onChange={(e) => set(e.currentTarget.value && new Date(fromWall(e.currentTarget.value, zone)).toISOString())} /></label>
  const date = shape === 'date' || /^ending|(?:From|Before|Until)$/.test(f.name)
  const input = { value: value === '-' ? '' : value, onChange: (e: { currentTarget: HTMLInputElement }) => set(e.currentTarget.value) }
  return <label class="choice">{titleOf(f.name)}{date ? <input type="date" {...input} /> : <Text field={f} value={input.value} set={(text) => set(text ?? '')} contract={contract} type="search" />}</label>
}

const dull = new Set(['id', 'etag', 'name', 'updateTime'])
const plain = new Set(['text', 'long', 'choice', 'choices', 'date', 'money', 'flag', 'integer', 'number', 'texts', 'time', 'span'])

/** The columns: those of the line, else what fits a cell, what names the record and its state before the rest. */
export function columnsOf(line: Line, kind: Kind, contract: Document, rows: Value[]): Field[] {
  const fields = contract.fields(kind.record)
  if (line.columns) {
    const listed = line.columns.flatMap((name) => fields.find((f) => f.name === name) ?? [])
    if (listed.length > 1) return listed
  }
  const first = ['displayName', 'title', 'number', 'kind', 'state', 'status', 'createTime']
  const rank = (f: Field) => (first.includes(f.name) ? first.indexOf(f.name) - (f.name === 'createTime' ? -100 : 0) : 20)
  return fields.filter((f) => !dull.has(f.name) && plain.has(shapeOf(f)) && (rows.some((r) => r[f.name] !== undefined && r[f.name] !== '') || first.includes(f.name)))
    .map((f, i) => ({ f, i })).sort((a, b) => rank(a.f) - rank(b.f) || a.i - b.i).slice(0, mostColumns).map(({ f }) => f)
}

function Table({ line, kind, rows, contract, known, changed }: Props & { kind: Kind; rows: Value[]; changed: () => void }): JSX.Element {
  const columns = columnsOf(line, kind, contract, rows)
  const chosen = route.value.parameters.get('id') ?? ''
  const title = titleOfLine(line)
  const verbs = (line.rowVerbs ?? []).flatMap((p) => contract.call(`/v1/${p}`, 'post', p.split(':').pop()!) ?? []).filter((c) => mayDo(c))
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={title}>
      <table class="plain-table records">
        <caption class="unseen">{w('rec.columns', { name: title })}</caption>
        <thead><tr>{columns.map((c) => <th key={c.name} scope="col" class={isNumber(c) ? 'number' : ''}>{titleOf(c.name)}</th>)}{verbs.length > 0 && <th />}</tr></thead>
        <tbody>
          {rows.map((r, i) => (
            <tr key={String(r['id'] ?? i)} class={chosen && r['id'] === chosen ? 'chosen' : ''} data-record={String(r['id'] ?? '')}>
              {columns.map((c, at) => at === 0
                ? <th key={c.name} scope="row"><First row={r} field={c} line={line} contract={contract} /></th>
                : <td key={c.name} class={isNumber(c) ? 'number' : ''}><Shown field={c} value={r[c.name]} contract={contract} known={known} brief /></td>)}
              {verbs.map((c) => <td key={c.path}><RowVerb call={c} row={r} changed={changed} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const isNumber = (f: Field): boolean => ['money', 'integer', 'number'].includes(shapeOf(f))

/** The first cell opens the record. */
function First({ row, field, line, contract }: { row: Value; field: Field; line: Line; contract: Document }): JSX.Element {
  const value = row[field.name]
  const text = shapeOf(field) === 'text' ? (value ? inWords(String(value)) : called(row)) : null
  const id = row['id']
  const inside = text ?? <Shown field={field} value={value} contract={contract} known={new Set()} brief />
  return typeof id === 'string' ? <a href={hrefOf(keyOf(line), id)} onClick={(e) => { e.preventDefault(); keep({ id }) }}>{inside}</a> : <>{inside}</>
}

/** A verb over all that concerns one row: what it asks for is taken from the row. */
function RowVerb({ call, row, changed }: { call: Call; row: Value; changed: () => void }): JSX.Element {
  const body = Object.fromEntries(Object.keys(call.body?.properties ?? {}).filter((n) => row[n] !== undefined).map((n) => [n, row[n]]))
  return <Changed call={call} body={body} done={changed} />
}

/** Something that is asked or done about all records: a button that opens its form. */
function Whole({ call, contract, known, changed }: { call: Call; contract: Document; known: ReadonlySet<string>; changed: () => void }): JSX.Element {
  const open = useSignal(false)
  return (
    <>
      <button type="button" aria-expanded={open.value} onClick={() => (open.value = !open.value)} title={lang.value === 'en' ? call.summary : ''}>{titleOf(call.name)}…</button>
      {open.value && <CallForm call={call} contract={contract} known={known} changed={changed} back={() => (open.value = false)} />}
    </>
  )
}
