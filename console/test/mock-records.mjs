// What the mock server answers to every list of the contract that it has no special data for: records made from their schemas.
import { readFileSync } from 'node:fs'

export const contract = JSON.parse(readFileSync(new URL('../../api/openapi/fettle.openapi.json', import.meta.url), 'utf8'))
const resolve = (schema = {}) => (schema.$ref ? resolve(contract.components.schemas[schema.$ref.split('/').pop()]) : schema)

/** A value that fits a schema; those within each other end after some depth. */
function sample(schema, name, i, depth = 0) {
  const s = resolve(schema)
  if (s.enum) return s.enum[1 + (i % Math.max(1, s.enum.length - 1))] ?? s.enum[0]
  if (s.type === 'array') return depth > 2 ? [] : [sample(s.items, name, i, depth + 1)]
  if (s.properties) return depth > 3 ? {} : Object.fromEntries(Object.entries(s.properties).map(([n, own]) => [n, sample(own, n, i, depth + 1)]))
  if (s.type === 'object') return { heating: 'gas' }
  if (s.type === 'boolean') return i % 2 === 0
  if (s.format === 'int64') return String(280_000 + i)
  if (s.type === 'integer' || s.type === 'number') return name === 'latitude' ? 30.2 : name === 'longitude' ? 120.2 : 3 + i
  if (s.format === 'date-time') return '2026-05-20T02:40:00Z'
  if (/[dD]ate$/.test(name)) return '2026-05-20'
  return name === 'etag' ? '1' : name === 'id' ? `${name}-${i}` : `${name} ${i}`
}

const answered = (path, method = 'get') => resolve(contract.paths[path]?.[method]?.responses?.['200']?.content?.['application/json']?.schema)

/** The answer to a path of the contract; undefined where the contract has none. */
export function answerRecords(method, pathname, body, changed) {
  const [, kind = '', , id, , verb] = /^\/v1\/(\w+(:\w+)?)(?:\/([^/:]+)(([/:]\w+)?))?$/.exec(pathname) ?? []
  const template = id ? `/v1/${kind}/{id}${verb ?? ''}` : `/v1/${kind}`
  const operation = contract.paths[template]?.[method.toLowerCase()]
  if (!operation) return undefined
  changed.push({ method, path: pathname, body })
  const schema = answered(template, method.toLowerCase())
  if (method !== 'GET' || id) return { ...sample(schema, '', 1), ...(id && { id }), ...(method === 'PATCH' && body) }
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, own]) => [name, name === 'nextPageToken' ? '' : resolve(own).type === 'array' ? [0, 1, 2].map((i) => sample(resolve(own).items, name, i)) : sample(own, name, 0)]))
}
