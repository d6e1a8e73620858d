import type { ComponentChildren, JSX } from 'preact'
import { app } from '../app.ts'
import { count, span, when } from '../format.ts'
import { t } from '../i18n.ts'
import { keep, route } from '../route.ts'
import { ms } from '../world.ts'
import { hour } from './day.ts'
import { Choice, OrderLink, Page, State, useReading } from './parts.tsx'
import { code, v } from './texts.ts'

interface Lease { id: string; number?: string; state?: string; tenantId?: string; unitId?: string; startDate?: string; endDate?: string; rentCents?: string | number; class?: string; standing?: string; standingReason?: string }
interface Obligation { id: string; state?: string; leaseId?: string; rung?: string; dueDate?: string; dueTime?: string; sentTime?: string; deliveredTime?: string; acknowledgedTime?: string; delay?: string; reason?: string; needsPerson?: boolean; attempts?: number }
interface Message { id: string; state?: string; reason?: string; kind?: string; to?: string; recipient?: string; workOrderId?: string; channel?: string; dueTime?: string; sentTime?: string; attempts?: { channel?: string; time?: string; result?: string; detail?: string }[] }
type Account = Record<string, number | string | undefined> & { kind: string }

const tabs = ['leases', 'expiry', 'obligations', 'account', 'messages'] as const
const leaseStates = ['', 'DRAFT', 'SIGNING', 'ACTIVE', 'EXPIRING', 'RENEWED', 'EXPIRED', 'TERMINATED'] as const
const obligationStates = ['', 'DUE', 'CLAIMED', 'SENT', 'DELIVERED', 'ACKNOWLEDGED', 'LATE', 'SUPERSEDED', 'WAIVED', 'COMPENSATED'] as const
const messageStates = ['', 'DUE', 'SENT', 'DELIVERED', 'FAILED', 'UNKNOWN', 'SUPPRESSED'] as const
const bad = new Set(['LATE', 'FAILED', 'UNKNOWN', 'EXCEPTION', 'UNSETTLED'])
const good = new Set(['ACTIVE', 'DELIVERED', 'ACKNOWLEDGED', 'SENT', 'SCHEDULED'])
const horizon = 90 // days of the expiry board

/** Leases, their ends, what has to be said about them and whether it was. */
export function Operations(): JSX.Element {
  const tab = tabs.find((x) => x === route.value.parameters.get('show')) ?? 'leases'
  const buttons = <p class="segments">{tabs.map((x) => <button key={x} type="button" aria-pressed={tab === x} onClick={() => keep({ show: x === 'leases' ? '' : x, state: '' })}>{v(`ops.${x}`)}</button>)}</p>
  return (
    <Page name="operations" title={t('nav.operations')} tools={buttons}>
      <div class="scroll" tabIndex={0} role="group" aria-label={t('nav.operations')}>
        {tab === 'leases' && <Leases />}
        {tab === 'expiry' && <Expiry />}
        {tab === 'obligations' && <Obligations />}
        {tab === 'account' && <Accounts />}
        {tab === 'messages' && <Messages />}
      </div>
    </Page>
  )
}

function State2({ of }: { of: string | undefined }): JSX.Element {
  return <em class={`chip ${bad.has(of ?? '') ? 'alarm' : good.has(of ?? '') ? 'COMPLETED' : ''}`}>{code(of ?? '')}</em>
}

function Table({ caption, heads, children }: { caption: string; heads: string[]; children: ComponentChildren }): JSX.Element {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={caption}>
      <table class="plain-table"><caption>{caption}</caption><thead><tr>{heads.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead><tbody>{children}</tbody></table>
    </div>
  )
}

const time = (text: string | undefined): string => (text ? when(ms(text), app.now(), app.world.timeZone) : '–')
const stateChoice = (states: readonly string[]): JSX.Element =>
  <Choice label={v('ops.state')} value={route.value.parameters.get('state') ?? ''} pick={(state) => keep({ state })} options={states.map((s) => [s, s ? code(s) : v('ops.any')])} />
const dateIn = (days: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: app.world.timeZone }).format(app.now() + days * 24 * hour)
const daysTo = (date: string | undefined): number => Math.round((Date.parse(date ?? '') - Date.parse(dateIn(0))) / (24 * hour))

