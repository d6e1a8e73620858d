import { signal } from '@preact/signals'
import { app } from '../app.ts'
import { t } from '../i18n.ts'
import type { Document } from './document.ts'
import type { Value } from './form.tsx'
import { inWords } from './phrases.ts'

const most = 3 // pages of 1,000: who has more sees ids

/** What records are called, by list and id; it fills while links to them are shown. */
const names = signal<ReadonlyMap<string, string>>(new Map())
const asked = new Set<string>()

/** The name of a record of a list; empty until it is known. The list is read once, when the first name is asked for. */
export function nameIn(path: string, id: string, contract: Document, call: (value: Value) => string): string {
  if (!asked.has(path)) {
    asked.add(path)
    void read(path, contract, call).catch(() => asked.delete(path))
  }
  return names.value.get(`${path}/${id}`) ?? ''
}

/** The ids and names of the records of a list. */
export function namesOf(path: string, contract: Document, call: (value: Value) => string): (readonly [string, string])[] {
  nameIn(path, '', contract, call)
  const prefix = `${path}/`
  return [...names.value].filter(([key]) => key.startsWith(prefix)).map(([key, name]) => [key.slice(prefix.length), name])
}

/** The end of an id that tells it from others, as people compare them. */
export const shortId = (id: string): string => (/^[a-z]+_[0-9a-z]{16,}$/.test(id) ? `${id.slice(0, id.indexOf('_') + 1)}…${id.slice(-5)}` : id)

/** What a record is called: its name, number, title or the first text that it has. */
export function called(value: Value): string {
  for (const name of ['displayName', 'title', 'number', 'name', 'question', 'description', 'url', 'kind', 'method']) {
    const text = value[name]
    if (typeof text === 'string' && text && !/^\w+\/\w+/.test(text)) return inWords(text)
  }
  return typeof value['id'] === 'string' ? shortId(value['id']) : t('order.title')
}

async function read(path: string, contract: Document, call: (value: Value) => string): Promise<void> {
  const kind = contract.kind(path)
  if (!kind) return
  const found = new Map<string, string>()
  for (let token = '', page = 0; page < most; page++) {
    const answer = await app.client.read<Record<string, unknown>>(`/v1/${path}?pageSize=1000${token && `&pageToken=${encodeURIComponent(token)}`}`)
    for (const value of (answer[kind.items] as Value[] | undefined) ?? []) found.set(`${path}/${String(value['id'])}`, call(value))
    token = String(answer['nextPageToken'] ?? '')
    if (!token) break
  }
  names.value = new Map([...names.peek(), ...found]) // other lists may have been read meanwhile
}
