import { app } from '../app.ts'

/** A schema of the contract, as far as pages need it. */
export interface Schema {
  $ref?: string
  type?: string
  format?: string
  enum?: string[]
  items?: Schema
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  description?: string
  readOnly?: boolean
  allOf?: Schema[]
}

interface Parameter { name?: string; in?: string; schema?: Schema; description?: string; $ref?: string }
interface Operation {
  summary?: string
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { schema?: Schema }> }
  responses?: Record<string, { content?: Record<string, { schema?: Schema }> }>
  'x-roles'?: string[]
}
type Method = 'get' | 'post' | 'patch' | 'delete'
interface Contract { paths: Record<string, Partial<Record<Method, Operation>>>; components: { schemas: Record<string, Schema> } }

/** Something that can be asked or done: of one record when its path has {id}, else of all. */
export interface Call { name: string; method: Method; path: string; summary: string; body: Schema | null; parameters: Field[]; answer: Schema | null; roles: string[]; takesFile: boolean; givesFile: boolean }

/** A named value with its schema, every reference followed. */
export interface Field { name: string; schema: Schema; about: string }

/** What the contract says of one kind of record. */
export interface Kind {
  path: string
  list: Call
  /** The name of the list in the answer to list. */
  items: string
  record: Schema
  filters: Field[]
  get: Call | null
  create: Call | null
  update: Call | null
  remove: Call | null
  /** What can be done to one record, and what can be read of it. */
  verbs: Call[]
  reads: Call[]
  /** The same for all of them together. */
  wholeVerbs: Call[]
  wholeReads: Call[]
}

const paging = new Set(['pageSize', 'pageToken'])

/** The contract of the service, which says what there is to list, make and do. */
export class Document {
  constructor(private readonly contract: Contract) {}

  /** Follows a reference; a cycle ends where it is followed, since fields are followed when they are shown. */
  resolve(schema: Schema | undefined): Schema {
    if (!schema) return {}
    if (schema.$ref) {
      const { $ref: name, ...own } = schema
      return { ...this.resolve(this.contract.components.schemas[name.split('/').pop()!]), ...own }
    }
    if (schema.allOf) return { ...schema, ...Object.assign({}, ...schema.allOf.map((s) => this.resolve(s))) as Schema }
    return schema
  }

  /** The fields of a schema in the order in which people read them; the contract has them by the alphabet. */
  fields(schema: Schema): Field[] {
    const all = Object.entries(this.resolve(schema).properties ?? {}).map(([name, own]) => ({ name, schema: this.resolve(own), about: own.description ?? this.resolve(own).description ?? '' }))
    return all.map((f, i) => ({ f, rank: rankOf(f) * 1000 + i })).sort((a, b) => a.rank - b.rank).map(({ f }) => f)
  }

  /** Reads all that the contract says of a list such as "leases" or "dueWork:dead"; null when it has none. */
  kind(path: string): Kind | null {
    const list = this.call(`/v1/${path}`, 'get', 'list')
    const items = list?.answer ? this.fields(list.answer).find((f) => f.schema.type === 'array' && this.resolve(f.schema.items).properties) : undefined
    if (!list || !items) return null
    const own = (method: Method) => this.call(`/v1/${path}/{id}`, method, method)
    const kind: Kind = {
      path, list, items: items.name, record: this.resolve(items.schema.items), filters: list.parameters.filter((p) => !paging.has(p.name)),
      get: own('get'), create: this.call(`/v1/${path}`, 'post', 'create'), update: own('patch'), remove: own('delete'), verbs: [], reads: [], wholeVerbs: [], wholeReads: [],
    }
    if (kind.get?.answer) kind.record = this.resolve(kind.get.answer)
    this.beside(kind)
    return kind
  }

  /** Collects the verbs and readings whose paths begin with that of the list. */
  private beside(kind: Kind): void {
    const base = `/v1/${kind.path}`
    for (const path of Object.keys(this.contract.paths)) {
      const [, name] = path.startsWith(base) ? /^(?:\/\{id\})?[:/](\w+)$/.exec(path.slice(base.length)) ?? [] : []
      if (!name) continue
      const one = path.includes('{id}')
      const [read, verb] = [this.call(path, 'get', name), this.call(path, 'post', name)]
      if (read) (one ? kind.reads : kind.wholeReads).push(read)
      if (verb) (one ? kind.verbs : kind.wholeVerbs).push(verb)
    }
  }

