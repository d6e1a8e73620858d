import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { when } from '../format.ts'
import { lang } from '../i18n.ts'
import { clock, ms, zone } from '../pages/base.ts'
import { ask, newKey, post } from '../pages/http.ts'
import { Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { words } from './signwords.ts'

interface Signature {
  id: string; state?: string; check?: 'ID_LAST_FOUR' | 'PHONE_CODE'; signerName?: string; phoneHint?: string; title?: string; documentSha256?: string
  lines?: { label?: string; text?: string }[]; attemptsLeft?: number; expireTime?: string; signTime?: string; demo?: boolean; provider?: string
}

const pathOf = (id: string): string => `/v1/signatures/${encodeURIComponent(id)}`

/** The contract behind a link: its terms, the check of who is there, and the signature. */
export function Sign({ id }: { id: string }): JSX.Element {
  const it = useSignal<Signature | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    error.value = null
    try {
      it.value = (await ask<Signature>(app.token, pathOf(id))).body
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void read(), [id])
  const act = useAct(id, read, error)
  const s = it.value
  if (!s) return error.value ? <><Trouble error={error.value} /><button type="button" class="big" onClick={() => void read()}>{say('again')}</button></> : <p class="empty" role="status">{say('loading')}</p>
  const open = s.state === 'OPEN' || s.state === 'IDENTIFIED'
  return (
    <>
      <section class="hero">
        <h2>{title(s.title ?? '')}</h2>
        {!open && <p class="taken" role="status">{words((s.state ?? 'EXPIRED') as 'SIGNED')}</p>}
        {s.demo && <p class="under">{words('demo')}</p>}
      </section>
      <section class="box terms">
        <h2>{words('terms')}</h2>
        <dl>{(s.lines ?? []).map((l) => <div key={l.label}><dt>{title(l.label ?? '')}</dt><dd>{title(l.text ?? '')}</dd></div>)}</dl>
        <button type="button" class="big" onClick={() => void show(`${pathOf(id)}/document`, error)}>{words('read')}</button>
        {s.state === 'SIGNED' && <button type="button" class="big" onClick={() => void show(`${pathOf(id)}/evidence`, error)}>{words('evidence')}</button>}
      </section>
      <Trouble error={error.value} />
      {s.state === 'OPEN' && <Who it={s} act={act} />}
      {s.state === 'IDENTIFIED' && <Pen it={s} act={act} />}
      {open && <No act={act} />}
      {open && s.expireTime && <p class="under">{words('until', { time: when(ms(s.expireTime), clock.now(), zone.value) })}</p>}
    </>
  )
}

/** The half of a bilingual text that is in the language of the page. */
const title = (text: string): string => {
  const [zh = '', en = ''] = text.split(' / ')
  return lang.value === 'zh' || !en ? zh : en
}

type Act = (verb: string, body: Record<string, unknown>) => Promise<void>

/** Does a verb under a key of its own and reads what became of it. */
function useAct(id: string, read: () => Promise<void>, error: { value: unknown }): Act {
  const key = useRef({ text: '', key: '' })
  return async (verb, body) => {
    const text = verb + JSON.stringify(body)
    if (key.current.text !== text) key.current = { text, key: newKey() }
    let failure: unknown = null
    try {
      await post(app.token, `${pathOf(id)}:${verb}`, body, key.current.key)
    } catch (e) {
      failure = e
    }
    key.current = { text: '', key: '' } // the same answer again is another attempt
    await read()
    if (failure) error.value = failure
  }
}

/** Opens a file that the credential of the page may read. */
async function show(path: string, error: { value: unknown }): Promise<void> {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${app.token}` } }).catch(() => null)
  if (!response?.ok) {
    error.value = new Error(`${response?.status ?? 0}`)
    return
  }
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = `${path.split('/').at(-1) ?? 'file'}.pdf`
  link.click()
}

function Who({ it, act }: { it: Signature; act: Act }): JSX.Element {
  const answer = useSignal('')
  const phone = it.check === 'PHONE_CODE'
  return (
    <form class="box" onSubmit={(e) => { e.preventDefault(); void act('identify', { answer: answer.value }) }}>
      <h2>{words('who')}</h2>
      {phone && <button type="button" class="big" onClick={() => void act('sendCode', {})}>{words('send')}</button>}
      <label>{phone ? words('code', { phone: it.phoneHint ?? '' }) : words('id')}
        <input value={answer.value} required maxLength={phone ? 6 : 4} autocomplete="one-time-code" onInput={(e) => (answer.value = e.currentTarget.value)} />
      </label>
      <p class="under">{words('left', { n: String(it.attemptsLeft ?? 0) })}</p>
      <button type="submit" class="big primary">{words('check')}</button>
    </form>
  )
}

/** A no takes two taps: it ends the contract that waits here. */
function No({ act }: { act: Act }): JSX.Element {
  const reason = useSignal('')
  return (
    <details class="box">
      <summary>{words('decline')}</summary>
      <form onSubmit={(e) => { e.preventDefault(); void act('decline', { reason: reason.value }) }}>
        <label>{words('why')} <input value={reason.value} maxLength={500} onInput={(e) => (reason.value = e.currentTarget.value)} /></label>
        <button type="submit" class="big">{words('no')}</button>
      </form>
    </details>
  )
}

function Pen({ it, act }: { it: Signature; act: Act }): JSX.Element {
  const name = useSignal('')
  const agreed = useSignal(false)
  return (
    <form class="box" onSubmit={(e) => { e.preventDefault(); void act('sign', { name: name.value, documentSha256: it.documentSha256, agreed: agreed.value }) }}>
      <label>{words('name', { name: it.signerName ?? '' })}
        <input value={name.value} required autocomplete="name" onInput={(e) => (name.value = e.currentTarget.value)} />
      </label>
      <label class="consent"><input type="checkbox" checked={agreed.value} onInput={(e) => (agreed.value = e.currentTarget.checked)} /> {words('agree')}</label>
      <button type="submit" class="big primary" disabled={!agreed.value}>{words('sign')}</button>
    </form>
  )
}
