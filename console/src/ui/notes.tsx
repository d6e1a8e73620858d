import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { app } from '../app.ts'
import { Notes, type Conversation } from '../notes/notes.tsx'
import { Failure } from './card.tsx'

/** Since when tenants wait for an answer, by order. */
export const waiting = signal<ReadonlyMap<string, number>>(new Map())

const deskRoles = ['ORG_ADMIN', 'DISPATCHER', 'SUPERVISOR', 'FRONT_DESK']

/** Whether the user writes for the desk. */
export const isDesk = (): boolean => deskRoles.some((r) => app.roles.value.has(r))

/** Reads who waits for an answer. */
export async function readWaiting(): Promise<void> {
  if (!isDesk()) return
  const list = await app.client.list<Conversation>('/v1/notes:waiting?', 'conversations').catch(() => null)
  if (list) waiting.value = new Map(list.map((c) => [c.workOrderId, Date.parse(c.waitStartTime ?? '')]))
}

/** The notes of an order, for the desk. */
export function OrderNotes({ id }: { id: string }): JSX.Element | null {
  const path = `/v1/workOrders/${encodeURIComponent(id)}/notes`
  const wire = useMemo(() => {
    const done = async (promise: Promise<unknown>) => void (await promise, await readWaiting())
    return {
      read: (): Promise<Conversation> => app.client.read(path),
      send: (text: string, key: string) => done(app.client.send('POST', path, { text }, key, '')),
      settle: () => done(app.client.send('POST', `${path}:settle`, {}, crypto.randomUUID(), '')),
      ...(app.roles.value.has('ORG_ADMIN') || app.roles.value.has('DISPATCHER')
        ? { remove: (note: string, purpose: string) => app.client.open(`${path}/${note}?${new URLSearchParams({ purpose })}`, { method: 'DELETE' }) }
        : {}),
    }
  }, [path])
  if (!isDesk()) return null
  return <Notes key={id} me="DESK" wire={wire} now={() => app.now()} zone={app.watched().timeZone} newKey={() => crypto.randomUUID()} turn={app.noted.value} trouble={(error) => <Failure error={error} />} />
}
