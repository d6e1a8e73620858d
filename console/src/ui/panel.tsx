import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { app } from '../app.ts'
import { count, span, timeOfDay } from '../format.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import { kpisOf, nextDue, queueOf, toneOf, type LogLine, type Order, type Worker } from '../world.ts'
import { Icon, OrderSign, WorkerSign } from './icons.tsx'
import { moveRow } from './keys.tsx'
import { alertCount, Alerts } from './alerts.tsx'
import { filtered, isKind, pickKind, QueueFilter, type OrderKind } from './queuefilter.tsx'
import { staleCause } from './stale.ts'
import { Mode } from './suggestion.tsx'

const pageRows = 100
const tabs = ['queue', 'alerts', 'people', 'log'] as const
type Tab = (typeof tabs)[number]

/** Figures, the queue, technicians and what happens. */
export function Panel(): JSX.Element {
  const tab = useSignal<Tab>('queue')
  const open = useSignal(innerWidth >= 720)
  const pick = (next: Tab, focus = false) => {
    tab.value = next
    open.value = true
    if (focus) document.getElementById(`tab-${next}`)?.focus()
  }
  const keys = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0
    if (step) pick(tabs[(tabs.indexOf(tab.value) + step + tabs.length) % tabs.length]!, true)
  }
  return (
    <aside class={open.value ? 'panel' : 'panel folded'} aria-label={t('app.overview')}>
      <button type="button" class="fold" aria-expanded={open.value} aria-label={t(open.value ? 'app.collapse' : 'app.expand')} onClick={() => (open.value = !open.value)}>
        <Icon name={open.value ? 'down' : 'up'} />
      </button>
      <Figures />
      <div class="tabs" role="tablist" onKeyDown={keys}>
        {tabs.map((name) => (
          <button
            key={name} id={`tab-${name}`} type="button" role="tab" aria-selected={tab.value === name} aria-controls="tab-panel"
            tabIndex={tab.value === name ? 0 : -1} onClick={() => pick(name)}
          >
            {t(`tab.${name}`)}{name === 'alerts' && alertCount.value > 0 && <b class="badge">{alertCount.value}</b>}
          </button>
        ))}
      </div>
      <div class="list" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab.value}`} tabIndex={0} onKeyDown={(e) => void moveRow(e, e.currentTarget)}>
        {!app.loaded.value && <p class="empty" role="status">{t(app.loadFailed.value ? 'app.loadFailed' : 'app.loading')}</p>}
        {app.loaded.value && tab.value === 'queue' && <Queue />}
        {app.loaded.value && tab.value === 'alerts' && <Alerts />}
        {app.loaded.value && tab.value === 'people' && <People />}
        {app.loaded.value && tab.value === 'log' && <Log />}
      </div>
    </aside>
  )
}

function Figures(): JSX.Element {
  const k = kpisOf(app.watched(), app.now())
  const accept = k.medianAccept === null ? '–' : t('kpi.minutes', { n: k.medianAccept < 10 ? k.medianAccept.toFixed(1) : count(k.medianAccept) })
  return (
    <dl class="kpis">
      <Figure name="open" value={count(k.open)} />
      <Figure name="unassigned" value={count(k.unassigned)} alarm={k.unassigned > 0 ? 'soon' : ''} kind="nobody" />
      <Figure name="overdue" value={count(k.overdue)} alarm={k.overdue > 0 ? 'late' : ''} kind="late" />
      <Figure name="onShift" value={count(k.onShift)} />
      <Figure name="accept" value={accept} />
    </dl>
  )
}

interface FigureProps { name: 'open' | 'unassigned' | 'overdue' | 'onShift' | 'accept'; value: string; alarm?: string; kind?: OrderKind }

/** A figure; one that is made of orders shows them in the queue when it is pressed. */
function Figure({ name, value, alarm = '', kind }: FigureProps): JSX.Element {
  return (
    <div title={t(`kpi.${name}Title`)}>
      <dt>{t(`kpi.${name}`)}</dt>
      <dd class={alarm} data-kpi={name}>{kind ? <button type="button" class="figure" aria-pressed={isKind(kind)} aria-label={`${t(`kpi.${name}`)} ${value}`} onClick={() => pickKind(kind)}>{value}</button> : value}</dd>
    </div>
  )
}

/** Shows the first rows of a long list and offers the rest: the page stays quick with thousands. */
function More({ shown, total, more }: { shown: number; total: number; more: () => void }): JSX.Element | null {
  if (shown >= total) return null
  return <button type="button" class="more" onClick={more}>{t('queue.more', { n: Math.min(pageRows, total - shown) })}</button>
}

function Queue(): JSX.Element {
  const limit = useSignal(pageRows)
  const all = queueOf(app.watched())
  if (all.length === 0) return <><Mode orders={all} /><p class="empty">{t('queue.empty')}</p></>
  const queue = filtered(all)
  return (
    <>
      <Mode orders={queue} />
      <QueueFilter shown={queue.length} all={all.length} />
      {queue.length === 0 && <p class="empty">{t('filter.none')}</p>}
      <ul class="rows">{queue.slice(0, limit.value).map((o) => <QueueRow key={o.id} order={o} />)}</ul>
      <More shown={limit.value} total={queue.length} more={() => (limit.value += pageRows)} />
    </>
  )
}

function QueueRow({ order: o }: { order: Order }): JSX.Element {
  const now = app.now()
  const tone = toneOf(o, now)
  const due = nextDue(o)
  const { workers, timeZone } = app.watched()
  const worker = workers.get(o.technicianId)
  const selected = app.selection.value?.kind === 'order' && app.selection.value.id === o.id
  const waits = o.state === 'ASSIGNED' || o.state === 'ACCEPTED' || o.state === 'EN_ROUTE'
  return (
    <li>
      <button
        type="button" class={selected ? 'row selected' : 'row'} aria-pressed={selected} data-order={o.id}
        onClick={() => (app.selection.value = { kind: 'order', id: o.id })}
        onMouseEnter={() => (app.hovered.value = o.technicianId)} onMouseLeave={() => (app.hovered.value = '')}
      >
        <OrderSign tone={tone} emergency={o.urgency === 'EMERGENCY'} hollow={!o.technicianId} />
        <span class="what">{oneOf(o.description) || t('queue.noText', { id: o.id })}{o.urgency === 'EMERGENCY' && <span class="unseen"> ({t('urgency.EMERGENCY')})</span>}</span>
        <span class={`due ${tone}`}>{dueText(due, now)}</span>
        <span class="who">
          <em class={`chip ${o.state}`}>{t(`state.${o.state}`)}</em>
          {worker ? oneOf(worker.name) : o.suggestion ? <span class="suggested">→ {oneOf(workers.get(o.suggestion.technicianId)?.name ?? '')} {t('suggest.row')}</span> : <span class="nobody">{o.unassignedReason ? tOr('reason', o.unassignedReason) : t('queue.nobody')}</span>}
          {waits && o.arrival > 0 && <span class="eta">{timeOfDay(o.arrival, timeZone)}</span>}
        </span>
      </button>
    </li>
  )
}

function dueText(due: number, now: number): string {
  if (!due) return t('queue.noDue')
  return due < now ? t('queue.late', { n: span(now - due) }) : t('queue.left', { n: span(due - now) })
}

const workerOrder: Record<string, number> = { WORKING: 0, EN_ROUTE: 1, AVAILABLE: 2, OFF_SHIFT: 3 }

const onShiftKey = 'fettle.people.onShift'
const onShiftOnly = signal(localStorage.getItem(onShiftKey) === '1')

function People(): JSX.Element {
  const limit = useSignal(pageRows)
  const words = useSignal('')
  const everybody = [...app.watched().workers.values()]
  const word = words.value.trim().toLowerCase()
  const people = everybody.filter((w) => !(onShiftOnly.value && w.state === 'OFF_SHIFT') && (!word || `${w.name} ${w.skills.map((s) => tOr('skill', s)).join(' ')}`.toLowerCase().includes(word)))
    .sort((a, b) => (workerOrder[a.state] ?? 4) - (workerOrder[b.state] ?? 4) || a.name.localeCompare(b.name))
  if (everybody.length === 0) return <p class="empty">{t('people.empty')}</p>
  const toggle = () => localStorage.setItem(onShiftKey, (onShiftOnly.value = !onShiftOnly.value) ? '1' : '')
  return (
    <>
      <div class="queue-filter people-filter" role="search">
        <input type="search" aria-label={t('people.words')} placeholder={t('people.words')} value={words.value} onInput={(e) => (words.value = e.currentTarget.value)} />
        <label class="check"><input type="checkbox" checked={onShiftOnly.value} onChange={toggle} />{t('people.onShift')}</label>
      </div>
      {people.length === 0 && <p class="empty">{t('people.noFit')}</p>}
      <ul class="rows">{people.slice(0, limit.value).map((w) => <PersonRow key={w.id} worker={w} />)}</ul>
      <More shown={limit.value} total={people.length} more={() => (limit.value += pageRows)} />
    </>
  )
}

function PersonRow({ worker: w }: { worker: Worker }): JSX.Element {
  void app.tick.value // w is changed in place
  const selected = app.selection.value?.kind === 'worker' && app.selection.value.id === w.id
  return (
    <li>
      <button
        type="button" class={selected ? 'row selected' : 'row'} aria-pressed={selected} data-worker={w.id}
        onClick={() => (app.selection.value = { kind: 'worker', id: w.id })}
        onMouseEnter={() => (app.hovered.value = w.id)} onMouseLeave={() => (app.hovered.value = '')}
      >
        <WorkerSign initials={w.initials[lang.value]} state={w.state} stale={w.stale} />
        <span class="what">{oneOf(w.name)}</span>
        <span class="due" title={w.stale ? staleCause(w, app.now()) : ''}>{w.stale && w.state !== 'OFF_SHIFT' ? (w.seen ? t('people.seen', { n: span(app.now() - w.seen) }) : t('people.never')) : ''}</span>
        <span class="who">
          <em class={`chip ${w.state}`}>{tOr('worker', w.state)}</em>
          {[...new Set(w.skills)].map((s) => tOr('skill', s)).join(', ')}
        </span>
      </button>
    </li>
  )
}

function Log(): JSX.Element {
  const { log, timeZone } = app.watched()
  if (log.length === 0) return <p class="empty">{t('log.empty')}</p>
  return (
    <ol class="log">
      {log.map((line) => (
        <li key={line.key}>
          <time>{timeOfDay(line.time, timeZone)}</time>
          {line.orderId
            ? <button type="button" class="link" onClick={() => (app.selection.value = { kind: 'order', id: line.orderId })}>{sentence(line)}</button>
            : <span>{sentence(line)}</span>}
        </li>
      ))}
    </ol>
  )
}

/** An event in plain words. */
export function sentence(line: LogLine): string {
  const whole = oneOf(line.description)
  const text = whole.length > 60 ? `${whole.slice(0, 59)}…` : whole
  const fill = {
    order: text ? t('event.quoted', { text }) : t('queue.noText', { id: line.orderId }),
    name: oneOf(app.world.workers.get(line.technicianId)?.name ?? '') || (line.technicianId || t('queue.nobody')),
    reason: tOr('reason', line.reason),
    n: span(line.arrival - line.time),
  }
  const key = line.type === 'work_order.assigned' && line.arrival > line.time ? 'work_order.assignedEta' : line.type
  return tOr('event', key, fill)
}

