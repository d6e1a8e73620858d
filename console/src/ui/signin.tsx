import type { JSX } from 'preact'
import { app } from '../app.ts'
import { t } from '../i18n.ts'

/** Asks for the token of the service. */
export function SignIn(): JSX.Element {
  const submit = (e: SubmitEvent) => {
    e.preventDefault()
    const token = new FormData(e.target as HTMLFormElement).get('token')
    if (typeof token === 'string' && token.trim()) void app.signIn(token)
  }
  return (
    <main class="signin">
      <form onSubmit={submit}>
        <h2>{t('signin.title')}</h2>
        <p id="signin-text">{t('signin.text')}</p>
        <label>
          {t('signin.token')}
          <input name="token" type="password" autocomplete="off" spellcheck={false} required autofocus aria-describedby="signin-text" />
        </label>
        {app.refused.value && <p class="error" role="alert">{t('signin.wrong')}</p>}
        <button type="submit" class="primary">{t('signin.go')}</button>
      </form>
    </main>
  )
}
