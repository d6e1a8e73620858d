/** What the client needs to know of the service. */
export interface ClientOptions {
  /** As https://fettle.example.org */
  url: string
  /** The credential, or how to get the present one. */
  token: string | (() => string | Promise<string>)
  /** How often a call is tried again that failed on its way or was shed (429, 503): 3 unless given. */
  retries?: number
  fetch?: typeof fetch
}

/** What may be said about one call. */
export interface CallOptions {
  /** The same key for the same wish, across restarts of the caller; one is made when it is left out. */
  idempotencyKey?: string
  /** The etag that a change is based on; '*' for any. */
  ifMatch?: string
  /** Seconds to wait for something new, where the method knows how to. */
  wait?: number
  ifNoneMatch?: string
  signal?: AbortSignal
}

/** How an operation is called. */
export interface Operation {
  verb: string
  path: string
  query: readonly string[]
  keyed?: boolean
  file?: boolean
  type?: string
}

/** What the service answers when it refuses (RFC 9457), or what kept the call from it: status is 0 then. */
export class FettleError extends Error {
  readonly status: number
  /** Stable, as VALUE_TAKEN. */
  readonly reason: string
  readonly fields: readonly { field?: string; detail?: string; pointer?: string }[]
  readonly traceId: string
  readonly retryAfter: number

  constructor(status: number, problem: Record<string, unknown>, retryAfter = 0, cause?: unknown) {
    super(String(problem['detail'] ?? problem['title'] ?? `status ${status}`), { cause })
    this.name = 'FettleError'
    this.status = status
    this.reason = String(problem['reason'] ?? '')
    this.fields = Array.isArray(problem['errors']) ? problem['errors'] : []
    this.traceId = String(problem['traceId'] ?? '')
    this.retryAfter = retryAfter
  }
}

/** Carries calls: credential, idempotency keys, etags, retries. A retry has the key of the first try, so nothing is done twice. */
export class Transport {
  protected readonly options: ClientOptions

  constructor(options: ClientOptions) {
    this.options = options
  }

  protected async call<T>(op: Operation, request: object, options: CallOptions = {}): Promise<T> {
    const fields = request as Record<string, unknown>
    const headers = new Headers({ Accept: op.file ? '*/*' : 'application/json' })
    if (op.keyed) headers.set('Idempotency-Key', options.idempotencyKey ?? crypto.randomUUID())
    if (options.ifMatch) headers.set('If-Match', options.ifMatch === '*' ? '*' : `"${options.ifMatch}"`)
    if (options.ifNoneMatch) headers.set('If-None-Match', `"${options.ifNoneMatch}"`)
    if (options.wait) headers.set('Prefer', `wait=${options.wait}`)
    let body: BodyInit | undefined
    if (op.verb !== 'GET' && op.verb !== 'DELETE') {
      const file = fields['body'] instanceof Blob ? fields['body'] : undefined
      headers.set('Content-Type', file ? file.type || op.type || 'application/octet-stream' : 'application/json')
      body = file ?? JSON.stringify(fields['body'] ?? {})
    }
    const answer = await this.send(op.verb, this.address(op, fields), { headers, body, signal: options.signal }, op.verb === 'GET' || Boolean(op.keyed))
    if (op.file) return (await answer.blob()) as T
    const text = await answer.text()
    return (text ? JSON.parse(text) : undefined) as T
  }

  private address(op: Operation, fields: Record<string, unknown>): string {
    const path = op.path.replace(/\{([^}]+)\}/g, (_, name: string) => {
      const value = fields[name]
      if (value === undefined || value === '') throw new TypeError(`${op.path}: ${name} is missing`)
      return encodeURIComponent(String(value))
    })
    const query = new URLSearchParams()
    for (const name of op.query) {
      const value = fields[name]
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null) query.append(name, String(one))
      }
    }
    const text = query.toString()
    return path + (text ? `?${text}` : '')
  }

  /** Sends a request until it is answered, as often as allowed. */
  protected async send(verb: string, address: string, init: RequestInit, repeatable: boolean): Promise<Response> {
    const { url, token, retries = 3 } = this.options
    const headers = new Headers(init.headers)
    for (let attempt = 0; ; attempt++) {
      headers.set('Authorization', `Bearer ${typeof token === 'string' ? token : await token()}`)
      const last = attempt >= retries || !repeatable
      let answer: Response
      try {
        answer = await (this.options.fetch ?? fetch)(url.replace(/\/$/, '') + address, { ...init, method: verb, headers })
      } catch (cause) {
        if (init.signal?.aborted || last) throw new FettleError(0, { detail: 'the service was not reached' }, 0, cause)
        await pause(250 * 2 ** attempt, init.signal)
        continue
      }
      if (answer.ok || answer.status === 304) return answer
      const after = Number(answer.headers.get('Retry-After') ?? 0)
      const text = await answer.text()
      const shed = answer.status === 429 || answer.status === 503
      if (!shed || last) throw new FettleError(answer.status, problemOf(text), after)
      await pause(after ? after * 1000 : 250 * 2 ** attempt, init.signal)
    }
  }
}

function problemOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return { detail: text.slice(0, 200) }
  }
}

/** Waits, or ends with the signal. */
export function pause(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => { clearTimeout(timer); reject(signal?.reason as Error) }
    const timer = setTimeout(() => { signal?.removeEventListener('abort', end); resolve() }, ms)
    if (signal?.aborted) end()
    else signal?.addEventListener('abort', end, { once: true })
  })
}
