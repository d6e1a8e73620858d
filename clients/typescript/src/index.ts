import { Operations } from './generated.ts'
import type { WorkOrder } from './generated.ts'
import { FettleError, pause } from './transport.ts'

export * from './generated.ts'
export { FettleError, type CallOptions, type ClientOptions } from './transport.ts'

/** What is wanted of the stream of events. */
export interface EventsOptions {
  /** Go on after this event; from now on when it is left out. */
  lastEventId?: string
  /** Positions of technicians too, the last of each, at most once a second. */
  positions?: boolean
  /** Only these types, or all that begin so. */
  types?: readonly string[]
  signal?: AbortSignal
}

/** What an event tells; which fields it has follows from its type. */
export interface EventData extends Record<string, unknown> {
  sequence?: number
  type?: string
  time?: string
  workOrderId?: string
  technicianId?: string
  reason?: string
  /** The order in brief, at least as new as the event. */
  workOrder?: WorkOrder
}

/** One event of the stream. Positions have no id. */
export interface StreamedEvent {
  id: string
  type: string
  data: EventData
}

/** The API of a service. */
export class Fettle extends Operations {
  /** Every item of a list, page after page: `for await (const order of client.all((p) => client.listWorkOrders(p), 'workOrders'))`. */
  async *all<P extends { nextPageToken?: string }, K extends keyof P>(
    page: (request: { pageToken?: string }) => Promise<P>, field: K,
  ): AsyncGenerator<NonNullable<P[K]> extends (infer T)[] ? T : never> {
    let pageToken: string | undefined
    do {
      const got = await page({ pageToken })
      yield* (got[field] ?? []) as (NonNullable<P[K]> extends (infer T)[] ? T : never)[]
      pageToken = got.nextPageToken || undefined
    } while (pageToken)
  }

  /** What happens, from now on or after an event. A connection that breaks is made again and goes on where it was; ends with the signal. */
  async *events(options: EventsOptions = {}): AsyncGenerator<StreamedEvent> {
    const { positions, types, signal } = options
    let last = options.lastEventId
    for (let failures = 0; ; failures++) {
      const query = new URLSearchParams()
      if (positions) query.set('positions', 'true')
      if (types?.length) query.set('types', types.join(','))
      const headers: Record<string, string> = { Accept: 'text/event-stream' }
      if (last !== undefined) headers['Last-Event-ID'] = last
      try {
        const answer = await this.send('GET', `/v1/events:stream?${query}`, { headers, signal }, true)
        for await (const event of read(answer)) {
          failures = 0
          if (event.id) last = event.id
          if (event.data) yield { id: event.id, type: event.type, data: JSON.parse(event.data) as EventData }
        }
      } catch (failure) {
        if (signal?.aborted) return
        if (failure instanceof FettleError && failure.status >= 400 && failure.status < 500 && failure.status !== 429) throw failure
      }
      if (signal?.aborted) return
      await pause(Math.min(10_000, 250 * 2 ** failures), signal).catch(() => undefined)
    }
  }
}

/** Reads server-sent events. */
async function* read(answer: Response): AsyncGenerator<{ id: string; type: string; data: string }> {
  if (!answer.body) return
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true })
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const event = { id: '', type: 'message', data: '' }
      for (const line of rest.slice(0, end).split('\n')) {
        const at = line.indexOf(':')
        if (at <= 0) continue
        const [field, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
        if (field === 'id') event.id = value
        if (field === 'event') event.type = value
        if (field === 'data') event.data += (event.data ? '\n' : '') + value
      }
      rest = rest.slice(end + 2)
      yield event
    }
  }
}
