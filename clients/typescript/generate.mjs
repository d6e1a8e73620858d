// Writes src/generated.ts from the OpenAPI document: a type for each schema, a method for each operation.
import { readFileSync, writeFileSync } from 'node:fs'

const [input, output] = process.argv.slice(2)
const doc = JSON.parse(readFileSync(input, 'utf8'))
const prefix = 'fettle.'

/** fettle.dispatch.v1.WorkOrder.State is WorkOrder_State; a name that two packages have keeps its package. */
const short = (name) => name.replace(/^.*?\.v\d+\./, '').replaceAll('.', '_').replace(/^google_protobuf_/, '')
const names = new Map()
{
  const count = new Map()
  for (const name of Object.keys(doc.components.schemas)) count.set(short(name), (count.get(short(name)) ?? 0) + 1)
  for (const name of Object.keys(doc.components.schemas)) {
    names.set(name, count.get(short(name)) === 1 ? short(name) : name.replace(prefix, '').replaceAll('.', '_'))
  }
}
const refOf = (ref) => names.get(ref.replace('#/components/schemas/', ''))
const quote = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const property = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name))
const comment = (text, indent) => {
  if (!text) return ''
  const lines = text.trim().replaceAll('*/', '* /').split('\n')
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((l) => `${indent} * ${l}`.trimEnd()).join('\n')}\n${indent} */\n`
}

function typeOf(schema, indent = '') {
  if (!schema) return 'unknown'
  if (schema.$ref) return refOf(schema.$ref)
  for (const key of ['allOf', 'oneOf', 'anyOf']) {
    if (schema[key]) return schema[key].map((s) => typeOf(s, indent)).join(key === 'allOf' ? ' & ' : ' | ')
  }
  if (schema.enum) return schema.enum.map((v) => (typeof v === 'string' ? quote(v) : String(v))).join(' | ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ')
  switch (schema.type) {
    case 'array': {
      const item = typeOf(schema.items, indent)
      return /[ |&]/.test(item) ? `(${item})[]` : `${item}[]`
    }
    case 'integer': case 'number': return 'number'
    case 'boolean': return 'boolean'
    case 'null': return 'null'
    case 'string': return schema.format === 'binary' ? 'Blob' : 'string'
  }
  if (schema.properties) return objectOf(schema, indent)
  if (schema.additionalProperties) return `Record<string, ${typeOf(schema.additionalProperties === true ? undefined : schema.additionalProperties, indent)}>`
  return schema.type === 'object' ? 'Record<string, unknown>' : 'unknown'
}

/** All fields may be absent: the service leaves out what is empty, and a body holds what the caller says. */
function objectOf(schema, indent) {
  const inner = `${indent}  `
  const fields = Object.entries(schema.properties ?? {}).map(([name, s]) =>
    `${comment(s.description, inner)}${inner}${s.readOnly ? 'readonly ' : ''}${property(name)}?: ${typeOf(s, inner)}\n`)
  return fields.length ? `{\n${fields.join('')}${indent}}` : 'Record<string, never>'
}

let out = '// Made by generate.mjs from the OpenAPI document. Do not edit.\n\nimport { Transport, type CallOptions } from \'./transport.ts\'\n'
for (const [name, schema] of Object.entries(doc.components.schemas)) {
  out += `\n${comment(schema.description, '')}`
  out += schema.properties ? `export interface ${names.get(name)} ${objectOf(schema, '')}\n` : `export type ${names.get(name)} = ${typeOf(schema)}\n`
}

/** Parameters of an operation, references followed. */
const parametersOf = (op, item) => [...(item.parameters ?? []), ...(op.parameters ?? [])]
  .map((p) => (p.$ref ? doc.components.parameters[p.$ref.split('/').at(-1)] : p))
const bodyOf = (content) => content && Object.entries(content)[0]

/** ListAssignments, or SegmentListAssignments where two services have it. */
const operations = Object.values(doc.paths).flatMap((item) => Object.values(item)).map((op) => op.operationId).filter(Boolean)
const nameOf = (id) => {
  const [service, name] = id.split('_')
  return operations.filter((other) => other.endsWith(`_${name}`)).length === 1 ? name : service.replace(/Service$/, '') + name
}

const seen = new Map()
let methods = '', requests = ''
for (const [path, item] of Object.entries(doc.paths)) {
  for (const [verb, op] of Object.entries(item)) {
    if (!op.operationId) continue
    const name = nameOf(op.operationId)
    const method = name[0].toLowerCase() + name.slice(1)
    if (path === '/v1/events:stream') continue // Fettle.events
    if (seen.has(method)) throw new Error(`${op.operationId} and ${seen.get(method)} are both ${method}`)
    seen.set(method, op.operationId)
    const all = parametersOf(op, item)
    const fields = all.filter((p) => p.in !== 'header')
    const body = bodyOf(op.requestBody?.content)
    const answer = bodyOf(Object.entries(op.responses).find(([code]) => code.startsWith('2'))?.[1].content)
    const must = fields.some((p) => p.in === 'path')
    requests += `\nexport interface ${name}Call {\n` + fields.map((p) =>
      `${comment(p.description, '  ')}  ${property(p.name)}${p.in === 'path' ? '' : '?'}: ${typeOf(p.schema, '  ')}\n`).join('')
    if (body) requests += `  body?: ${typeOf(body[1].schema, '  ')}\n`
    requests += '}\n'
    const headers = all.filter((p) => p.in === 'header').map((p) => p.name)
    const spec = [
      `verb: ${quote(verb.toUpperCase())}`, `path: ${quote(path)}`,
      `query: [${fields.filter((p) => p.in === 'query').map((p) => quote(p.name)).join(', ')}]`,
      headers.includes('Idempotency-Key') && 'keyed: true', answer?.[1].schema?.format === 'binary' && 'file: true',
      body && body[0] !== 'application/json' && `type: ${quote(body[0])}`,
    ].filter(Boolean).join(', ')
    const result = answer ? typeOf(answer[1].schema, '  ') : 'void'
    methods += `\n${comment(op.description ?? op.summary, '  ')}`
    methods += `  ${method}(request: ${name}Call${must ? '' : ' = {}'}, options?: CallOptions): Promise<${result}> {\n`
    methods += `    return this.call<${result}>({ ${spec} }, request, options)\n  }\n`
  }
}
out += `${requests}\n/** One method for each operation of the API. */\nexport class Operations extends Transport {${methods.replace(/^\n/, '\n')}}\n`
writeFileSync(output, out)
console.log(`${output}: ${names.size} types, ${seen.size} methods`)