function Leases(): JSX.Element {
  const p = route.value.parameters
  const [state, kind, before] = [p.get('state') ?? '', p.get('class') ?? '', p.get('before') ?? '']
  const query = new URLSearchParams({ ...(state && { state }), ...(kind && { class: kind }), ...(before && { endingBefore: before }), pageSize: '200' }).toString()
  const reading = useReading(() => app.client.read<{ leases?: Lease[]; nextPageToken?: string }>(`/v1/leases?${query}`), [query])
  const leases = reading.value.value?.leases ?? []
  return (
    <>
      <div class="filters">
        {stateChoice(leaseStates)}
        <Choice label={v('ops.class')} value={kind} pick={(x) => keep({ class: x })} options={['', 'FIXED_TERM', 'OPEN_ENDED', 'UNSETTLED'].map((c) => [c, c ? code(c) : v('ops.any')])} />
        <label class="choice">{v('ops.before')}<input type="date" value={before} onChange={(e) => keep({ before: e.currentTarget.value })} /></label>
      </div>
      <State reading={reading} empty={leases.length === 0 && v(state || kind || before ? 'ops.noMatch' : 'ops.noLeases')} />
      {leases.length > 0 && (
        <Table caption={v('ops.leasesCaption', { n: leases.length })} heads={[v('ops.number'), v('ops.state'), v('ops.tenant'), t('order.unit'), v('ops.from'), v('ops.to'), v('ops.rent'), v('ops.standing')]}>
          {leases.map((l) => (
            <tr key={l.id}>
              <th scope="row">{l.number || l.id}</th><td><State2 of={l.state} /></td><td>{l.tenantId}</td><td>{l.unitId}</td><td>{l.startDate}</td>
              <td>{l.endDate || code(l.class ?? '')}</td><td>¥{count(Number(l.rentCents ?? 0) / 100)}</td><td title={l.standingReason ?? ''}><State2 of={l.standing} /></td>
            </tr>
          ))}
        </Table>
      )}
      {reading.value.value?.nextPageToken && <p class="took">{v('fig.first', { n: leases.length })}</p>}
    </>
  )
}

/** Leases by how soon they end. */
function Expiry(): JSX.Element {
  const query = `endingFrom=${dateIn(0)}&endingBefore=${dateIn(horizon + 1)}&pageSize=1000`
  const reading = useReading(() => app.client.read<{ leases?: Lease[] }>(`/v1/leases?${query}`), [query])
  const leases = (reading.value.value?.leases ?? []).filter((l) => l.endDate && (l.state === 'ACTIVE' || l.state === 'EXPIRING'))
  const columns = [[0, 7], [8, 30], [31, 60], [61, horizon]] as const
  return (
    <>
      <State reading={reading} empty={reading.value.value !== null && leases.length === 0 && v('ops.noExpiry', { n: horizon })} />
      {leases.length > 0 && (
        <div class="kanban">
          {columns.map(([from, to]) => {
            const own = leases.filter((l) => daysTo(l.endDate) >= from && daysTo(l.endDate) <= to).sort((a, b) => (a.endDate! < b.endDate! ? -1 : 1))
            return (
              <section key={from} aria-label={v('ops.days', { from, to })}>
                <h3>{v('ops.days', { from, to })} <small>{own.length}</small></h3>
                <ul>{own.map((l) => <li key={l.id}><b>{l.number || l.id}</b><span>{l.unitId} · {l.tenantId}</span><span>{l.endDate} · {v('ops.left', { n: daysTo(l.endDate) })}</span>{l.standing === 'EXCEPTION' && <em class="chip alarm" title={l.standingReason ?? ''}>{code('EXCEPTION')}</em>}</li>)}</ul>
              </section>
            )
          })}
        </div>
      )}
    </>
  )
}

