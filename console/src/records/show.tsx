import type { ComponentChildren, JSX } from 'preact'
import { app } from '../app.ts'
import { count, span, when } from '../format.ts'
import { lang, oneOf, tOr } from '../i18n.ts'
import { ms } from '../world.ts'
import { pathOf } from './catalog.ts'
import { shapeOf, type Document, type Field } from './document.ts'
import { codeText, type Value } from './form.tsx'
import { hintOf } from './hints.ts'
import { called, nameIn, shortId } from './names.ts'
import { inWords, phrase } from './phrases.ts'
import { nameOf, titleOf, w } from './words.ts'

const bad = /^(LATE|FAILED|UNKNOWN|EXCEPTION|UNSETTLED|DEAD|KILLED|REJECTED|OVERDUE|OPEN_INCIDENT|BROKEN|DENIED|REFUSED)$/
const good = /^(ACTIVE|DELIVERED|ACKNOWLEDGED|SENT|SCHEDULED|ENABLED|DONE|SUCCEEDED|PAID|COMPLETED|APPROVED|RENEWED|OK|RELEASED|REDEEMED|HELD|ADOPTED|AWARDED)$/
const soon = /^(DUE|DRAFT|SIGNING|EXPIRING|PENDING|RUNNING|PROPOSED|SUBMITTED|PAUSED|NEW|OPEN|PARTIALLY_PAID)$/

/** A state or another code as a chip: good, bad, waiting or neither. */
export function Code({ of, name = '' }: { of: string; name?: string }): JSX.Element {
  const tone = bad.test(of) ? 'alarm' : good.test(of) ? 'COMPLETED' : soon.test(of) ? 'NEW' : ''
  return <em class={`chip ${tone}`}>{codeText(name, of)}</em>
}

/** The address of a record. */
export const hrefOf = (path: string, id: string): string => `#/operations?show=${encodeURIComponent(path)}&id=${encodeURIComponent(id)}`

/** A link to what an id names. */
export function Reference({ name, id, known, contract }: { name: string; id: string; known: ReadonlySet<string>; contract: Document }): JSX.Element {
  if (name === 'workOrderId') return <button type="button" class="link" title={id} onClick={() => (app.selection.value = { kind: 'order', id })}>{oneOf(app.world.orders.get(id)?.description ?? '') || shortId(id)}</button>
  if (name === 'technicianId') return <button type="button" class="link" title={id} onClick={() => (app.selection.value = { kind: 'worker', id })}>{oneOf(app.world.workers.get(id)?.name ?? '') || shortId(id)}</button>
  const path = pathOf(name)
  return known.has(path) ? <a href={hrefOf(path, id)} title={id}>{nameIn(path, id, contract, called) || shortId(id)}</a> : <span title={id}>{shortId(id)}</span>
}

interface Props { field: Field; value: unknown; contract: Document; known: ReadonlySet<string>; brief?: boolean }

/** A value of a record in words. In brief it fits a cell of a table. */
export function Shown({ field: f, value, contract, known, brief = false }: Props): ComponentChildren {
  if (value === undefined || value === null || value === '') return '–'
  const text = String(value)
  switch (shapeOf(f)) {
    case 'choice': return text.endsWith('UNSPECIFIED') ? '–' : <Code of={text} name={f.name} />
    case 'flag': return value === true ? w('rec.yes') : w('rec.no')
    case 'money': return `¥${new Intl.NumberFormat('en-GB', { minimumFractionDigits: Number(value) % 100 ? 2 : 0 }).format(Number(value) / 100)}`
    case 'integer': return count(Number(value))
    case 'number': return Number(value).toLocaleString('en-GB', { maximumFractionDigits: 3 })
    case 'time': return <time dateTime={text} title={text}>{when(ms(text), app.now(), app.world.timeZone)}</time>
    case 'span': return parseFloat(text) > 0 ? span(parseFloat(text) * 1000) : '–'
    case 'choices': return <span class="codes">{(value as string[]).map((c) => <Code key={c} of={c} />)}</span>
    case 'texts': return f.name === 'variables' || f.name === 'columns' ? <code>{(value as unknown[]).join(', ')}</code> : brief ? shorten((value as unknown[]).join(', ')) : <ul class="bullets">{(value as unknown[]).map((x, i) => <li key={i}>{inWords(String(x))}</li>)}</ul>
    case 'place': return placeText(value as Value)
    case 'map': return <Pairs value={value as Value} brief={brief} />
    case 'group': return brief ? shorten(briefOf(f, value as Value, contract)) : <Fields fields={contract.fields(f.schema)} value={value as Value} contract={contract} known={known} />
    case 'groups': return brief ? count((value as unknown[]).length) : <Rows field={f} value={value as Value[]} contract={contract} known={known} />
    case 'long': return brief ? shorten(phrase(oneOf(text))) : <span class="prose">{phrase(text)}</span>
    default: return textOf(f, text, known, contract, brief)
  }
}

