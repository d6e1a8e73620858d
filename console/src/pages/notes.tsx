import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { Notes, type Conversation, type Side, type Unsent } from '../notes/notes.tsx'
import { clock, zone } from './base.ts'
import { newKey, type Answer } from './http.ts'
import { Trouble } from './parts.tsx'
import type { Asker } from './upload.ts'

const waitSeconds = 25

/** Where notes are kept on the phone until they are sent, and those that are. */
interface Kept { send: (text: string) => Promise<void>; waiting: readonly { key: string; reason: string; at: number }[] }

/** The notes of an order on a phone: it waits for news by long polling, which works also in the web view of a messenger. */
export function OrderNotes({ asker, orderId, me, kept }: { asker: Asker; orderId: string; me: Side; kept?: Kept }): JSX.Element {
  const path = `/v1/workOrders/${encodeURIComponent(orderId)}/notes`
  const wire = useMemo(() => ({
    read: async (etag: string): Promise<Conversation | null> => {
      const headers: Record<string, string> = etag ? { 'If-None-Match': `"${etag}"`, Prefer: `wait=${waitSeconds}` } : {}
      const answer: Answer<Conversation> = await asker.ask(path, { headers }, (waitSeconds + 15) * 1000)
      return answer.status === 304 ? null : answer.body
    },
    send: (text: string, key: string) => kept?.send(text) ?? asker.post(path, { text }, key),
  }), [path, kept !== undefined])
  const unsent = kept?.waiting.map((a): Unsent => ({ id: a.key, text: a.reason, at: a.at }))
  return <Notes key={orderId} me={me} wire={wire} now={() => clock.now()} zone={zone.value} newKey={newKey} {...(unsent && { unsent })} trouble={(error) => <Trouble error={error} />} />
}
