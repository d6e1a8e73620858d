import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { LatLng, TimeWindow, WorkOrder } from '../api/types.ts'
import { when, timeOfDay } from '../format.ts'
import { oneOf, tOr } from '../i18n.ts'
import { clock, ms, zone } from '../pages/base.ts'
import { ask, newKey, post } from '../pages/http.ts'
import { Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { sendPhotos, Take, Thumb } from './photos.tsx'

const quietMs = 500 // after the last key, before the words are looked at
const trades = ['plumbing', 'electrical', 'hvac', 'appliance', 'locks', 'network', 'gas', 'carpentry']

interface Triage { suggestedSkill?: string; suggestedRole?: string; suggestedUrgency?: string; urgencyWords?: string[]; findings?: { words?: string[] }[] }
interface Slot { window?: TimeWindow; reliability?: number }

/** Reports a fault of the dwelling behind the door: what, how urgent, when. */
export function Report(): JSX.Element {
  const session = app.session.value!
  const place = useSignal<LatLng | null>(session.location ?? null)
  const text = useSignal('')
  const trade = useSignal('')
  const chosen = useSignal(false) // the tenant has chosen a trade or urgency: suggestions no longer do
  const urgent = useSignal(false)
  const triage = useSignal<Triage | null>(null)
  const slots = useSignal<Slot[] | null>(null)
  const slot = useSignal('')
  const photos = useSignal<Blob[]>([])
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  const key = useRef({ text: '', key: '' })

  useEffect(() => {
    if (text.value.trim().length < 2) return void (triage.value = null)
    const timer = setTimeout(async () => {
      const found = await look(text.value)
      triage.value = found
      if (!found || chosen.value) return
      trade.value = found.suggestedSkill ?? ''
      urgent.value = found.suggestedUrgency === 'EMERGENCY'
    }, quietMs)
    return () => clearTimeout(timer)
  }, [text.value])
  useEffect(() => {
    let current = true
    slots.value = null
    if (place.value && trade.value && !urgent.value) void free(place.value, trade.value).then((found) => current && (slots.value = found))
    return () => void (current = false)
  }, [place.value, trade.value, urgent.value])

  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    const window = urgent.value ? undefined : slots.value?.find((s) => s.window?.startTime === slot.value)?.window
    const order = {
      location: place.value, description: text.value.trim(), channel: 'WECHAT', urgency: urgent.value ? 'EMERGENCY' : 'NORMAL',
      requiredSkills: trade.value ? [{ skill: trade.value, level: 1 }] : [], timeWindows: window ? [window] : [],
    }
    const said = JSON.stringify(order)
    if (key.current.text !== said) key.current = { text: said, key: newKey() }
    busy.value = true
    error.value = null
    try {
      const { body } = await post<WorkOrder>(app.token, '/v1/workOrders', order, key.current.key)
      sendPhotos(body.id, photos.value)
      app.reported(body.id, order.description)
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  return (
    <>
      <form class="form" onSubmit={submit}>
        <p class="under">{session.unitId && say('r.for', { unit: session.unitId })}</p>
        <label>{say('r.what')}<textarea name="description" rows={3} required maxLength={4000} placeholder={say('r.example')} value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} /></label>
        {triage.value && <Taken triage={triage.value} />}
        {photos.value.length > 0 && <ul class="thumbs">{photos.value.map((f, i) => <Thumb key={i} file={f}><button type="button" class="plain" aria-label={say('r.photoRemove')} onClick={() => (photos.value = photos.value.filter((x) => x !== f))}>×</button></Thumb>)}</ul>}
        <Take label={say('r.photoAdd')} take={(files) => (photos.value = [...photos.value, ...files])} />
        <label>{say('r.trade')}
          <select name="trade" value={trade.value} onChange={(e) => { trade.value = e.currentTarget.value; chosen.value = true }}>
            <option value="">–</option>
            {[...new Set([...trades, ...(trade.value ? [trade.value] : [])])].map((s) => <option key={s} value={s}>{tOr('skill', s)}</option>)}
          </select>
        </label>
        <fieldset>
          <legend>{say('r.urgency')}</legend>
          <div class="choices">
            <label><input type="radio" name="urgency" checked={!urgent.value} onChange={() => { urgent.value = false; chosen.value = true }} /> {say('r.normal')}</label>
            <label><input type="radio" name="urgency" value="EMERGENCY" checked={urgent.value} onChange={() => { urgent.value = true; chosen.value = true }} /> {say('r.danger')}</label>
          </div>
        </fieldset>
        {!urgent.value && slots.value && <Times slots={slots.value} chosen={slot.value} choose={(s) => (slot.value = s)} />}
        {!session.location && <Place at={place.value} take={(p) => (place.value = p)} />}
        <Trouble error={error.value} />
        <button type="submit" class="big primary" disabled={busy.value || !place.value}>{say(busy.value ? 'sending' : 'send')}</button>
      </form>
      {app.reports.value.length > 0 && (
        <section class="box mine">
          <h2>{say('r.mine')}</h2>
          {app.reports.value.map((r) => <button key={r.id} type="button" onClick={() => app.show(r.id)}>{oneOf(r.title)}<span aria-hidden="true">›</span></button>)}
        </section>
      )}
    </>
  )
}

/** What the words are taken for, with the words. */
function Taken({ triage }: { triage: Triage }): JSX.Element | null {
  const words = [...new Set([...(triage.findings?.[0]?.words ?? []), ...(triage.urgencyWords ?? [])])].join(' ')
  const urgent = triage.suggestedUrgency === 'EMERGENCY' && say('emergency')
  if (triage.suggestedRole && !triage.suggestedSkill) return <p class="taken">{say('r.notTechnician')}</p>
  if (!triage.suggestedSkill && !urgent) return null
  return <p class="taken" role="status">{say('r.taken')}: <b>{[triage.suggestedSkill && tOr('skill', triage.suggestedSkill), urgent].filter(Boolean).join(', ')}</b> {words && say('r.words', { words })}</p>
}

function Times({ slots, chosen, choose }: { slots: Slot[]; chosen: string; choose: (start: string) => void }): JSX.Element {
  return (
    <fieldset>
      <legend>{say('r.when')}</legend>
      {slots.length === 0 && <p class="under">{say('r.noSlots')}</p>}
      <div class="choices">
        <label><input type="radio" name="slot" value="" checked={chosen === ''} onChange={() => choose('')} /> {say('r.asap')}</label>
        {slots.map((s) => {
          const start = s.window?.startTime ?? ''
          return (
            <label key={start}>
              <input type="radio" name="slot" value={start} checked={chosen === start} onChange={() => choose(start)} /> {when(ms(start), clock.now(), zone.value)}–{timeOfDay(ms(s.window?.endTime), zone.value)}
              {(s.reliability ?? 0) > 0 && <small class="under">{say('r.reliable', { n: Math.round(100 * s.reliability!) })}</small>}
            </label>
          )
        })}
      </div>
    </fieldset>
  )
}

/** Where the fault is when the link does not say. */
function Place({ at, take }: { at: LatLng | null; take: (p: LatLng) => void }): JSX.Element {
  if (at) return <p class="taken" role="status">{say('r.placeTaken')}</p>
  const locate = () => navigator.geolocation?.getCurrentPosition((p) => take({ latitude: p.coords.latitude, longitude: p.coords.longitude }))
  return <div class="choices"><p class="under">{say('r.noPlace')}</p><button type="button" class="big" onClick={locate}>{say('r.here')}</button></div>
}

const headers = { 'Content-Type': 'application/json' }

/** Without an answer the form works as well: suggestions are only a help. */
async function look(description: string): Promise<Triage | null> {
  const answer = await ask<Triage>(app.token, '/v1/workOrders:triage', { method: 'POST', headers, body: JSON.stringify({ description: description.trim() }) }).catch(() => null)
  return answer?.body ?? null
}

async function free(location: LatLng, skill: string): Promise<Slot[] | null> {
  const body = JSON.stringify({ location, requiredSkills: [{ skill, level: 1 }], maxSlots: 6 })
  const answer = await ask<{ slots?: Slot[] }>(app.token, '/v1/workOrders:suggestSlots', { method: 'POST', headers, body }).catch(() => null)
  if (!answer) return null
  return (answer.body.slots ?? []).sort((a, b) => ms(a.window?.startTime) - ms(b.window?.startTime))
}
