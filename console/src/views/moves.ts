import { signal } from '@preact/signals'
import { ApiError, type Verb, type VerbBody } from '../api/client.ts'
import type { Explanation, WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { count, timeOfDay } from '../format.ts'
import { changedBy, guarded } from '../guard.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { explained } from '../ui/explained.ts'
import { ms, type Order } from '../world.ts'
import { v } from './texts.ts'

/** What a technician would mean for an order: known before anything is done. */
export interface Preview { tone: 'same' | 'good' | 'dear' | 'never' | 'unknown'; short: string; long: string[]; allowed: boolean }

/** The explanation of the order that is being moved. */
export const asked = signal<{ id: string; why: Explanation | null; order: WorkOrder | null; error: unknown }>({ id: '', why: null, order: null, error: null })

/** What the last move came to; it stays until it is put away. */
export interface Outcome { text: string; failed: boolean; error: unknown; busy: boolean; undo: (() => Promise<void>) | null }
export const outcome = signal<Outcome | null>(null)

export const nameOf = (technicianId: string): string => oneOf(app.world.workers.get(technicianId)?.name ?? technicianId) || t('queue.nobody')
export const titleOf = (o: Order | undefined, id: string): string => oneOf(o?.description ?? '') || t('queue.noText', { id })

/** Reads what moving an order would cost, with the order as it stands. */
export async function ask(id: string): Promise<void> {
  asked.value = { id, why: null, order: null, error: null }
  try {
    const [why, order] = await Promise.all([app.client.explain(id), app.client.order(id)])
    if (asked.value.id === id) asked.value = { id, why, order, error: null }
  } catch (error) {
    if (asked.value.id === id) asked.value = { id, why: null, order: null, error }
  }
}

/** What it would mean to give the order to a technician. */
export function previewOf(why: Explanation | null, technicianId: string, holder: string): Preview {
  if (technicianId === holder) return { tone: 'same', short: v('move.same'), long: [v('move.sameHint')], allowed: true }
  if (!why) return { tone: 'unknown', short: v('move.asking'), long: [], allowed: false }
  const other = why.alternatives?.find((a) => a.technicianId === technicianId) ?? (why.chosen?.technicianId === technicianId ? { ...why.chosen, difference: 0, bindingRule: '', flip: '' } : undefined)
  if (other) {
    const d = other.difference ?? 0
    const short = d > 0 ? t('why.difference', { n: count(d) }) : d < 0 ? t('why.cheaper', { n: count(-d) }) : t('why.same')
    const long = [
      ...(other.plannedArrival ? [t('order.arrivesAt', { time: timeOfDay(ms(other.plannedArrival), app.world.timeZone) })] : []),
      ...(other.bindingRule ? [t('why.binding', { term: tOr('term', other.bindingRule) })] : []),
      ...(other.flip ? [explained(other.flip).text] : []),
    ]
    return { tone: d > 0 ? 'dear' : 'good', short, long, allowed: true }
  }
  const never = why.infeasible?.find((p) => p.technicianId === technicianId)
  if (never) return { tone: 'never', short: `${v('move.cannot')} ${tOr('reason', never.reason ?? '')}`, long: never.detail ? [explained(never.detail).text] : [], allowed: false }
  return { tone: 'unknown', short: v('move.unknown'), long: [v('move.unknownHint')], allowed: true }
}

/** What it would mean to pin a visit to a time: what it breaks, in words. */
export function pinPreview(o: Order, start: number, end: number, shift: { from: number; to: number }[]): Preview {
  const zone = app.world.timeZone
  const long: string[] = []
  if (start < app.now()) long.push(v('move.past'))
  if (o.window && (start < o.window.from || start > o.window.to)) long.push(v('move.window', { from: timeOfDay(o.window.from, zone), to: timeOfDay(o.window.to, zone) }))
  if (o.onSiteDue && start > o.onSiteDue) long.push(v('move.promise', { time: timeOfDay(o.onSiteDue, zone) }))
  if (shift.length && !shift.some((s) => start >= s.from && end <= s.to)) long.push(v('move.shift'))
  const past = start < app.now()
  return { tone: past ? 'never' : long.length ? 'dear' : 'good', short: v('move.pinAt', { time: timeOfDay(start, zone) }), long: long.length ? long : [v('move.fits')], allowed: !past }
}

/** Gives an order to a technician and offers the way back. */
export async function reassign(id: string, technicianId: string): Promise<void> {
  const before = app.world.orders.get(id)
  const holder = before?.technicianId ?? ''
  const reason = v('move.undoReason')
  const back = holder ? () => undo(id, 'reassign', { technicianId: holder, reason }) : before?.suggestion ? () => undo(id, 'rejectSuggestion', { reason }) : null
  await act(id, 'reassign', { technicianId, reason: v('move.reason') }, v('move.done', { order: titleOf(before, id), from: nameOf(holder), to: nameOf(technicianId) }), back)
}

/** Pins a visit to a time with the technician who has it. */
export async function pin(id: string, start: number): Promise<void> {
  const before = app.world.orders.get(id)
  const body = { technicianId: before?.technicianId ?? '', startTime: new Date(start).toISOString() }
  await act(id, 'pin', body, v('move.pinned', { order: titleOf(before, id), time: timeOfDay(start, app.world.timeZone) }), () => undo(id, 'unpin', {}))
}

async function undo(id: string, verb: Verb, body: VerbBody): Promise<void> {
  await act(id, verb, body, v('move.undone', { order: titleOf(app.world.orders.get(id), id) }), null)
}

async function act(id: string, verb: Verb, body: VerbBody, text: string, back: Outcome['undo']): Promise<void> {
  outcome.value = { text: v('move.doing'), failed: false, error: null, busy: true, undo: null }
  let seen = asked.value.id === id ? asked.value.order : null
  try {
    seen ??= await app.client.order(id)
    app.world.put(await guarded(seen, verb, body))
    outcome.value = { text, failed: false, error: null, busy: false, undo: back }
  } catch (error) {
    const conflict = error instanceof ApiError && (error.status === 412 || (error.status === 409 && error.problem.reason !== 'NO_CANDIDATE'))
    const words = conflict && seen ? await changedBy(seen) : ''
    await app.client.order(id).then((o) => app.world.put(o), () => undefined)
    outcome.value = { text: words, failed: true, error: conflict && words ? null : error, busy: false, undo: null }
  }
  asked.value = { id: '', why: null, order: null, error: null }
  app.changed()
}
