import { signal } from '@preact/signals'
import { app } from '../app.ts'
import type { LatLng, NewWorkOrder, WorkOrder } from '../api/types.ts'

export const steps = ['operator', 'report', 'dispatch', 'repair', 'rating', 'reminder', 'proposal', 'signature', 'rate', 'end'] as const
export type Step = (typeof steps)[number]

/** Whose story is told, and how far it has come. */
export interface Story { open: boolean; at: number; renewal?: string; lease?: string; unit?: string; order?: string; key?: string; tookMs?: number; link?: string }

export interface Lease { id: string; number?: string; state?: string; endDate?: string; rentCents?: string; tenantId?: string; unitId?: string; nextLeaseId?: string }
export interface Renewal { id: string; leaseId: string; unitId?: string; state?: string; nextLeaseId?: string; prices?: { months: number; rentCents: string }[]; figures?: { name: string; value?: number; unit?: string; definition?: string; query?: string }[] }

const key = 'fettle.tour'

function kept(): Story {
  try {
    return { open: false, at: 0, ...(JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Story>) }
  } catch {
    return { open: false, at: 0 }
  }
}

/** The tour of this tab. It is kept, so that a reload goes on where it was. */
export const story = signal<Story>(kept())

export function change(more: Partial<Story>): void {
  story.value = { ...story.value, ...more }
  sessionStorage.setItem(key, JSON.stringify(story.value))
}

export function restart(): void {
  story.value = { open: true, at: 0 }
  sessionStorage.setItem(key, JSON.stringify(story.value))
}

/** Where the console has to be for a step. */
export function placeOf(step: Step, s: Story): string {
  switch (step) {
    case 'rating': return '#/figures'
    case 'reminder': return `#/operations?show=obligations&leaseId=${s.lease ?? ''}`
    case 'proposal': return `#/operations?show=renewals&id=${s.renewal ?? ''}`
    case 'signature': return `#/operations?show=leases&id=${s.lease ?? ''}`
    case 'rate': return '#/operations?show=rate'
    case 'end': return location.hash
    default: return '#/dispatch'
  }
}

/** Finds a household whose lease is about to end and who has opened a proposal; false while there is none yet. */
export async function choose(): Promise<boolean> {
  if (story.value.renewal) return true
  const { renewals = [] } = await app.client.read<{ renewals?: Renewal[] }>('/v1/renewals?state=VIEWED&pageSize=50')
  for (const r of renewals) {
    const lease = await app.client.read<Lease>(`/v1/leases/${r.leaseId}`)
    if (lease.state !== 'EXPIRING') continue
    change({ renewal: r.id, lease: lease.id, unit: lease.unitId ?? '' })
    return true
  }
  return false
}

/** Reports the fault of the story, once however often it is pressed. */
export async function report(): Promise<void> {
  const s = story.value
  const idempotent = s.key ?? `tour-${crypto.randomUUID()}`
  change({ key: idempotent })
  const unit = await app.client.read<{ propertyId: string }>(`/v1/units/${s.unit}`)
  const { location } = await app.client.read<{ location: LatLng }>(`/v1/properties/${unit.propertyId}`)
  const wish = {
    location, unitId: s.unit, buildingId: unit.propertyId, requiredSkills: [{ skill: 'plumbing', level: 1 }], urgency: 'NORMAL', onSiteDuration: '1800s',
    channel: 'WECHAT', description: 'Tap in the bathroom drips · 浴室水龙头滴水',
  }
  const begun = performance.now()
  const order = await app.client.create(wish as NewWorkOrder, idempotent)
  const tookMs = Math.round(performance.now() - begun)
  change({ order: (order as WorkOrder & { mergedInto?: string }).mergedInto ?? order.id, tookMs })
}

/** Accepts the proposal and signs the lease that follows; what is done already is not done again. */
export async function sign(): Promise<void> {
  const s = story.value
  const post = <T>(path: string, body: unknown) => app.client.send<T>('POST', path, body, crypto.randomUUID(), '')
  let renewal = await app.client.read<Renewal>(`/v1/renewals/${s.renewal}`)
  if (renewal.state !== 'ACCEPTED') {
    renewal = await post<Renewal>(`/v1/renewals/${s.renewal}:accept`, { choice: { months: renewal.prices?.[0]?.months ?? 12, freeDays: 10 } })
  }
  let next = await app.client.read<Lease>(`/v1/leases/${renewal.nextLeaseId}`)
  if (next.state === 'DRAFT') next = await post<Lease>(`/v1/leases/${next.id}:sign`, {})
  if (next.state === 'SIGNING') await post<Lease>(`/v1/leases/${next.id}:activate`, {})
}
