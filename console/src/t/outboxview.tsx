import type { JSX } from 'preact'
import { timeOfDay } from '../format.ts'
import { oneOf, tOr } from '../i18n.ts'
import { zone } from '../pages/base.ts'
import { say, type Word } from '../pages/words.ts'
import { app } from './app.ts'
import type { Action } from './store.ts'

/** What waits to be sent, what was refused or came too late, and the way out. */
export function OutboxView(): JSX.Element {
  const box = app.outbox.value
  const [waiting, refused] = [box?.waiting ?? [], box?.refused ?? []]
  const leave = () => {
    if (waiting.length === 0 || confirm(say('t.signoutWaits', { n: waiting.length }))) app.signOut()
  }
  return (
    <>
      {refused.length > 0 && (
        <section class="box">
          <h2>{say(refused.every((a) => a.refused!.status === 200) ? 't.outboxKept' : 't.outboxRefused')}</h2>
          <ol>
            {refused.map((a) => (
              <li key={a.seq} class="refused">
                <What action={a} />
                <p>{a.refused!.status === 200 ? say('t.keptLate') : a.refused!.status === 404 ? say('t.goneTo') : a.refused!.detail}</p>
                {a.refused!.state && <p class="under">{say('t.stateNow', { state: tOr('state', a.refused!.state) })}</p>}
                <button type="button" class="big" onClick={() => void box!.dismiss(a)}>{say('t.seen')}</button>
              </li>
            ))}
          </ol>
        </section>
      )}
      <section class="box">
        <h2>{say('t.outboxWaits')}</h2>
        {waiting.length === 0 && <p class="under">{say('t.outboxEmpty')}</p>}
        <ol>{waiting.map((a) => <li key={a.seq}><What action={a} /></li>)}</ol>
        {waiting.length > 0 && <button type="button" class="big primary" onClick={() => box!.hurry()}>{say('t.tryNow')}</button>}
      </section>
      <p class="foot"><span>{say('t.location')}</span><button type="button" class="big" onClick={leave}>{say('t.signout')}</button></p>
    </>
  )
}

function What({ action: a }: { action: Action }): JSX.Element {
  return (
    <p>
      <b>{say((a.verb === 'arrive' ? 't.arriveVerb' : `t.${a.verb}`) as Word)}</b> {oneOf(a.title)}
      <small>{say('t.tapped', { time: timeOfDay(a.at, zone.value) })}{a.stage && ` · ${say(`t.stage.${a.stage}`)}`}{a.reason && ` · ${a.reason}`}</small>
    </p>
  )
}
