import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { when } from '../format.ts'
import { oneOf } from '../i18n.ts'
import './notes.css'
import { words } from './words.ts'

export type Side = 'TENANT' | 'DESK' | 'TECHNICIAN'
export interface Note { id: string; createTime?: string; side: Side; text?: string; technicianName?: string; createdBy?: string; removed?: boolean }
export interface Conversation { workOrderId: string; etag?: string; notes?: Note[]; waitStartTime?: string; count?: number }

/** A note that is kept here until the network takes it; at: ms. */
export interface Unsent { id: string; text: string; at: number }

/** How a page speaks with the service about the notes of an order. */
export interface Wire {
  /** The conversation; with the etag of the one before it may wait for another, and returns null where there is none. */
  read(etag: string, stop: AbortSignal): Promise<Conversation | null>
  send(text: string, key: string): Promise<unknown>
  /** What the desk can do beside answering. */
  settle?(): Promise<unknown>
  remove?(id: string, purpose: string): Promise<unknown>
}

interface Props {
  me: Side
  wire: Wire
  now: () => number
  zone: string | undefined
  newKey: () => string
  /** Where `read` does not wait: rises when there may be something new. */
  turn?: number
  unsent?: readonly Unsent[]
  /** Shows what went wrong. */
  trouble: (error: unknown) => JSX.Element | null
}

const retryMs = 3_000

/** What tenant, desk and technician write to each other about a repair. */
export function Notes(props: Props): JSX.Element {
  const { me, wire, now, zone } = props
  const talk = useSignal<Conversation | null>(null)
  const error = useSignal<unknown>(null)
  const again = useSignal(0)
  useEffect(() => {
    const stop = new AbortController()
    void follow(wire, talk, error, stop.signal, props.turn === undefined)
    return () => stop.abort()
  }, [props.turn, again.value])
  const list = useRef<HTMLOListElement>(null)
  const notes = talk.value?.notes ?? []
  const unsent = props.unsent ?? []
  useEffect(() => list.current?.scrollTo(0, list.current.scrollHeight), [notes.length, unsent.length]) // the page itself stays where it is
  const take = async (purposeful: () => Promise<unknown>) => {
    error.value = null
    try {
      await purposeful()
      again.value++
    } catch (failure) {
      error.value = failure
    }
  }
  const since = talk.value?.waitStartTime
  const at = (time: string | undefined) => when(Date.parse(time ?? ''), now(), zone)
  return (
    <div class="notes">
      {notes.length + unsent.length === 0 && talk.value && <p class="notes-empty">{words(`empty.${me}`)}</p>}
      {notes.length + unsent.length > 0 && (
        <ol ref={list} aria-live="polite" tabIndex={0} aria-label={words('title')}>
          {notes.map((n) => (
            <li key={n.id} class={n.side === me ? 'mine' : ''} data-side={n.side}>
              <p>{n.removed ? <i>{words('removed')}</i> : n.text}</p>
              <small>
                {n.side === me && me !== 'DESK' ? words('side.me') : n.technicianName ? oneOf(n.technicianName) : words(`side.${n.side}`)} · <time dateTime={n.createTime}>{at(n.createTime)}</time>
                {wire.remove && !n.removed && (
                  <button type="button" class="link small" onClick={() => {
                    const why = prompt(words('removeAsk'))
                    if (why) void take(() => wire.remove!(n.id, why))
                  }}>{words('remove')}</button>
                )}
              </small>
            </li>
          ))}
          {unsent.map((n) => <li key={n.id} class="mine unsent"><p>{n.text}</p><small>{words('unsent', { time: when(n.at, now(), zone) })}</small></li>)}
        </ol>
      )}
      {since && me === 'DESK' && <p class="notes-wait">{words('waits', { time: at(since) })} {wire.settle && <button type="button" class="link" onClick={() => void take(wire.settle!)}>{words('settle')}</button>}</p>}
      {since && me === 'TENANT' && <p class="notes-empty" role="status">{words('waiting')}</p>}
      <Write {...props} answer={Boolean(since) && me !== 'TENANT'} sent={() => again.value++} />
      {props.trouble(error.value)}
    </div>
  )
}

/** Reads the conversation, and goes on to do so where reading waits for news. */
async function follow(wire: Wire, talk: Signal<Conversation | null>, error: Signal<unknown>, stop: AbortSignal, on: boolean): Promise<void> {
  let etag = ''
  do {
    try {
      const next = await wire.read(etag, stop)
      if (stop.aborted) return
      if (next) talk.value = next
      etag = next?.etag ?? etag
      error.value = null
    } catch (failure) {
      if (stop.aborted) return
      const gone = failure instanceof ApiError && failure.status >= 400 && failure.status < 500 && failure.status !== 429
      if (gone || !talk.value) error.value = failure
      if (gone) return
      await new Promise((done) => setTimeout(done, retryMs))
    }
  } while (on && !stop.aborted)
}

/** The field and the button. What was written stays until it has arrived. */
function Write({ wire, newKey, answer, sent, trouble }: Props & { answer: boolean; sent: () => void }): JSX.Element {
  const text = useSignal('')
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const last = useRef({ text: '', key: '' })
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const words = text.value.trim()
    if (!words || busy.value) return
    if (last.current.text !== words) last.current = { text: words, key: newKey() }
    busy.value = true
    error.value = null
    try {
      await wire.send(words, last.current.key)
      last.current = { text: '', key: '' }
      text.value = ''
      sent()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  const reason = error.value instanceof ApiError ? error.value.problem.reason : ''
  const known = reason === 'TOO_MANY_ATTEMPTS' ? words('tooOften') : reason === 'TOO_MANY_NOTES' ? words('full') : ''
  const label = words(answer ? 'answer' : 'write')
  return (
    <form class="notes-write" onSubmit={(e) => void submit(e)}>
      <textarea rows={2} maxLength={1000} aria-label={label} placeholder={label} value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
      <button type="submit" class="primary" disabled={busy.value || !text.value.trim()}>{words(busy.value ? 'sending' : 'send')}</button>
      {known ? <p class="error" role="alert">{known}</p> : trouble(error.value)}
    </form>
  )
}
