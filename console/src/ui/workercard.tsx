import { useSignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { RouteStop, Technician, TechnicianRoute } from '../api/types.ts'
import { app } from '../app.ts'
import { span, timeOfDay } from '../format.ts'
import { oneOf, t, tOr } from '../i18n.ts'
import { ms, toneOf } from '../world.ts'
import { Card, Facts, Failure } from './card.tsx'
import { OrderSign } from './icons.tsx'
import { TechnicianLink } from './share.tsx'
import { Lazy } from './lazy.tsx'
import { staleCause } from './stale.ts'

const readAgainMs = 800

/** A technician with position, skills and the stops to come. */
export function WorkerCard({ id }: { id: string }): JSX.Element {
  const technician = useSignal<Technician | null>(null)
  const route = useSignal<TechnicianRoute | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    try {
      const [person, way] = await Promise.all([app.client.technician(id), app.client.route(id)])
      technician.value = person
      route.value = way
      error.value = null
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void read(), [id])
  const touched = app.touched.value
  useEffect(() => {
    if (touched.worker !== id) return
    const timer = setTimeout(read, readAgainMs)
    return () => clearTimeout(timer)
  }, [touched.worker === id ? touched.serial : 0])
  const person = technician.value
  return (
    <Card title={oneOf(person?.displayName ?? app.world.workers.get(id)?.name ?? id)} kind="worker">
      <Failure error={error.value} />
      {person && <Head person={person} />}
      {person && <TechnicianLink key={person.id} id={person.id} name={oneOf(person.displayName ?? person.id)} />}
      {person && <Actions person={person} />}
      {route.value && <Stops stops={route.value.stops ?? []} />}
    </Card>
  )
}

function Head({ person }: { person: Technician }): JSX.Element {
  const live = app.watched().workers.get(person.id)
  const state = live?.state ?? person.state ?? 'OFF_SHIFT'
  const rows: [string, ComponentChildren][] = [
    [t('worker.position'), <>{live?.seen ? t('people.seen', { n: span(app.now() - live.seen) }) : t('people.never')}{live?.stale && <small class="cause">{staleCause(live, app.now())}</small>}</>],
    [t('worker.skills'), (
      <ul class="skills">
        {(person.skills ?? []).map((s) => <li key={s.skill}>{tOr('skill', s.skill)} <small>{t('worker.level', { n: s.level ?? 1 })}</small></li>)}
      </ul>
    )],
  ]
  return (
    <>
      <p class="chips">
        <em class={`chip ${state}`}>{tOr('worker', state)}</em>
        {live?.stale && <em class="chip">{t('people.stale')}</em>}
        <span class="id">{person.id}</span>
      </p>
      <Facts rows={rows} />
    </>
  )
}

const sick = () => import('../views/sick.tsx').then((m) => m.Sick)
const sheet = () => import('../views/sheet.tsx').then((m) => m.Sheet)

/** Ending a shift early with a preview, and the performance sheet. */
function Actions({ person }: { person: Technician }): JSX.Element {
  const open = useSignal('')
  const live = app.watched().workers.get(person.id)
  const toggle = (name: string) => (open.value = open.value === name ? '' : name)
  return (
    <section class="verbs">
      <div>
        {(live?.state ?? person.state) !== 'OFF_SHIFT' && <button type="button" aria-expanded={open.value === 'sick'} onClick={() => toggle('sick')}>{t('worker.sick')}</button>}
        <button type="button" aria-expanded={open.value === 'sheet'} onClick={() => toggle('sheet')}>{t('worker.sheet')}</button>
      </div>
      {open.value === 'sick' && <Lazy load={sick} props={{ id: person.id }} />}
      {open.value === 'sheet' && <Lazy load={sheet} props={{ id: person.id }} />}
    </section>
  )
}

function Stops({ stops }: { stops: RouteStop[] }): JSX.Element {
  return (
    <section>
      <h3>{t('worker.route')}</h3>
      {stops.length === 0 && <p class="empty">{t('worker.noRoute')}</p>}
      <ol class="stops rows">{stops.map((s) => <Stop key={s.workOrderId} stop={s} />)}</ol>
    </section>
  )
}

function Stop({ stop: s }: { stop: RouteStop }): JSX.Element {
  const { timeZone: zone, orders } = app.watched()
  const order = orders.get(s.workOrderId)
  const state = order?.state ?? s.state ?? 'ACCEPTED'
  const times = t('worker.stopAt', { from: timeOfDay(ms(s.plannedStart ?? s.plannedArrival), zone), to: timeOfDay(ms(s.plannedEnd), zone) })
  return (
    <li>
      <button type="button" class="row" onClick={() => (app.selection.value = { kind: 'order', id: s.workOrderId })}>
        <OrderSign tone={order ? toneOf(order, app.now()) : 'calm'} emergency={(order?.urgency ?? s.urgency) === 'EMERGENCY'} hollow={false} />
        <span class="what">{oneOf(order?.description ?? '') || t('queue.noText', { id: s.workOrderId })}</span>
        <span class="due">{timeOfDay(ms(s.plannedArrival), zone)}</span>
        <span class="who"><em class={`chip ${state}`}>{tOr('state', state)}</em> {times}</span>
      </button>
    </li>
  )
}
