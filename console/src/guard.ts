import { ApiError, type Verb, type VerbBody } from './api/client.ts'
import type { TimelineEntry, WorkOrder } from './api/types.ts'
import { app } from './app.ts'
import { timeOfDay } from './format.ts'
import { oneOf, t, tOr } from './i18n.ts'
import { ms } from './world.ts'

/**
 * Does a verb on what the user saw. A new version that differs only in planned times is taken as the same; one with another
 * state, technician or pin is not, and the verb is refused.
 */
export async function guarded(seen: WorkOrder, verb: Verb, body: VerbBody): Promise<WorkOrder> {
  let version = seen
  for (let attempt = 0; ; attempt++) {
    try {
      return await app.client.verb(version, verb, body)
    } catch (failure) {
      if (!(failure instanceof ApiError) || failure.status !== 412 || attempt === retries) throw failure
      version = await app.client.order(seen.id)
      if (essence(version) !== essence(seen)) throw failure
    }
  }
}

const retries = 3
const essence = (o: WorkOrder): string =>
  JSON.stringify([o.state, o.assignment?.technicianId, o.pin?.technicianId, o.pin?.startTime, o.escalationLevel, o.visit])

/** Entries that a person did not cause. */
const byItself = new Set(['work_order.eta_changed'])

/** Who changed an order after the version that the user saw, when and how, in words. */
export async function changedBy(seen: WorkOrder): Promise<string> {
  const entries = await app.client.timeline(seen.id).catch((): TimelineEntry[] => [])
  const last = entries.findLast((e) => !byItself.has(e.type ?? '') && ms(e.time) > ms(seen.updateTime))
  if (!last) return t('verb.stale')
  const name = (technician: string) => oneOf(app.world.workers.get(technician)?.name ?? technician)
  const what = tOr('event', last.type ?? '', { order: t('order.it'), name: name(last.technicianId ?? '') || t('queue.nobody'), reason: tOr('reason', last.reason ?? '') })
  return t('verb.changedBy', { who: name(last.actor ?? '?'), time: timeOfDay(ms(last.time), app.world.timeZone), what })
}