  /** The names of all lists whose records have ids, by path. */
  lists(): string[] {
    return Object.keys(this.contract.paths).filter((p) => /^\/v1\/\w+$/.test(p) && this.kind(p.slice(4))).map((p) => p.slice(4))
  }

  call(path: string, method: Method, name: string): Call | null {
    const operation = this.contract.paths[path]?.[method]
    if (!operation) return null
    const answers = operation.responses ?? {}
    const body = operation.requestBody?.content?.['application/json']?.schema
    const answer = (answers['200'] ?? answers['201'])?.content?.['application/json']?.schema
    const bytes = (content: Record<string, unknown> | undefined) => content !== undefined && '*/*' in content
    return {
      takesFile: bytes(operation.requestBody?.content), givesFile: bytes(answers['200']?.content),
      name, method, path, summary: operation.summary ?? '', roles: operation['x-roles'] ?? [], body: body ? this.resolve(body) : null, answer: answer ? this.resolve(answer) : null,
      parameters: (operation.parameters ?? []).flatMap((p) => (p.in === 'query' && p.name ? [{ name: p.name, schema: this.resolve(p.schema), about: p.description ?? '' }] : [])),
    }
  }
}

let reading: Promise<Document> | null = null

/** Reads the contract once; a failed reading is tried again by the next who asks. */
export function document(): Promise<Document> {
  reading ??= app.client.read<Contract>('/openapi.json').then((contract) => new Document(contract))
  reading.catch(() => (reading = null))
  return reading
}

/** What a field holds, which decides how it is shown and asked for. */
export type Shape = 'text' | 'long' | 'number' | 'integer' | 'money' | 'flag' | 'choice' | 'choices' | 'texts' | 'date' | 'time' | 'span' | 'place' | 'map' | 'group' | 'groups'

const longNames = /^(text|body|note|description|comment|detail|evidence|textEn|textZh|expression|why)$/
const dateNames = /(?:^|[a-z])(Date|date|Day)$/
const spanNames = /(?:[dD]uration|[dD]elay|Age|^age)$/

/** Tells the shape of a field from its schema and name. */
export function shapeOf(f: Field): Shape {
  const { schema: s, name } = f
  if (s.enum) return 'choice'
  if (s.type === 'array') return s.items?.enum ? 'choices' : s.items?.properties || s.items?.$ref ? 'groups' : 'texts'
  if (s.properties) return s.properties['latitude'] && s.properties['longitude'] ? 'place' : 'group'
  if (s.type === 'object') return 'map'
  if (s.type === 'boolean') return 'flag'
  if (name.endsWith('Cents')) return 'money'
  if (s.type === 'integer' || s.format === 'int64') return 'integer'
  if (s.type === 'number') return 'number'
  if (s.format === 'date-time') return 'time'
  if (dateNames.test(name)) return 'date'
  if (spanNames.test(name)) return 'span'
  return longNames.test(name) ? 'long' : 'text'
}

const written = new Set(['id', 'etag', 'createTime', 'updateTime', 'state'])

const before = ['displayName', 'title', 'number', 'name', 'kind', 'type', 'event', 'question', 'key', 'state', 'status', 'propertyId', 'unitId', 'tenantId', 'leaseId', 'technicianId', 'workOrderId', 'startDate', 'startTime', 'from', 'endDate', 'endTime', 'to', 'dueDate', 'dueTime', 'rentCents', 'amountCents', 'depositCents', 'paymentCycle', 'email', 'phone', 'url']
const after = ['id', 'createTime', 'updateTime', 'etag']
const late: Partial<Record<Shape, number>> = { long: 60, place: 65, texts: 70, map: 70, group: 75, groups: 80 }

function rankOf(f: Field): number {
  if (before.includes(f.name)) return before.indexOf(f.name)
  if (after.includes(f.name)) return 90 + after.indexOf(f.name)
  return late[shapeOf(f)] ?? 50
}

/** Whether only the service writes a field: those that it marks, and those that every record has. */
export const isOutput = (f: Field): boolean => f.schema.readOnly === true || (written.has(f.name) && f.schema.readOnly !== false) || /output only/i.test(f.about)
