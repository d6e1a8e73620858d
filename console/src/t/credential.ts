import { ApiError } from '../api/client.ts'
import { ask, type Answer } from '../pages/http.ts'

const signedKey = 'fettle.key'
const deviceKey = 'fettle.device'
const freshMs = 10 * 60_000 // a token of a session lives 15 minutes

/** What is kept of a sign-in: a key, or the tokens of a session by telephone and when they came. */
interface Signed { token: string; refreshToken?: string; at?: number }
interface TechnicianSession { token: string; refreshToken: string; device: string }
/** How a code is asked for again: what POST /v1/signIn:sendCode answers. */
export interface CodeTerms { digits?: number; lifeSeconds?: number; waitSeconds?: number }

const json = (body: unknown): RequestInit => ({ method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
const device = (): string => localStorage.getItem(deviceKey) ?? ''

/** Has a code sent to a telephone. */
export async function sendCode(phone: string): Promise<CodeTerms> {
  return (await ask<CodeTerms>('', '/v1/signIn:sendCode', json({ phone, device: device() }))).body
}

/** What requests are signed with: a key, or a session that renews itself, in each window of the phone once. */
export class Credential {
  private constructor(private signed: Signed) {}

  static ofKey(token: string): Credential { return new Credential({ token }) }

  /** What this phone was signed in with last. */
  static kept(): Credential | null {
    const text = localStorage.getItem(signedKey)
    if (!text) return null
    return text.startsWith('{') ? new Credential(JSON.parse(text) as Signed) : Credential.ofKey(text)
  }

  /** Takes a code for a session. */
  static async redeem(phone: string, code: string): Promise<Credential> {
    const { body } = await ask<TechnicianSession>('', '/v1/signIn:redeemCode', json({ phone, code, device: device() }))
    localStorage.setItem(deviceKey, body.device)
    return new Credential({ token: body.token, refreshToken: body.refreshToken, at: Date.now() })
  }

  keep(): void {
    localStorage.setItem(signedKey, this.signed.refreshToken ? JSON.stringify(this.signed) : this.signed.token)
  }

  /** Forgets it on this phone, and ends the session if it is one. */
  drop(): void {
    localStorage.removeItem(signedKey)
    if (this.signed.refreshToken) void ask(this.signed.token, '/v1/session:signOut', json({})).catch(() => undefined) // without a network it ends by itself
  }

  /** Whether the phone is still signed in with this one. */
  isKept(): boolean {
    const kept = Credential.kept()?.signed
    return kept !== undefined && (kept.token === this.signed.token || Boolean(kept.refreshToken && this.signed.refreshToken))
  }

  /** Sends a request; a token that has ended is renewed first. */
  async ask<T>(path: string, init: RequestInit = {}, wait?: number): Promise<Answer<T>> {
    return this.fresh((token) => ask<T>(token, path, init, wait))
  }

  /** Sends a change under a key: the same key again is the same change. */
  post<T>(path: string, body: unknown, key: string): Promise<Answer<T>> {
    return this.ask<T>(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key } })
  }

  /** Reads a file: '' where there is none. */
  async file(path: string): Promise<string> {
    return this.fresh(async (token) => {
      const response = await fetch(path, { headers: { Authorization: `Bearer ${token}` } })
      if (response.status === 401) throw new ApiError(401, { title: 'signed out' })
      return response.ok ? URL.createObjectURL(await response.blob()) : ''
    })
  }

  private async fresh<T>(send: (token: string) => Promise<T>): Promise<T> {
    const { token, refreshToken, at = 0 } = this.signed
    if (refreshToken && Date.now() - at > freshMs) await this.renew(token).catch(() => undefined) // the old one may do
    try {
      return await send(this.signed.token)
    } catch (failure) {
      if (!refreshToken || !(failure instanceof ApiError) || failure.status !== 401) throw failure
      await this.renew(token)
      return send(this.signed.token)
    }
  }

  /** Renews a token that is no longer taken; what another window has renewed is used. */
  private async renew(stale: string): Promise<void> {
    const turn = async () => {
      const kept = Credential.kept()?.signed
      if (kept?.refreshToken) this.signed = kept
      if (this.signed.token !== stale) return
      const { body } = await ask<TechnicianSession>('', '/v1/signIn:refresh', json({ refreshToken: this.signed.refreshToken }))
      this.signed = { token: body.token, refreshToken: body.refreshToken, at: Date.now() }
      this.keep()
    }
    if (navigator.locks) await navigator.locks.request('fettle-signin', turn)
    else await turn()
  }
}