function textOf(f: Field, text: string, known: ReadonlySet<string>, contract: Document, brief: boolean): ComponentChildren {
  if (/Id$/.test(f.name)) return <Reference name={f.name} id={text} known={known} contract={contract} />
  if (f.name === 'id' || f.name === 'name') return <span title={text}>{brief ? shortId(text) : text}</span>
  if (f.name === 'trade' || f.name === 'skill') return tOr('skill', text)
  const said = inWords(text)
  return brief ? shorten(said) : said
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 58)}…` : text)
const placeText = (p: Value): string => `${Number(p['latitude'] ?? 0).toFixed(5)}, ${Number(p['longitude'] ?? 0).toFixed(5)}`
const briefOf = (f: Field, value: Value, contract: Document): string => contract.fields(f.schema).filter((x) => typeof value[x.name] !== 'object' && value[x.name] !== undefined).map((x) => `${nameOf(x.name)} ${String(value[x.name])}`).join(', ')

/** A value without a schema as text: what an object holds, one after another. */
const plainly = (v: unknown, between = ', '): string => (v !== null && typeof v === 'object' ? Object.values(v).map((x) => plainly(x)).join(between) : inWords(String(v)))

function Pairs({ value, brief }: { value: Value; brief: boolean }): JSX.Element {
  const pairs = Object.entries(value)
  const own = lang.value in value && pairs.every(([k]) => k.length === 2) ? value[lang.value] : null // one text in several languages
  if (brief && own !== null) return <>{shorten(plainly(own))}</>
  if (brief) return <>{shorten(pairs.map(([k, v]) => `${k}: ${plainly(v)}`).join(', ')) || '–'}</>
  return <dl class="pairs">{pairs.map(([k, v]) => <div key={k}><dt>{k}</dt><dd class="prose" lang={k === 'en' ? 'en' : undefined}>{plainly(v, '\n')}</dd></div>)}</dl>
}

/** A list within a record, as a table. */
function Rows({ field: f, value, contract, known }: { field: Field; value: Value[]; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const fields = contract.fields(contract.resolve(f.schema.items)).filter((x) => value.some((row) => row[x.name] !== undefined && row[x.name] !== ''))
  if (value.length === 0) return <>–</>
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={titleOf(f.name)}>
      <table class="plain-table"><thead><tr>{fields.map((x) => <th key={x.name} scope="col">{titleOf(x.name)}</th>)}</tr></thead>
        <tbody>{value.slice(0, rowsShown).map((row, i) => <tr key={i}>{fields.map((x) => <td key={x.name}><Shown field={x} value={row[x.name]} contract={contract} known={known} brief /></td>)}</tr>)}</tbody>
      </table>
      {value.length > rowsShown && <p class="took">… {count(value.length)}</p>}
    </div>
  )
}

const rowsShown = 100
const wideShapes = new Set(['groups', 'group', 'map', 'long', 'texts'])
const hidden = new Set(['etag', 'name'])

/** All fields of a record that have a value: short ones in two columns, long ones below each other. */
export function Fields({ fields, value, contract, known, without = [] }: { fields: Field[]; value: Value; contract: Document; known: ReadonlySet<string>; without?: readonly string[] }): JSX.Element {
  const isName = (f: Field) => f.name === 'name' && /\/\{?id/.test(f.about)
  const has = fields.filter((f) => !without.includes(f.name) && !(hidden.has(f.name) && (f.name === 'etag' || isName(f))) && !empty(value[f.name]))
  if (has.length === 0) return <p class="empty">{w('rec.none')}</p>
  return (
    <dl class="record-fields">
      {has.map((f) => (
        <div key={f.name} class={wideShapes.has(shapeOf(f)) ? 'whole' : ''} title={(lang.value === 'en' ? f.about : hintOf(f.about)) || undefined}>
          <dt>{titleOf(f.name)}</dt><dd lang={f.name === 'textEn' ? 'en' : undefined}><Shown field={f} value={value[f.name]} contract={contract} known={known} /></dd>
        </div>
      ))}
    </dl>
  )
}

const empty = (v: unknown): boolean => v === undefined || v === null || v === '' || (Array.isArray(v) && v.length === 0)
