import { signal } from '@preact/signals'
import type { LateTap } from '../api/types.ts'
import { app } from '../app.ts'

const roles = ['ORG_ADMIN', 'DISPATCHER', 'SUPERVISOR']

/** What technicians told of an order when it had moved on. */
export interface Told { since: number; count: number; name: string; workerId: string }

/** By order, until somebody has looked at it. */
export const lateTaps = signal<ReadonlyMap<string, Told>>(new Map())

/** Reads what nobody has looked at. */
export async function readLateTaps(): Promise<void> {
  if (!roles.some((r) => app.roles.value.has(r))) return
  const list = await app.client.list<LateTap>('/v1/workOrders:lateTaps?', 'lateTaps').catch(() => null)
  if (!list) return
  const out = new Map<string, Told>()
  for (const tap of list) {
    const was = out.get(tap.workOrderId)
    const since = was?.since ?? Date.parse(tap.receiveTime ?? '')
    out.set(tap.workOrderId, { since, count: (was?.count ?? 0) + 1, name: tap.technicianName || (tap.technicianId ?? ''), workerId: tap.technicianId ?? '' })
  }
  lateTaps.value = out
}

/** Says that somebody has looked at what came late of an order. */
export async function reviewTaps(orderId: string): Promise<void> {
  await app.client.send('POST', `/v1/workOrders/${encodeURIComponent(orderId)}:reviewTaps`, {}, crypto.randomUUID(), '')
  await readLateTaps()
}
