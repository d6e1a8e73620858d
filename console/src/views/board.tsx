import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { RouteStop } from '../api/types.ts'
import { app } from '../app.ts'
import { timeOfDay } from '../format.ts'
import { lang, oneOf, t, tOr } from '../i18n.ts'
import { keep, route } from '../route.ts'
import { WorkerSign } from '../ui/icons.tsx'
import { isBeforeDeparture, ms, queueOf, type Order, type Worker } from '../world.ts'
import { hour, shiftsWithin, type Span } from './day.ts'
import { MoveDialog, Outcomes } from './movedialog.tsx'
import { ask, asked, nameOf, outcome, pin, pinPreview, previewOf, reassign, titleOf, type Preview } from './moves.ts'
import { Choice, Page } from './parts.tsx'
import { v } from './texts.ts'

const rowHeight = 46
const headHeight = 30
const spare = 6 // rows drawn beyond what is seen
const dragFrom = 6 // px that a pointer must move
const snap = 5 * 60_000

/** A visit on the board. */
interface Visit { id: string; stop: RouteStop; order: Order | undefined; from: number; to: number; arrival: number; before: number }
interface Row { worker: Worker; visits: Visit[]; shift: { work: Span[]; breaks: Span[] } }
interface Scale { from: number; to: number; perHour: number; names: number }
interface Drag { id: string; x: number; y: number; startX: number; moving: boolean; row: string; at: number; visit: Visit | null }

const xOf = (s: Scale, time: number): number => ((time - s.from) / hour) * s.perHour

/** Who does what when: one line for each technician. */
export function Board(): JSX.Element {
  const drag = useSignal<Drag | null>(null)
  const dialog = useSignal('')
  const { parameters } = route.value
  const world = app.watched()
  const rows = rowsOf(parameters.get('people') ?? 'on', parameters.get('find') ?? '')
  const scale = scaleOf(rows, Number(parameters.get('zoom')) || 110)
  const chosen = app.selection.value?.kind === 'order' ? world.orders.get(app.selection.value.id) : undefined
  const movable = chosen && isBeforeDeparture(chosen.state)
  useEffect(() => () => void (outcome.value = null), [])
  const tools = (
    <>
      <label class="choice">{v('board.find')}<input type="search" value={parameters.get('find') ?? ''} onInput={(e) => keep({ find: e.currentTarget.value })} /></label>
      <Choice label={v('board.people')} value={parameters.get('people') ?? 'on'} pick={(people) => keep({ people })} options={[['on', v('board.onShift')], ['busy', v('board.busy')], ['all', v('board.all')]]} />
      <Choice label={v('board.zoom')} value={parameters.get('zoom') ?? '110'} pick={(zoom) => keep({ zoom })} options={[['60', v('board.wide')], ['110', v('board.middle')], ['200', v('board.near')]]} />
      <button type="button" disabled={!movable} title={v('board.moveHint')} onClick={() => (dialog.value = chosen?.id ?? '')}>{v('board.move')}</button>
    </>
  )
  return (
    <Page name="board" title={t('nav.board')} tools={tools}>
      <Outcomes />
      <Tray drag={drag} open={(id) => (dialog.value = id)} />
      {rows.length === 0 && <p class="empty">{v('board.empty')}</p>}
      {rows.length > 0 && <Grid rows={rows} scale={scale} drag={drag} open={(id) => (dialog.value = id)} />}
      <p class="hint">{v('board.hint')}</p>
      {drag.value?.moving && <Ghost drag={drag.value} rows={rows} />}
      {dialog.value && <MoveDialog key={dialog.value} id={dialog.value} close={() => (dialog.value = '')} />}
    </Page>
  )
}

function rowsOf(people: string, find: string): Row[] {
  const world = app.world
  const now = app.now()
  const routes = new Map(world.routes.map((r) => [r.technicianId, r]))
  const word = find.toLowerCase()
  const rows: Row[] = []
  for (const worker of world.workers.values()) {
    const visits = visitsOf(worker, routes.get(worker.id)?.stops ?? [], now)
    const off = worker.state === 'OFF_SHIFT'
    if (word ? !worker.name.toLowerCase().includes(word) && !visits.some((x) => `${x.id} ${x.order?.description ?? ''}`.toLowerCase().includes(word))
      : people === 'on' ? off && !visits.length : people === 'busy' && !visits.length) continue
    rows.push({ worker, visits, shift: shiftsWithin(worker.shifts, { from: now - 2 * hour, to: now + 24 * hour }, world.timeZone) })
  }
  const rank = (r: Row) => (r.worker.state === 'OFF_SHIFT' ? 1 : 0)
  return rows.sort((a, b) => rank(a) - rank(b) || a.worker.name.localeCompare(b.worker.name))
}

