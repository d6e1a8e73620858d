import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Urgency } from '../api/types.ts'
import { app } from '../app.ts'
import { t, tOr } from '../i18n.ts'
import { Card, Failure } from './card.tsx'
import { mapMiddle } from './mapview.tsx'

/** A small form for a new order; its answer, with the reasons, is shown at once. */
export function ReportForm(): JSX.Element {
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const key = useRef(crypto.randomUUID())
  useEffect(() => {
    app.picked.value = mapMiddle()
    return () => void (app.picked.value = null)
  }, [])
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const form = new FormData(e.target as HTMLFormElement)
    const at = app.picked.value ?? mapMiddle()
    busy.value = true
    error.value = null
    const sent = performance.now()
    try {
      const order = await app.client.create({
        location: { latitude: at.lat, longitude: at.lon }, channel: 'FRONT_DESK', urgency: form.get('urgency') as Urgency,
        requiredSkills: [{ skill: String(form.get('trade')), level: 1 }], description: String(form.get('description')).trim(),
      }, key.current)
      app.world.put(order)
      app.changed()
      app.selection.value = { kind: 'order', id: order.id, tookMs: performance.now() - sent }
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  // Another text is another request: a repeated one keeps its key, so that it is not done twice.
  const edited = () => (key.current = crypto.randomUUID())
  return (
    <Card title={t('app.report')} kind="form">
      <form onSubmit={submit} onInput={edited}>
        <label>{t('form.description')}<textarea name="description" rows={3} required maxLength={4000} data-first placeholder={t('form.example')} /></label>
        <label>{t('form.trade')}<select name="trade" required>{trades().map((s) => <option key={s} value={s}>{tOr('skill', s)}</option>)}</select></label>
        <fieldset>
          <legend>{t('form.urgency')}</legend>
          <label><input type="radio" name="urgency" value="NORMAL" checked /> {t('urgency.NORMAL')}</label>
          <label><input type="radio" name="urgency" value="EMERGENCY" /> {t('urgency.EMERGENCY')}</label>
        </fieldset>
        <Place moved={edited} />
        <Failure error={error.value} />
        <button type="submit" class="primary" disabled={busy.value}>{t(busy.value ? 'form.sending' : 'form.send')}</button>
      </form>
    </Card>
  )
}

/** Where the fault is: shown on the map as a cross. */
function Place({ moved }: { moved: () => void }): JSX.Element {
  const at = app.picked.value
  useEffect(moved, [at])
  return (
    <p class="place">
      <span>{t('form.place')}</span>
      <output>{at ? `${at.lat.toFixed(5)}, ${at.lon.toFixed(5)}` : '–'}</output>
      <small>{t('form.placeHint')}</small>
    </p>
  )
}

/** The trades that somebody has, most common first. */
function trades(): string[] {
  const counts = new Map<string, number>()
  for (const w of app.world.workers.values()) for (const s of new Set(w.skills)) counts.set(s, (counts.get(s) ?? 0) + 1)
  const found = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([s]) => s)
  return found.length > 0 ? found : ['plumbing']
}
