import { signal } from '@preact/signals'
import type { Verb } from '../api/client.ts'

/** Whether the command palette is open. */
export const paletteOpen = signal(false)

/** Whether the list of keys is open. */
export const keysOpen = signal(false)

/** A verb that shall be begun on an order as soon as its card has it. */
export const wanted = signal<{ id: string; verb: Verb } | null>(null)