/** The stops of a technician that still belong to this technician as the last event tells it. */
function visitsOf(worker: Worker, stops: RouteStop[], now: number): Visit[] {
  const visits: Visit[] = []
  let before = now
  for (const stop of stops) {
    const order = app.world.orders.get(stop.workOrderId)
    if (!order || order.technicianId !== worker.id) continue
    const from = ms(stop.plannedStart ?? stop.plannedArrival)
    const to = Math.max(ms(stop.plannedEnd), from + 5 * 60_000)
    visits.push({ id: stop.workOrderId, stop, order, from, to, arrival: ms(stop.plannedArrival) || from, before })
    before = to
  }
  return visits
}

function scaleOf(rows: Row[], perHour: number): Scale {
  const now = app.now()
  const from = Math.floor((now - hour / 2) / hour) * hour
  let to = now + 8 * hour
  for (const r of rows) {
    for (const x of r.visits) to = Math.max(to, x.to + hour / 2)
    for (const s of r.shift.work) if (s.from < now) to = Math.max(to, s.to + hour / 2)
  }
  return { from, to: Math.min(to, from + 26 * hour), perHour, names: innerWidth < 720 ? 112 : 190 }
}

interface GridProps { rows: Row[]; scale: Scale; drag: Signal<Drag | null>; open: (id: string) => void }

/** The lines that can be seen, and a few more. */
function Grid({ rows, scale, drag, open }: GridProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const first = useSignal(0)
  const fit = useSignal(20)
  const seen = () => {
    const element = box.current
    if (!element) return
    first.value = Math.max(0, Math.floor(element.scrollTop / rowHeight) - spare)
    fit.value = Math.ceil(element.clientHeight / rowHeight) + 2 * spare
  }
  useEffect(() => {
    seen()
    const observer = new ResizeObserver(seen)
    observer.observe(box.current!)
    return () => observer.disconnect()
  }, [])
  useDrag(drag, scale, rows, box)
  const width = scale.names + xOf(scale, scale.to)
  const from = Math.min(first.value, Math.max(0, rows.length - fit.value))
  const shown = rows.slice(from, from + fit.value)
  const now = app.now()
  return (
    <div class="gantt" ref={box} onScroll={seen} tabIndex={0} role="region" aria-label={v('board.grid')}>
      <div class="sheet" style={{ width: `${width}px`, height: `${headHeight + rows.length * rowHeight}px` }} role="list" aria-label={v('board.grid')}>
        <Axis scale={scale} />
        {shown.map((row, i) => <Line key={row.worker.id} row={row} top={headHeight + (from + i) * rowHeight} scale={scale} drag={drag} open={open} />)}
        <i class="now" style={{ left: `${scale.names + xOf(scale, now)}px` }} aria-hidden="true" />
      </div>
    </div>
  )
}

function Axis({ scale }: { scale: Scale }): JSX.Element {
  const step = scale.perHour < 80 ? 2 * hour : hour
  const times: number[] = []
  for (let time = scale.from; time < scale.to; time += step) times.push(time)
  return (
    <div class="axis" aria-hidden="true">
      <b style={{ width: `${scale.names}px` }}>{t('tab.people')}</b>
      {times.map((time) => <span key={time} style={{ left: `${scale.names + xOf(scale, time)}px` }}>{timeOfDay(time, app.world.timeZone)}</span>)}
    </div>
  )
}

function Line({ row, top, scale, drag, open }: { row: Row; top: number; scale: Scale; drag: Signal<Drag | null>; open: (id: string) => void }): JSX.Element {
  const { worker: w, visits, shift } = row
  const d = drag.value
  const preview = d?.moving ? previewOf(asked.value.why, w.id, app.world.orders.get(d.id)?.technicianId ?? '') : null
  const place = (s: Span) => ({ left: `${scale.names + Math.max(0, xOf(scale, s.from))}px`, width: `${Math.max(0, xOf(scale, Math.min(s.to, scale.to)) - Math.max(0, xOf(scale, s.from)))}px` })
  return (
    <div class={`line ${preview ? `drop ${preview.tone}` : ''} ${d?.moving && d.row === w.id ? 'over' : ''}`} style={{ top: `${top}px` }} data-line={w.id} role="listitem">
      {shift.work.map((s) => <i key={`w${s.from}`} class="shift" style={place(s)} aria-hidden="true" />)}
      {shift.breaks.map((s) => <i key={`b${s.from}`} class="break" style={place(s)} title={v('board.break')} aria-hidden="true" />)}
      {visits.map((x) => <Bar key={x.id} visit={x} scale={scale} drag={drag} open={open} />)}
      <button type="button" class="who" style={{ width: `${scale.names}px` }} data-worker={w.id} onClick={() => (app.selection.value = { kind: 'worker', id: w.id })}>
        <WorkerSign initials={w.initials[lang.value]} state={w.state} stale={w.stale} />
        <span><b>{oneOf(w.name)}</b><small>{preview ? preview.short : `${tOr('worker', w.state)} · ${v('board.visits', { n: visits.length })}`}</small></span>
      </button>
    </div>
  )
}

