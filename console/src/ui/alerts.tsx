import { computed, effect, signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { Verb } from '../api/client.ts'
import { app } from '../app.ts'
import { span, timeOfDay } from '../format.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { isAtWork, isBeforeDeparture, nextDue, type Order, type World } from '../world.ts'
import { lateTaps, readLateTaps, reviewTaps, type Told } from './latetaps.ts'
import { readWaiting, waiting } from './notes.tsx'
import { OrderSign, WorkerSign } from './icons.tsx'
import { wanted } from './state.ts'
import { staleCause } from './stale.ts'
import { lang } from '../i18n.ts'

const soonMs = 10 * 60_000
const silentMs = 5 * 60_000 // on the way without a position for this long
const snoozeKey = 'fettle.snoozed'
const snoozeMinutes = [15, 60, 240] as const

type Kind = 'late' | 'nobody' | 'note' | 'tapped' | 'veto' | 'breach' | 'silent'
const ranks: Record<Kind, number> = { late: 0, nobody: 1, note: 2, tapped: 3, veto: 4, breach: 5, silent: 6 }

/** Something that a dispatcher should look at: an order with its worst cause, a note without an answer, what was told too late, or a technician who has fallen silent. */
export interface Alert { key: string; kind: Kind; order?: Order | undefined; orderId?: string; workerId?: string; since: number; text: string }

/** Until when an alert stays away, by key, on this screen. */
const snoozed = signal<Record<string, number>>(JSON.parse(localStorage.getItem(snoozeKey) ?? '{}') as Record<string, number>)

function snooze(key: string, until: number): void {
  const now = app.now()
  const next = Object.fromEntries(Object.entries({ ...snoozed.value, [key]: until }).filter(([, at]) => at > now))
  snoozed.value = next
  localStorage.setItem(snoozeKey, JSON.stringify(next))
}

/** Everything that wants attention, the worst first. */
export function alertsOf(world: World, now: number, notes: ReadonlyMap<string, number> = new Map(), taps: ReadonlyMap<string, Told> = new Map()): Alert[] {
  const out: Alert[] = []
  for (const order of world.orders.values()) {
    const kind = kindOf(order, now)
    if (kind) out.push({ key: `${order.id}/${kind}`, kind, order, since: kind === 'nobody' ? order.created : nextDue(order), text: textOf(kind, order, now, world.timeZone) })
  }
  for (const [id, since] of notes) {
    out.push({ key: `${id}/note`, kind: 'note', order: world.orders.get(id), orderId: id, since, text: t('alert.note', { n: span(now - since) }) })
  }
  for (const [id, told] of taps) {
    const text = t('alert.tapped', { name: oneOf(told.name), n: told.count })
    out.push({ key: `${id}/tapped`, kind: 'tapped', order: world.orders.get(id), orderId: id, since: told.since, text })
  }
  for (const w of world.workers.values()) {
    if (w.state === 'EN_ROUTE' && now - w.seen > silentMs) out.push({ key: `${w.id}/silent`, kind: 'silent', workerId: w.id, since: w.seen, text: staleCause(w, now) })
  }
  return out.sort((a, b) => ranks[a.kind] - ranks[b.kind] || a.since - b.since || (a.key < b.key ? -1 : 1))
}

function kindOf(o: Order, now: number): Kind | null {
  const due = nextDue(o)
  if (due && due < now) return 'late'
  if (o.suggestion?.applies) return 'veto'
  if (!o.technicianId && !o.suggestion) return 'nobody'
  return due && due - now < soonMs && !isAtWork(o.state) ? 'breach' : null
}

function textOf(kind: Kind, o: Order, now: number, zone: string | undefined): string {
  switch (kind) {
    case 'late': return t(o.state === 'NEW' || o.state === 'ASSIGNED' ? 'alert.lateAccept' : isAtWork(o.state) ? 'alert.lateResolve' : 'alert.lateDoor', { n: span(now - nextDue(o)) })
    case 'breach': return t('alert.breach', { n: span(nextDue(o) - now) })
    case 'veto': return t('alert.veto', { time: timeOfDay(o.suggestion?.applies ?? 0, zone) })
    default: return o.unassignedReason ? tOr('reason', o.unassignedReason) : t('queue.nobody')
  }
}

effect(() => {
  if (app.loaded.value && app.noted.value >= 0 && app.roles.value.size > 0) void readWaiting()
})

effect(() => {
  if (app.loaded.value && app.told.value >= 0 && app.roles.value.size > 0) void readLateTaps()
})

const all = computed(() => (app.loaded.value ? alertsOf(app.watched(), app.now(), waiting.value, lateTaps.value) : []))
const isAway = (a: Alert): boolean => (snoozed.value[a.key] ?? 0) > app.now()

/** How many want attention now. */
export const alertCount = computed(() => all.value.filter((a) => !isAway(a)).length)

/** The alerts, with what can be done about each. */
export function Alerts(): JSX.Element {
  const away = useSignal(false)
  const list = all.value
  const shown = list.filter((a) => away.value === isAway(a))
  const hidden = list.length - alertCount.value
  return (
    <>
      {(hidden > 0 || away.value) && (
        <p class="alert-away"><button type="button" class="link" aria-pressed={away.value} onClick={() => (away.value = !away.value)}>{away.value ? t('alert.back') : t('alert.away', { n: hidden })}</button></p>
      )}
      {shown.length === 0 && <p class="empty">{t(away.value ? 'alert.noneAway' : 'alert.none')}</p>}
      <ul class="rows alerts">{shown.slice(0, 100).map((a) => <AlertRow key={a.key} alert={a} />)}</ul>
    </>
  )
}

/** What helps against an alert. */
const verbsFor = (kind: Kind, o: Order) => (kind === 'veto' ? (['acceptSuggestion', 'rejectSuggestion'] as const) : ([...(isBeforeDeparture(o.state) ? (['reassign'] as const) : []), 'logCall', 'escalate'] as const))

function AlertRow({ alert: a }: { alert: Alert }): JSX.Element {
  const o = a.order
  const worker = app.watched().workers.get(a.workerId ?? o?.technicianId ?? '')
  const id = o?.id ?? a.orderId
  const open = () => (app.selection.value = id ? { kind: 'order', id } : { kind: 'worker', id: a.workerId! })
  const press = (verb: Verb) => {
    open()
    wanted.value = { id: o!.id, verb }
  }
  const tone = a.kind === 'late' || a.kind === 'nobody' ? 'late' : 'soon'
  return (
    <li data-alert={a.key}>
      <button type="button" class="row" onClick={open}>
        {o ? <OrderSign tone={tone} emergency={o.urgency === 'EMERGENCY'} hollow={!o.technicianId} /> : worker && <WorkerSign initials={worker.initials[lang.value]} state={worker.state} stale />}
        <span class="what">{id ? oneOf(o?.description ?? '') || t('queue.noText', { id }) : oneOf(worker?.name ?? '')}</span>
        <span class={`due ${tone}`}>{t(`alert.kind.${a.kind}`)}</span>
        <span class="who">{a.text}{o && worker ? ` · ${oneOf(worker.name)}` : ''}</span>
      </button>
      <p class="alert-do">
        {a.kind === 'note' && <button type="button" onClick={open}>{t('alert.answer')}</button>}
        {a.kind === 'tapped' && <button type="button" onClick={() => void reviewTaps(id!)}>{t('alert.review')}</button>}
        {o && a.kind !== 'note' && a.kind !== 'tapped' && verbsFor(a.kind, o).map((verb) => <button key={verb} type="button" onClick={() => press(verb)}>{t(`verb.${verb}`)}</button>)}
        {isAway(a)
          ? <button type="button" onClick={() => snooze(a.key, 0)}>{t('alert.wake')}</button>
          : (
            <select aria-label={t('alert.snooze')} title={t('alert.snoozeTitle')} value="" onChange={(e) => snooze(a.key, app.now() + Number(e.currentTarget.value) * 60_000)}>
              <option value="" disabled>{t('alert.snooze')}</option>
              {snoozeMinutes.map((n) => <option key={n} value={n}>{span(n * 60_000)}</option>)}
            </select>
          )}
      </p>
    </li>
  )
}
