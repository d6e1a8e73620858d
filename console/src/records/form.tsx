import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useId } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { app } from '../app.ts'
import { lang, tOr } from '../i18n.ts'
import { pathOf } from './catalog.ts'
import { isOutput, shapeOf, type Document, type Field, type Schema } from './document.ts'
import { hintOf } from './hints.ts'
import { called, namesOf } from './names.ts'
import { fromWall, toWall } from './wall.ts'
import { nameOf, titleOf, w } from './words.ts'

export type Value = Record<string, unknown>

interface Props { field: Field; value: unknown; set: (value: unknown) => void; contract: Document; faults: ReadonlyMap<string, string>; path: string }

/** Faults by the path of their field, from an answer that refused. */
export function faultsOf(error: unknown): Map<string, string> {
  const faults = new Map<string, string>()
  if (!(error instanceof ApiError)) return faults
  for (const e of error.problem.errors ?? []) {
    const name = (e.field ?? e.pointer ?? '').replace(/^#?\//, '').replaceAll('/', '.').replaceAll(/\[(\d+)\]/g, '.$1')
    if (name) faults.set(name.replaceAll(/_(\w)/g, (_, c: string) => c.toUpperCase()), e.detail ?? e.message ?? e.reason ?? '')
  }
  return faults
}

/** The inputs for the fields of a record; those that only the service writes are left out. */
export function Inputs({ fields, value, set, contract, faults, path = '' }: { fields: Field[]; value: Value; set: (value: Value) => void; contract: Document; faults: ReadonlyMap<string, string>; path?: string }): JSX.Element {
  const change = (name: string, next: unknown) => {
    const { [name]: _, ...rest } = value
    set(next === undefined ? rest : { ...rest, [name]: next })
  }
  return (
    <>
      {fields.filter((f) => !isOutput(f)).map((f) => (
        <Input key={f.name} field={f} value={value[f.name]} set={(next) => change(f.name, next)} contract={contract} faults={faults} path={path + f.name} />
      ))}
    </>
  )
}

/** One input with its label, what the contract says of it, and what the service found wrong with it. */
function Input(p: Props): JSX.Element {
  const shape = shapeOf(p.field)
  const hint = useId()
  const fault = p.faults.get(p.path)
  const title = shape === 'money' ? `${titleOf(p.field.name)} (¥)` : shape === 'span' ? w('rec.seconds', { name: titleOf(p.field.name) }) : titleOf(p.field.name)
  const said = shape === 'money' ? p.field.about.replace(/^Fen\b[.;,]?\s*/, '').replace(/^./, (c) => c.toUpperCase()) : p.field.about
  const told = lang.value === 'en' ? said : hintOf(p.field.about)
  const about = told && <small class="about">{told}</small>
  const wrong = fault && <small class="wrong" id={hint}>{fault}</small>
  const described = fault ? { 'aria-invalid': true, 'aria-describedby': hint } : {}
  if (shape === 'flag') return <div class="field"><label class="check"><input type="checkbox" checked={p.value === true} onChange={(e) => p.set(e.currentTarget.checked)} {...described} />{title}</label>{about}{wrong}</div>
  if (shape === 'choices') return <fieldset class="field many"><legend>{title}</legend><Choices {...p} />{about}{wrong}</fieldset>
  if (shape === 'group' || shape === 'place') return <fieldset class="field nested"><legend>{title}</legend>{about}<Group {...p} />{wrong}</fieldset>
  if (shape === 'groups') return <fieldset class="field nested"><legend>{title}</legend>{about}<Groups {...p} />{wrong}</fieldset>
  return <div class="field"><label>{title}<Single {...p} described={described} /></label>{about}{wrong}</div>
}

const seconds = (v: unknown): string => (typeof v === 'string' ? String(parseFloat(v)) : '')

/** The input of a value that is one line, one choice or one text. */
function Single({ field: f, value, set, contract, described }: Props & { described: object }): JSX.Element {
  const text = (e: { currentTarget: { value: string } }) => set(e.currentTarget.value || undefined)
  const zone = app.world.timeZone
  const number = (e: { currentTarget: { value: string } }) => set(e.currentTarget.value === '' ? undefined : f.schema.format === 'int64' ? e.currentTarget.value : Number(e.currentTarget.value))
  switch (shapeOf(f)) {
    case 'choice':
      return <select value={String(value ?? '')} onChange={text} {...described}><option value="">–</option>{codes(f.schema).map((c) => <option key={c} value={c}>{nameOf(c)}</option>)}</select>
    case 'money':
      return <input type="number" step="0.01" value={value === undefined ? '' : Number(value) / 100} onInput={(e) => set(e.currentTarget.value === '' ? undefined : String(Math.round(Number(e.currentTarget.value) * 100)))} {...described} />
    case 'integer':
    case 'number':
      return <input type="number" step={shapeOf(f) === 'integer' ? 1 : 'any'} value={value === undefined ? '' : String(value)} onInput={number} {...described} />
    case 'date':
      return <input type="date" value={String(value ?? '')} onInput={text} {...described} />
    case 'time':
      return <input type="datetime-local" value={value ? toWall(Date.parse(String(value)), zone) : ''} onInput={(e) => set(e.currentTarget.value ? new Date(fromWall(e.currentTarget.value, zone)).toISOString() : undefined)} {...described} />
    case 'span':
      return <input type="number" min={0} value={seconds(value)} onInput={(e) => set(e.currentTarget.value ? `${Number(e.currentTarget.value)}s` : undefined)} {...described} />
    case 'texts':
      return <Lines value={value} set={set} described={described} />
    case 'map':
      return <Pairs value={value} set={set} described={described} />
    case 'long':
      return <textarea rows={3} value={String(value ?? '')} onInput={text} {...described} />
    default:
      return <Text field={f} value={String(value ?? '')} set={set} contract={contract} described={described} />
  }
}

interface TextProps { field: { name: string }; value: string; set: (value: string | undefined) => void; contract: Document; described?: object; type?: 'text' | 'search' }

/** A line of text; the id of another record is chosen among those that there are, by their names. */
export function Text({ field: f, value, set, contract, described = {}, type = 'text' }: TextProps): JSX.Element {
  const list = useId()
  const path = f.name === 'technicianId' ? '' : /Id$/.test(f.name) ? pathOf(f.name) : null
  const options = path === '' ? [...app.world.workers.values()].map((p) => [p.id, p.name] as const) : path && contract.kind(path) ? namesOf(path, contract, called) : []
  const input = { value, autocomplete: 'off', ...described }
  const changed = (e: { currentTarget: HTMLInputElement }) => set(e.currentTarget.value || undefined)
  const box = type === 'search' ? <input type="search" list={list} onChange={changed} {...input} /> : <input type="text" list={list} onInput={changed} {...input} />
  return <>{box}{options.length > 0 && <datalist id={list}>{options.map(([id, name]) => <option key={id} value={id}>{name}</option>)}</datalist>}</>
}

/** The codes of a choice, without the one that says nothing. */
export const codes = (schema: Schema): string[] => (schema.enum ?? []).filter((c) => !c.endsWith('UNSPECIFIED'))

function Lines({ value, set, described }: { value: unknown; set: (v: unknown) => void; described: object }): JSX.Element {
  const lines = Array.isArray(value) ? value.join('\n') : ''
  const changed = (text: string) => {
    const all = text.split('\n').map((l) => l.trim()).filter(Boolean)
    set(all.length > 0 ? all : undefined)
  }
  return <><textarea rows={3} defaultValue={lines} onInput={(e) => changed(e.currentTarget.value)} {...described} /><small>{w('rec.lines')}</small></>
}

function Pairs({ value, set, described }: { value: unknown; set: (v: unknown) => void; described: object }): JSX.Element {
  const wrong = useSignal(0)
  const lines = Object.entries((value ?? {}) as Value).map(([k, v]) => `${k}: ${typeof v === 'string' ? v : JSON.stringify(v)}`).join('\n')
  const changed = (text: string) => {
    const all = text.split('\n').filter((l) => l.trim())
    wrong.value = all.findIndex((l) => !l.includes(':')) + 1
    if (wrong.value === 0) set(all.length > 0 ? Object.fromEntries(all.map((l) => [l.slice(0, l.indexOf(':')).trim(), l.slice(l.indexOf(':') + 1).trim()])) : undefined)
  }
  return (
    <>
      <textarea rows={3} defaultValue={lines} onInput={(e) => changed(e.currentTarget.value)} {...described} />
      <small class={wrong.value ? 'wrong' : ''}>{wrong.value ? w('rec.wrongPair', { n: wrong.value }) : w('rec.pairs')}</small>
    </>
  )
}

function Choices({ field: f, value, set, contract }: Props): JSX.Element {
  const chosen = new Set(Array.isArray(value) ? (value as string[]) : [])
  const all = codes(contract.resolve(f.schema.items))
  const flip = (c: string) => {
    const next = all.filter((x) => (x === c ? !chosen.has(c) : chosen.has(x)))
    set(next.length > 0 ? next : undefined)
  }
  return <div>{all.map((c) => <label key={c} class="check"><input type="checkbox" checked={chosen.has(c)} onChange={() => flip(c)} />{nameOf(c)}</label>)}</div>
}

function Group({ field: f, value, set, contract, faults, path }: Props): JSX.Element {
  const next = (v: Value) => set(Object.keys(v).length > 0 ? v : undefined)
  return <Inputs fields={contract.fields(f.schema)} value={(value ?? {}) as Value} set={next} contract={contract} faults={faults} path={`${path}.`} />
}

function Groups({ field: f, value, set, contract, faults, path }: Props): JSX.Element {
  const all = Array.isArray(value) ? (value as Value[]) : []
  const fields = contract.fields(contract.resolve(f.schema.items))
  const put = (next: Value[]) => set(next.length > 0 ? next : undefined)
  return (
    <>
      {all.map((one, i) => (
        <div key={i} class="one">
          <Inputs fields={fields} value={one} set={(v) => put(all.with(i, v))} contract={contract} faults={faults} path={`${path}.${i}.`} />
          <button type="button" onClick={() => put(all.filter((_, j) => j !== i))}>{w('rec.drop')}</button>
        </div>
      ))}
      <button type="button" onClick={() => put([...all, {}])}>{w('rec.one')}</button>
    </>
  )
}

/** A trade or a code of the contract in words. */
export const codeText = (name: string, text: string): string => (name === 'skill' || name === 'trade' ? tOr('skill', text) : nameOf(text))