/** How a visit is coloured: too late for its promise or its window, being done, or as planned. */
function barTone(x: Visit): string {
  const o = x.order
  if (o?.onSiteDue && x.arrival > o.onSiteDue && isBeforeDeparture(o.state)) return 'late'
  if (o?.window && x.arrival > o.window.to) return 'missed'
  if (o && !isBeforeDeparture(o.state)) return 'work'
  return o?.state === 'ASSIGNED' ? 'offered' : 'calm'
}

function Bar({ visit: x, scale, drag, open }: { visit: Visit; scale: Scale; drag: Signal<Drag | null>; open: (id: string) => void }): JSX.Element {
  const zone = app.world.timeZone
  const o = x.order
  const tone = barTone(x)
  const left = scale.names + Math.max(0, xOf(scale, x.from))
  const width = Math.max(9, scale.names + xOf(scale, x.to) - left - 1)
  const gap = Math.max(0, xOf(scale, Math.max(x.before, scale.from)))
  const movable = o !== undefined && isBeforeDeparture(o.state)
  const words = [titleOf(o, x.id), tOr('state', o?.state ?? ''), t('worker.stopAt', { from: timeOfDay(x.from, zone), to: timeOfDay(x.to, zone) }), tone === 'late' || tone === 'missed' ? v(`board.${tone}`) : '', o?.pinned ? t('order.pinned') : '']
  const selected = app.selection.value?.kind === 'order' && app.selection.value.id === x.id
  return (
    <>
      {xOf(scale, x.arrival) > gap && <i class="gap" style={{ left: `${scale.names + gap}px`, width: `${xOf(scale, x.arrival) - gap}px` }} aria-hidden="true" />}
      {x.from - x.arrival > 60_000 && <i class="wait" style={{ left: `${scale.names + xOf(scale, x.arrival)}px`, width: `${xOf(scale, x.from) - xOf(scale, x.arrival)}px` }} aria-hidden="true" />}
      {o?.window && o.window.to > scale.from && <i class="window" style={{ left: `${scale.names + Math.max(0, xOf(scale, o.window.from))}px`, width: `${Math.max(2, xOf(scale, o.window.to) - Math.max(0, xOf(scale, o.window.from)))}px` }} aria-hidden="true" />}
      <button
        type="button" data-bar={x.id} class={`bar ${tone} ${movable ? 'movable' : ''} ${selected ? 'selected' : ''} ${drag.value?.moving && drag.value.id === x.id ? 'lifted' : ''}`}
        style={{ left: `${left}px`, width: `${width}px` }} title={words.filter(Boolean).join('\n')} aria-label={words.filter(Boolean).join(', ')} aria-keyshortcuts={movable ? 'm' : undefined}
        onPointerDown={(e) => movable && lift(drag, e, x.id, x)} onKeyDown={(e) => movable && e.key === 'm' && open(x.id)}
        onClick={() => (app.selection.value = { kind: 'order', id: x.id })}
      >
        {o?.urgency === 'EMERGENCY' && <b>!</b>}{o?.pinned && <b>⚲</b>}<span>{titleOf(o, x.id)}</span>
      </button>
    </>
  )
}

/** Orders that nobody has: they are dragged onto a line. */
function Tray({ drag, open }: { drag: Signal<Drag | null>; open: (id: string) => void }): JSX.Element | null {
  const orders = queueOf(app.world).filter((o) => !o.technicianId && isBeforeDeparture(o.state)).slice(0, 40)
  if (orders.length === 0) return null
  return (
    <section class="tray" aria-label={v('board.tray')}>
      <h3>{v('board.tray')}</h3>
      {orders.map((o) => (
        <button
          key={o.id} type="button" class="chip movable" data-bar={o.id} title={tOr('reason', o.unassignedReason)} aria-keyshortcuts="m"
          onPointerDown={(e) => lift(drag, e, o.id, null)} onKeyDown={(e) => e.key === 'm' && open(o.id)} onClick={() => (app.selection.value = { kind: 'order', id: o.id })}
        >
          {titleOf(o, o.id)}
        </button>
      ))}
    </section>
  )
}

