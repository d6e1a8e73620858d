import { span } from '../format.ts'
import { t } from '../i18n.ts'
import type { Worker } from '../world.ts'

/**
 * Why no newer position of a technician is known, in words. What is known is only what was heard: a technician whose taps still come has a
 * network, so the phone does not tell its place; of one who is not on the way no place is asked.
 */
export function staleCause(w: Worker, now: number): string {
  if (w.state === 'OFF_SHIFT') return t('stale.offShift')
  if (w.state !== 'EN_ROUTE') return t('stale.notMoving')
  if (!w.seen) return w.heard ? t('stale.never') : t('stale.silent')
  if (w.heard > w.seen) return t('stale.placeOff', { n: span(now - w.heard) })
  return t('stale.noNetwork', { n: span(now - w.seen) })
}
