import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { oneOf } from '../i18n.ts'
import { newKey } from '../pages/http.ts'
import { Trouble } from '../pages/parts.tsx'
import { say, sayOr } from '../pages/words.ts'
import { app } from './app.ts'
import { NotYet, useReading } from './reading.tsx'

interface Idea { id: string; state?: string; title?: string; text?: string; votes?: number; award?: string; reason?: string }

const votedKey = 'fettle.voted'
// A vote is counted once whatever the page remembers; this only says which button to show.
const voted = signal(new Set<string>(JSON.parse(localStorage.getItem(votedKey) ?? '[]') as string[]))

/** The box of ideas: what others have put in, and one's own. */
export function Ideas(): JSX.Element {
  const ideas = useReading<{ ideas?: Idea[] }>('/v1/ideas?pageSize=200')
  const list = ideas.value.value
  return (
    <>
      <Write done={ideas.read} />
      <section class="box">
        <h2>{say('t.ideasThere')}</h2>
        {!list ? <NotYet of={ideas} /> : (list.ideas ?? []).length === 0 ? <p class="under">{say('t.ideasNone')}</p> : (
          <ol>{(list.ideas ?? []).toReversed().map((i) => <One key={i.id} idea={i} changed={ideas.read} />)}</ol>
        )}
      </section>
    </>
  )
}

function Write({ done }: { done: () => Promise<void> }): JSX.Element {
  const [title, text, busy, sent] = [useSignal(''), useSignal(''), useSignal(false), useSignal(false)]
  const error = useSignal<unknown>(null)
  const key = useRef(newKey())
  const submit = async (e: SubmitEvent) => {
    e.preventDefault()
    busy.value = true
    error.value = null
    try {
      await app.credential!.post('/v1/ideas', { title: title.value.trim(), text: text.value.trim() }, key.current)
      key.current = newKey()
      title.value = text.value = ''
      sent.value = true
      await done()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  const typed = (into: typeof title) => (e: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
    into.value = e.currentTarget.value
    key.current = newKey() // other words are another idea
    sent.value = false
  }
  return (
    <form class="form" onSubmit={(e) => void submit(e)}>
      <div><h2>{say('t.ideaNew')}</h2><p class="under">{say('t.ideaText')}</p></div>
      <label>{say('t.ideaTitle')}<input name="title" required maxLength={200} value={title.value} onInput={typed(title)} /></label>
      <label>{say('t.ideaMore')} <small>{say('t.optional')}</small><textarea name="text" rows={3} maxLength={4000} value={text.value} onInput={typed(text)} /></label>
      <Trouble error={error.value} />
      {sent.value && <p class="taken" role="status">{say('t.ideaSent')}</p>}
      <button type="submit" class="big primary" disabled={busy.value}>{say(busy.value ? 'sending' : 't.ideaSend')}</button>
    </form>
  )
}

function One({ idea: i, changed }: { idea: Idea; changed: () => Promise<void> }): JSX.Element {
  const error = useSignal<unknown>(null)
  const mine = voted.value.has(i.id)
  const vote = async () => {
    error.value = null
    try {
      await app.credential!.post(`/v1/ideas/${encodeURIComponent(i.id)}:vote`, { withdraw: mine }, newKey())
      const next = new Set(voted.value)
      if (!next.delete(i.id)) next.add(i.id)
      voted.value = next
      localStorage.setItem(votedKey, JSON.stringify([...next]))
      await changed()
    } catch (failure) {
      error.value = failure
    }
  }
  const open = i.state !== 'ADOPTED' && i.state !== 'REJECTED'
  return (
    <li data-idea={i.id}>
      <p><b>{oneOf(i.title ?? '')}</b>{i.text && <small>{oneOf(i.text)}</small>}</p>
      <p class="chips">
        <em class={`chip ${i.state === 'ADOPTED' ? 'COMPLETED' : i.state === 'REJECTED' ? '' : 'ACCEPTED'}`}>{sayOr('idea', i.state ?? '')}</em>
        {i.award && <em class="chip ASSIGNED">★ {oneOf(i.award)}</em>}
      </p>
      {i.reason && <p class="under">{oneOf(i.reason)}</p>}
      <Trouble error={error.value} />
      {open ? <button type="button" aria-pressed={mine} onClick={() => void vote()}>{say(mine ? 't.voteBack' : 't.vote')} · {i.votes ?? 0}</button> : <p class="under">{say('t.votes', { n: i.votes ?? 0 })}</p>}
    </li>
  )
}