function lift(drag: Signal<Drag | null>, e: PointerEvent, id: string, visit: Visit | null): void {
  if (e.button !== 0 || e.pointerType === 'touch') return // a finger scrolls; it moves visits by the button of the toolbar
  drag.value = { id, x: e.clientX, y: e.clientY, startX: e.clientX, moving: false, row: '', at: 0, visit }
}

/** What a drop would do now, and what it would mean. */
function dropOf(d: Drag, rows: Row[]): { kind: 'reassign' | 'pin' | 'none'; preview: Preview } | null {
  const order = app.world.orders.get(d.id)
  const row = rows.find((r) => r.worker.id === d.row)
  if (!row || !order) return null
  if (d.row !== order.technicianId || !d.visit) return { kind: 'reassign', preview: previewOf(asked.value.why, d.row, order.technicianId) }
  if (Math.abs(d.at - d.visit.from) < snap) return { kind: 'none', preview: previewOf(null, d.row, d.row) }
  return { kind: 'pin', preview: pinPreview(order, d.at, d.at + d.visit.to - d.visit.from, row.shift.work) }
}

/** Follows the pointer from the first press to the drop; Escape gives up. */
function useDrag(drag: Signal<Drag | null>, scale: Scale, rows: Row[], box: { current: HTMLDivElement | null }): void {
  const latest = useRef({ scale, rows })
  latest.current = { scale, rows }
  useEffect(() => {
    const move = (e: PointerEvent) => {
      const d = drag.value
      if (!d) return
      const moving = d.moving || Math.hypot(e.clientX - d.startX, e.clientY - d.y) > dragFrom
      if (!moving) return
      if (!d.moving) void ask(d.id)
      const row = document.elementsFromPoint(e.clientX, e.clientY).map((el) => el.closest<HTMLElement>('[data-line]')?.dataset['line']).find(Boolean) ?? ''
      const shift = d.visit ? ((e.clientX - d.startX) / latest.current.scale.perHour) * hour : 0
      const at = d.visit ? Math.round((d.visit.from + shift) / snap) * snap : 0
      drag.value = { ...d, x: e.clientX, y: e.clientY, moving: true, row, at }
      scrollAtEdge(box.current, e)
    }
    const end = () => {
      const d = drag.value
      drag.value = null
      if (!d?.moving) return
      const swallow = (e: Event) => e.stopPropagation() // the click that ends a drag opens nothing
      addEventListener('click', swallow, { capture: true, once: true })
      setTimeout(() => removeEventListener('click', swallow, { capture: true }))
      const drop = dropOf(d, latest.current.rows)
      if (!drop || drop.kind === 'none') return
      if (!drop.preview.allowed) outcome.value = { text: `${titleOf(app.world.orders.get(d.id), d.id)} → ${nameOf(d.row)}: ${[drop.preview.short, ...drop.preview.long].join('. ')}`, failed: true, error: asked.value.error, busy: false, undo: null }
      else void (drop.kind === 'pin' ? pin(d.id, d.at) : reassign(d.id, d.row))
    }
    const cancel = (e: KeyboardEvent) => e.key === 'Escape' && (drag.value = null)
    addEventListener('pointermove', move)
    addEventListener('pointerup', end)
    addEventListener('keydown', cancel)
    return () => {
      removeEventListener('pointermove', move)
      removeEventListener('pointerup', end)
      removeEventListener('keydown', cancel)
    }
  }, [])
}

function scrollAtEdge(box: HTMLDivElement | null, e: PointerEvent): void {
  if (!box) return
  const { top, bottom } = box.getBoundingClientRect()
  if (e.clientY > bottom - 30) box.scrollTop += 12
  else if (e.clientY < top + 50) box.scrollTop -= 12
}

/** The words beside the pointer: what a drop here would mean. */
function Ghost({ drag: d, rows }: { drag: Drag; rows: Row[] }): JSX.Element {
  const drop = dropOf(d, rows)
  const preview = drop?.preview
  const left = Math.min(d.x + 16, innerWidth - 316)
  const top = Math.min(d.y + 14, innerHeight - 170)
  return (
    <div class={`ghost ${preview?.tone ?? ''}`} style={{ left: `${left}px`, top: `${top}px` }} role="status">
      <b>{titleOf(app.world.orders.get(d.id), d.id)}</b>
      {preview ? <p><strong>{drop.kind === 'reassign' ? `${nameOf(d.row)}: ` : ''}{preview.short}</strong></p> : <p>{v('move.where')}</p>}
      {preview?.long.map((text) => <p key={text}>{text}</p>)}
    </div>
  )
}
