import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { app } from '../app.ts'
import { timeOfDay } from '../format.ts'
import { oneOf, t } from '../i18n.ts'
import { Failure } from '../ui/card.tsx'
import { atClock, hour, shiftsWithin } from './day.ts'
import { ask, asked, nameOf, outcome, pin, pinPreview, previewOf, reassign, titleOf, type Preview } from './moves.ts'
import { v } from './texts.ts'

/** What the last move came to, with the way back. */
export function Outcomes(): JSX.Element | null {
  const o = outcome.value
  if (!o) return null
  return (
    <div class={o.failed ? 'outcome failed' : 'outcome'} role={o.failed ? 'alert' : 'status'}>
      <div>{o.text && <p>{o.text}</p>}<Failure error={o.error} /></div>
      {o.undo && <button type="button" onClick={() => void o.undo?.()}>{v('move.undo')}</button>}
      {!o.busy && <button type="button" onClick={() => (outcome.value = null)}>{t('app.close')}</button>}
    </div>
  )
}

const ranks: Record<Preview['tone'], number> = { same: 0, good: 1, dear: 2, unknown: 3, never: 4 }

/** Moving a visit without a mouse: every technician with what it would mean, or a time to pin it to. */
export function MoveDialog({ id, close }: { id: string; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null)
  const to = useSignal('')
  const time = useSignal('')
  useEffect(() => {
    dialog.current?.showModal()
    void ask(id)
  }, [])
  const { why, error } = asked.value
  useEffect(() => dialog.current?.querySelector<HTMLElement>('input:not([disabled])')?.focus(), [why])
  const order = app.watched().orders.get(id)
  const holder = order?.technicianId ?? ''
  const people = why
    ? [...app.world.workers.values()].filter((w) => w.id !== holder).map((w) => ({ w, p: previewOf(why, w.id, holder) }))
      .sort((a, b) => ranks[a.p.tone] - ranks[b.p.tone] || (difference(a.w.id) - difference(b.w.id) || 0) || a.w.name.localeCompare(b.w.name))
    : []
  const start = time.value ? atClock(time.value, app.now(), app.world.timeZone) : 0
  const worker = app.world.workers.get(holder)
  const pinning = order && start ? pinPreview(order, start, start + hour / 2, shiftsWithin(worker?.shifts ?? [], { from: start - 12 * hour, to: start + 12 * hour }, app.world.timeZone).work) : null
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    close()
    if (to.value) void reassign(id, to.value)
    else if (start) void pin(id, start)
  }
  return (
    <dialog ref={dialog} class="move" aria-label={v('board.move')} onClose={close}>
      <form onSubmit={submit}>
        <h2>{titleOf(order, id)}</h2>
        <p class="took">{v('move.now', { name: nameOf(holder), time: timeOfDay(order?.arrival ?? 0, app.world.timeZone) })}</p>
        <Failure error={error} />
        {!why && !error && <p class="empty" role="status">{v('move.asking')}</p>}
        {people.length > 0 && (
          <fieldset class="people">
            <legend>{v('move.to')}</legend>
            <div class="people-list">
              {people.map(({ w, p }) => (
                <label key={w.id} class={p.tone}>
                  <input type="radio" name="to" value={w.id} disabled={!p.allowed} checked={to.value === w.id} onChange={() => { to.value = w.id; time.value = '' }} />
                  <span><b>{oneOf(w.name)}</b> {p.short}<small>{p.long.join(' · ')}</small></span>
                </label>
              ))}
            </div>
          </fieldset>
        )}
        {holder && <label>{v('move.pinTime')}<input type="time" value={time.value} onInput={(e) => { time.value = e.currentTarget.value; to.value = '' }} /></label>}
        {pinning && <p class={`say ${pinning.tone}`} role="status">{pinning.short}. {pinning.long.join(' ')}</p>}
        <div class="buttons">
          <button type="submit" class="primary" disabled={!to.value && !pinning?.allowed}>{t('verb.do')}</button>
          <button type="button" onClick={close}>{t('verb.back')}</button>
        </div>
      </form>
    </dialog>
  )
}

const difference = (id: string): number => asked.value.why?.alternatives?.find((a) => a.technicianId === id)?.difference ?? 1e12
