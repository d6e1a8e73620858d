import { ApiError } from '../api/client.ts'
import type { Problem } from '../api/types.ts'

/** Who the credential of a page stands for: GET /v1/session. */
export interface Session {
  name: string
  roles?: string[]
  technicianId?: string
  workOrderId?: string
  unitId?: string
  /** A link for a proposal, or for what the tenant of a lease says. */
  renewalId?: string
  leaseId?: string
  /** A link by which a contract is signed. */
  signatureId?: string
  location?: { latitude?: number; longitude?: number }
  time?: string
  timeZone?: string
}

export interface Answer<T> { status: number; etag: string; body: T }

const patience = 20_000 // ms; a phone in a cellar says nothing for long

/** Sends a request with a credential. A failure is an ApiError: of status 0 when there was no answer. */
export async function ask<T>(token: string, path: string, init: RequestInit = {}, wait = patience): Promise<Answer<T>> {
  const headers = new Headers(init.headers)
  if (token) headers.set('Authorization', `Bearer ${token}`)
  let response: Response
  let text: string
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), wait)
  try {
    response = await fetch(path, { ...init, headers, cache: 'no-store', signal: abort.signal })
    text = await response.text()
  } catch {
    throw new ApiError(0, { title: 'offline' })
  } finally {
    clearTimeout(timer)
  }
  const etag = response.headers.get('ETag') ?? ''
  if (response.status === 304) return { status: 304, etag, body: undefined as T }
  const body = parsed(text)
  if (!response.ok) throw new ApiError(response.status, (body as Problem | null) ?? { status: response.status, title: `${response.status} ${response.statusText}`.trim() })
  return { status: response.status, etag, body: body as T }
}

/** Sends a change under a key: the same key again is the same change. */
export function post<T>(token: string, path: string, body: unknown, key: string): Promise<Answer<T>> {
  return ask<T>(token, path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key } })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Nobody has answered, or nobody can for now: the same request may be sent again. */
export const passing = (failure: unknown): boolean =>
  failure instanceof ApiError && (failure.status === 0 || failure.status === 429 || failure.status >= 500 || failure.problem.reason === 'IDEMPOTENCY_KEY_IN_FLIGHT')

/** What only demo mode has: null where it is not there. */
export async function demo<T>(path: string): Promise<T | null> {
  const response = await fetch(path).catch(() => null)
  return response?.ok && response.headers.get('Content-Type')?.includes('json') ? (response.json() as Promise<T>) : null
}

/** A key for a change, also where a page is not served by HTTPS and randomUUID is missing. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')
}
