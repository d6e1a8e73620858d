import { signal } from '@preact/signals'
import { app } from '../app.ts'
import { oneOf } from '../i18n.ts'

/** Dwellings by id, as people call them; it fills while cards show them. */
const names = signal<ReadonlyMap<string, string>>(new Map())
const asked = new Set<string>()

/** House and number of a dwelling; its id until they are known, and for who may not read dwellings. */
export function dwelling(id: string): string {
  if (id.startsWith('un_') && !asked.has(id)) {
    asked.add(id)
    void read(id).catch(() => undefined)
  }
  return names.value.get(id) ?? id
}

async function read(id: string): Promise<void> {
  const unit = await app.client.read<{ number?: string; propertyId?: string }>(`/v1/units/${encodeURIComponent(id)}`)
  const house = unit.propertyId ? await app.client.read<{ displayName?: string }>(`/v1/properties/${encodeURIComponent(unit.propertyId)}`) : {}
  const name = [oneOf(house.displayName ?? ''), unit.number].filter(Boolean).join(' ')
  if (name) names.value = new Map(names.value).set(id, name)
}
