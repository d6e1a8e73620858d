import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ApiError } from '../api/client.ts'
import { oneOf, tOr } from '../i18n.ts'
import { Switches, Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { Credential, sendCode, type CodeTerms } from './credential.ts'

/** The way in: a code on the telephone, a key, or in demo mode one of its technicians. */
export function SignIn(): JSX.Element {
  if (!app.ready.value) return <p class="empty" role="status">{say('loading')}</p>
  return (
    <div class="page">
      <header class="head"><h1>Fettle</h1><Switches /></header>
      <main class="signin">
        <ByPhone />
        <ByKey />
        {app.demoPeople.value.length > 0 && <Demo />}
      </main>
    </div>
  )
}

function ByPhone(): JSX.Element {
  const phone = useSignal('')
  const terms = useSignal<CodeTerms | null>(null)
  const left = useSignal(0) // seconds until another code can be sent
  const busy = useSignal(false)
  const error = useSignal<unknown>(null)
  useEffect(() => {
    if (left.value <= 0) return
    const timer = setTimeout(() => left.value--, 1000)
    return () => clearTimeout(timer)
  }, [left.value])
  const during = async (what: () => Promise<void>) => {
    busy.value = true
    error.value = null
    try {
      await what()
    } catch (failure) {
      error.value = failure
    }
    busy.value = false
  }
  const ask = () => during(async () => {
    terms.value = await sendCode(phone.value.trim())
    left.value = terms.value.waitSeconds ?? 180
  })
  const redeem = (e: SubmitEvent) => {
    e.preventDefault()
    if (!terms.value) return void ask()
    const code = String(new FormData(e.target as HTMLFormElement).get('code')).trim()
    void during(async () => {
      await app.signInByCode(phone.value.trim(), code)
      error.value = app.signInError.value
    })
  }
  return (
    <form onSubmit={redeem}>
      <h2>{say('t.signin')}</h2>
      <p class="under">{say(terms.value ? 't.codeSent' : 't.phoneText', { phone: phone.value, n: terms.value?.digits ?? 6, minutes: Math.round((terms.value?.lifeSeconds ?? 600) / 60) })}</p>
      {!terms.value && <label>{say('t.phone')}<input name="phone" type="tel" inputMode="tel" autocomplete="tel" required value={phone.value} onInput={(e) => (phone.value = e.currentTarget.value)} /></label>}
      {terms.value && <label>{say('t.code')}<input name="code" class="code" inputMode="numeric" autocomplete="one-time-code" pattern="[0-9 ]*" maxLength={12} required ref={(el) => void (el && !el.value && el.focus())} /></label>}
      <Refusal error={error.value} />
      <button type="submit" class="big primary" disabled={busy.value}>{say(busy.value ? 'sending' : terms.value ? 't.signin' : 't.sendCode')}</button>
      {terms.value && (
        <div class="two">
          <button type="button" disabled={busy.value || left.value > 0} onClick={() => void ask()}>{left.value > 0 ? say('t.codeIn', { n: left.value }) : say('t.codeAgain')}</button>
          <button type="button" onClick={() => { terms.value = null; error.value = null }}>{say('t.otherPhone')}</button>
        </div>
      )}
    </form>
  )
}

/** Why a code was not sent or not taken, in words that say what to do. */
function Refusal({ error }: { error: unknown }): JSX.Element | null {
  const reason = error instanceof ApiError ? error.problem.reason : ''
  switch (reason) {
    case 'WRONG_CODE': return <p class="error" role="alert">{say('t.wrongCode')}</p>
    case 'TOO_MANY_ATTEMPTS': return <p class="error" role="alert">{say('t.tooMany')}</p>
    case 'NO_CHANNEL': return <p class="error" role="alert">{say('t.noChannel')}</p>
    default: return error === 'notTechnician' ? <p class="error" role="alert">{say('t.notTechnician')}</p> : <Trouble error={error} />
  }
}

function ByKey(): JSX.Element {
  const tried = useSignal(false)
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    tried.value = true
    void app.signIn(Credential.ofKey(String(new FormData(e.target as HTMLFormElement).get('key')).trim()))
  }
  const error = tried.value ? app.signInError.value : null
  return (
    <details open={tried.value}>
      <summary>{say('t.withKey')}</summary>
      <form onSubmit={submit}>
        <p class="under">{say('t.signinText')}</p>
        <label>{say('t.key')}<input name="key" type="password" autocomplete="current-password" required /></label>
        <Refusal error={error} />
        <button type="submit" class="big">{say('t.signinKey')}</button>
      </form>
    </details>
  )
}

function Demo(): JSX.Element {
  return (
    <section>
      <h2>{say('t.pick')}</h2>
      <p class="under">{say('t.pickText')}</p>
      <ul class="people">
        {app.demoPeople.value.map((p) => (
          <li key={p.id}>
            <button type="button" onClick={() => void app.become(p.id)}>
              <b>{oneOf(p.displayName ?? p.id)}</b>
              <span>{(p.skills ?? []).map((s) => tOr('skill', s.skill)).join(', ')}</span>
              <em class={`chip ${p.state ?? ''}`}>{tOr('worker', p.state ?? 'STATE_UNSPECIFIED')}</em>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