function Obligations(): JSX.Element {
  const p = route.value.parameters
  const state = p.get('state') ?? ''
  const person = p.get('person') ?? ''
  const query = new URLSearchParams({ ...(person ? { needsPerson: 'true' } : state && { state }), pageSize: '200' }).toString()
  const reading = useReading(() => app.client.read<{ obligations?: Obligation[]; nextPageToken?: string }>(`/v1/obligations?${query}`), [query, app.touched.value.serial >> 4])
  const list = reading.value.value?.obligations ?? []
  return (
    <>
      <div class="filters">
        {!person && stateChoice(obligationStates)}
        <label class="check"><input type="checkbox" checked={person !== ''} onChange={(e) => keep({ person: e.currentTarget.checked ? '1' : '' })} />{v('ops.person')}</label>
      </div>
      <State reading={reading} empty={list.length === 0 && v(state || person ? 'ops.noMatch' : 'ops.noObligations')} />
      {list.length > 0 && (
        <Table caption={v('ops.obligationsCaption', { n: list.length })} heads={[v('ops.dueDate'), v('ops.rung'), v('ops.lease'), v('ops.state'), v('ops.sent'), v('ops.delivered'), v('ops.acknowledged'), v('ops.late')]}>
          {list.map((o) => (
            <tr key={o.id}>
              <th scope="row">{o.dueDate ?? time(o.dueTime)}</th><td>{o.rung}</td><td class="id">{o.leaseId}</td><td title={o.reason ?? ''}><State2 of={o.state} />{o.needsPerson && <em class="chip alarm">{v('ops.person')}</em>}</td>
              <td>{time(o.sentTime)}</td><td>{time(o.deliveredTime)}</td><td>{time(o.acknowledgedTime)}</td><td>{parseFloat(o.delay ?? '0') > 0 ? span(parseFloat(o.delay!) * 1000) : '–'}</td>
            </tr>
          ))}
        </Table>
      )}
      {reading.value.value?.nextPageToken && <p class="took">{v('fig.first', { n: list.length })}</p>}
    </>
  )
}

const accounts = ['expected', 'scheduled', 'done', 'late', 'superseded', 'dead', 'missing', 'extra', 'repaired'] as const

/** Whatever is expected is scheduled, done, late, superseded, dead or missing. */
function Accounts(): JSX.Element {
  const minute = Math.floor(app.watched() && app.now() / (10 * 60_000))
  const reading = useReading(() => app.client.read<{ time?: string; from?: string; lines?: Account[] }>('/v1/reconciliation'), [minute])
  const answer = reading.value.value
  const wrong = (answer?.lines ?? []).reduce((n, l) => n + Number(l['missing'] ?? 0) + Number(l['extra'] ?? 0) + Number(l['dead'] ?? 0), 0)
  return (
    <>
      <State reading={reading} empty={answer !== null && !answer.lines?.length && v('ops.noAccount')} />
      {answer?.lines && (
        <>
          <p class={`say ${wrong ? 'never' : 'good'}`} role="status">{wrong ? v('ops.open', { n: wrong }) : v('ops.balanced')} {v('ops.since', { from: time(answer.from), time: time(answer.time) })}</p>
          <Table caption={v('ops.accountCaption')} heads={[v('ops.kind'), ...accounts.map((a) => v(`account.${a}`))]}>
            {answer.lines.map((l) => (
              <tr key={l.kind}><th scope="row"><code>{l.kind}</code></th>{accounts.map((a) => <td key={a} class={['late', 'dead', 'missing', 'extra'].includes(a) && l[a] ? 'bad' : ''}>{count(Number(l[a] ?? 0))}</td>)}</tr>
            ))}
          </Table>
        </>
      )}
    </>
  )
}

function Messages(): JSX.Element {
  const state = route.value.parameters.get('state') ?? ''
  const query = new URLSearchParams({ ...(state && { state }), pageSize: '200' }).toString()
  const reading = useReading(() => app.client.read<{ messages?: Message[]; nextPageToken?: string }>(`/v1/messages?${query}`), [query])
  const list = reading.value.value?.messages ?? []
  return (
    <>
      <div class="filters">{stateChoice(messageStates)}<button type="button" onClick={reading.again}>{v('fig.again')}</button></div>
      <State reading={reading} empty={list.length === 0 && v(state ? 'ops.noMatch' : 'ops.noMessages')} />
      {list.length > 0 && (
        <Table caption={v('ops.messagesCaption', { n: list.length })} heads={[v('ops.due'), v('ops.message'), v('ops.recipient'), v('ops.channel'), v('ops.state'), t('order.title'), v('ops.attempts')]}>
          {list.map((m) => (
            <tr key={m.id}>
              <th scope="row">{time(m.dueTime)}</th><td><code>{m.kind}</code></td><td>{code(m.to ?? '')}<small> {m.recipient}</small></td><td>{m.channel || '–'}</td>
              <td><State2 of={m.state} />{m.reason && <small> {m.reason}</small>}</td><td>{m.workOrderId ? <OrderLink id={m.workOrderId} /> : '–'}</td>
              <td>{(m.attempts ?? []).map((a) => `${a.channel} ${a.result}${a.detail ? `: ${a.detail}` : ''}`).join('; ') || '–'}</td>
            </tr>
          ))}
        </Table>
      )}
      {reading.value.value?.nextPageToken && <p class="took">{v('fig.first', { n: list.length })}</p>}
    </>
  )
}
