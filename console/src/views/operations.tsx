import { useSignal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { app } from '../app.ts'
import { count, when } from '../format.ts'
import { lang, t } from '../i18n.ts'
import { CallForm, mayDo } from '../records/calls.tsx'
import { elsewhere, keyOf, lines, titleOfLine, type Group, type Line } from '../records/catalog.ts'
import { document, type Document } from '../records/document.ts'
import '../records/records.css'
import { called, nameIn, shortId } from '../records/names.ts'
import { RecordPage } from '../records/page.tsx'
import { phrase } from '../records/phrases.ts'
import { hrefOf, Reference } from '../records/show.tsx'
import { w } from '../records/words.ts'
import { route } from '../route.ts'
import { ms } from '../world.ts'
import { hour } from './day.ts'
import { Page, State, useReading } from './parts.tsx'
import { ImprovePage, improveTitle } from './improve.tsx'
import { PoliciesPage, policiesTitle } from './policies.tsx'
import { RatePage, rateTitle } from './rate.tsx'
import { code, v } from './texts.ts'

interface Lease { id: string; number?: string; state?: string; tenantId?: string; unitId?: string; endDate?: string; standing?: string; standingReason?: string }
interface Queued { leaseId: string; tag?: string; score?: number; reason?: string }
type Account = Record<string, number | string | undefined> & { kind: string }

const horizon = 90 // days of the expiry board
const groups: readonly Group[] = ['rental', 'money', 'service', 'messages', 'learning', 'system', 'other']

/** A page of this view: one of records, or one that is made for its purpose. */
interface Section { key: string; group: Group; title: string; line: Line | null }

/** The sections that the contract and the roles of the user leave. */
function sectionsOf(contract: Document): Section[] {
  const own = new Set([...lines.map((l) => l.path), ...elsewhere])
  const found = contract.lists().filter((p) => !own.has(p)).map((path): Line => ({ path, group: 'other' }))
  const may = (l: Line) => {
    const list = contract.call(`/v1/${l.path}`, 'get', 'list')
    return list !== null && mayDo(list)
  }
  const sections = [...lines, ...found].filter(may).map((line): Section => ({ key: keyOf(line), group: line.group, title: titleOfLine(line), line }))
  const after = sections.findIndex((s) => s.key === 'leases') + 1
  sections.splice(after, 0, { key: 'rate', group: 'rental', title: rateTitle(), line: null }, { key: 'expiry', group: 'rental', title: v('ops.expiry'), line: null }, { key: 'certificate', group: 'rental', title: v('ops.certificate'), line: null })
  const learning = sections.findIndex((s) => s.group === 'learning')
  if (learning >= 0) sections.splice(learning, 0, { key: 'improve', group: 'learning', title: improveTitle(), line: null })
  if (sections.some((s) => s.key === 'policies')) sections.splice(learning, 0, { key: 'steer', group: 'learning', title: policiesTitle(), line: null })
  sections.push({ key: 'account', group: 'system', title: v('ops.account'), line: null })
  return sections
}

/** Everything that is kept beside orders and technicians: leases, reminders, messages, money, who may do what. */
export function Operations(): JSX.Element {
  const reading = useReading(document, [])
  const contract = reading.value.value
  if (!contract) return <Page name="operations" title={t('nav.operations')}><State reading={reading} /></Page>
  return <Sections contract={contract} />
}

function Sections({ contract }: { contract: Document }): JSX.Element {
  const sections = sectionsOf(contract)
  const known = new Set(sections.flatMap((s) => s.line?.path ?? []))
  const shown = sections.find((s) => s.key === route.value.parameters.get('show')) ?? sections[0]!
  const href = (s: Section) => `#/operations?show=${encodeURIComponent(s.key)}`
  return (
    <Page name="operations" title={shown.title} before={<Places sections={sections} shown={shown} href={href} />}>
      <div class="scroll" tabIndex={0} role="group" aria-label={shown.title}>
        {shown.line && <RecordPage key={shown.key} line={shown.line} contract={contract} known={known} />}
        {shown.key === 'rate' && <RatePage contract={contract} known={known} />}
        {shown.key === 'improve' && <ImprovePage />}
        {shown.key === 'steer' && <PoliciesPage />}
        {shown.key === 'expiry' && <Expiry contract={contract} known={known} />}
        {shown.key === 'certificate' && <Certificate />}
        {shown.key === 'account' && <Accounts contract={contract} />}
      </div>
    </Page>
  )
}

/** The way to every section: a list beside the page, a choice above it on a phone. */
function Places({ sections, shown, href }: { sections: Section[]; shown: Section; href: (s: Section) => string }): JSX.Element {
  const used = groups.map((g) => ({ group: g, own: sections.filter((s) => s.group === g) })).filter((g) => g.own.length > 0)
  return (
    <>
      <nav class="places" aria-label={w('rec.places')}>
        {used.map(({ group, own }) => (
          <section key={group}>
            <h3>{w(`group.${group}`)}</h3>
            {own.map((s) => <a key={s.key} href={href(s)} aria-current={s === shown ? 'page' : undefined}>{s.title}</a>)}
          </section>
        ))}
      </nav>
      <label class="place-choice"><span class="unseen">{w('rec.section')}</span>
        <select value={shown.key} onChange={(e) => { location.hash = href(sections.find((s) => s.key === e.currentTarget.value)!) }}>
          {used.map(({ group, own }) => <optgroup key={group} label={w(`group.${group}`)}>{own.map((s) => <option key={s.key} value={s.key}>{s.title}</option>)}</optgroup>)}
        </select>
      </label>
    </>
  )
}

function Table({ caption, heads, children }: { caption: string; heads: string[]; children: ComponentChildren }): JSX.Element {
  return (
    <div class="wide" tabIndex={0} role="group" aria-label={caption}>
      <table class="plain-table"><caption>{caption}</caption><thead><tr>{heads.map((h) => <th key={h} scope="col">{h}</th>)}</tr></thead><tbody>{children}</tbody></table>
    </div>
  )
}

const time = (text: string | undefined): string => (text ? when(ms(text), app.now(), app.world.timeZone) : '–')
const dateIn = (days: number): string => new Intl.DateTimeFormat('en-CA', { timeZone: app.world.timeZone }).format(app.now() + days * 24 * hour)
const daysTo = (date: string | undefined): number => Math.round((Date.parse(date ?? '') - Date.parse(dateIn(0))) / (24 * hour))

const columns = [[0, 7], [8, 30], [31, 60], [61, horizon]] as const
const running = ['EXPIRING', 'ACTIVE'] as const

/** The leases of one state that end between two days from now, as a query: the board and the list ask for the same. */
const ending = (state: string, from: number, to: number): string => new URLSearchParams({ state, endingFrom: dateIn(from), endingBefore: dateIn(to + 1) }).toString()

/** Leases by how soon they end, in each column those first whose tenants are called first. Each figure is the length of the list behind its link. */
function Expiry({ contract, known }: { contract: Document; known: ReadonlySet<string> }): JSX.Element {
  const today = dateIn(0)
  const read = async () => {
    const [queue, ...found] = await Promise.all([
      app.client.list<Queued>(`/v1/renewals:queue?days=${horizon}&`, 'leases'),
      ...running.map((state) => app.client.list<Lease>(`/v1/leases?${ending(state, 0, horizon)}&`, 'leases')),
    ])
    const places = new Map(queue.map((q, i) => [q.leaseId, { ...q, place: i + 1 }]))
    return found.flat().map((l) => ({ ...l, queued: places.get(l.id) })).sort((a, b) => (a.queued?.place ?? Infinity) - (b.queued?.place ?? Infinity) || (a.endDate! < b.endDate! ? -1 : 1))
  }
  const reading = useReading(read, [today])
  const leases = reading.value.value
  return (
    <>
      <State reading={reading} empty={leases?.length === 0 && v('ops.noExpiry', { n: horizon })} />
      {leases !== null && leases.length > 0 && <p class="say"><a href="#/operations?show=queue">{v('ops.queue')}</a> {v('ops.queueHow')}</p>}
      {leases !== null && leases.length > 0 && (
        <div class="kanban">
          {columns.map(([from, to]) => {
            const own = leases.filter((l) => daysTo(l.endDate) >= from && daysTo(l.endDate) <= to)
            const links = running.map((state) => ({ state, n: own.filter((l) => l.state === state).length })).filter((l) => l.n > 0)
            return (
              <section key={from} aria-label={v('ops.days', { from, to })}>
                <h3>{v('ops.days', { from, to })} <small>{own.length}</small></h3>
                <p class="took">{links.map(({ state, n }) => <a key={state} href={`#/operations?show=leases&${ending(state, from, to)}`} data-count={n}>{count(n)} {code(state)}</a>)}</p>
                <ul>{own.slice(0, shownEnding).map((l) => <Ending key={l.id} lease={l} contract={contract} known={known} />)}</ul>
                {own.length > shownEnding && <p class="took">{t('why.more', { n: own.length - shownEnding })}</p>}
              </section>
            )
          })}
        </div>
      )}
    </>
  )
}

const shownEnding = 60

function Ending({ lease: l, contract, known }: { lease: Lease & { queued?: (Queued & { place: number }) | undefined }; contract: Document; known: ReadonlySet<string> }): JSX.Element {
  return (
    <li>
      <a href={hrefOf('leases', l.id)}>{l.number || (l.unitId && nameIn('units', l.unitId, contract, called)) || shortId(l.id)}</a><span>{l.unitId && <Reference name="unitId" id={l.unitId} known={known} contract={contract} />} {l.tenantId && <>· <Reference name="tenantId" id={l.tenantId} known={known} contract={contract} /></>}</span>
      <span>{l.endDate} · {v('ops.left', { n: daysTo(l.endDate) })}{l.queued && <span title={phrase(l.queued.reason ?? '')}> · {v('ops.place', { n: l.queued.place })}</span>}</span>
      {l.queued?.tag && <em class="chip" title={phrase(l.queued.reason ?? '')}>{l.queued.tag}</em>}
      {l.standing === 'EXCEPTION' && <em class="chip alarm" title={phrase(l.standingReason ?? '')}>{code('EXCEPTION')}</em>}
    </li>
  )
}

const counted = ['lease', 'scheduled', 'openEnded', 'exception', 'expected', 'inTime', 'late', 'superseded', 'waived', 'compensated', 'pending', 'future', 'missing'] as const
type CertificateAnswer = Partial<Record<`${(typeof counted)[number]}Count`, number>> & { zeroMissed?: boolean; textEn?: string; textZh?: string; asOfTime?: string; hash?: string; startDate?: string; endDate?: string }

/** What became of every reminder of a month, counted from the leases, to print. */
function Certificate(): JSX.Element {
  const month = useSignal('')
  const reading = useReading(() => app.client.read<CertificateAnswer>(`/v1/obligations:certificate${month.value && `?month=${month.value}`}`), [month.value])
  const answer = reading.value.value
  return (
    <>
      <div class="filters">
        <label class="choice">{v('cert.month')}<input type="month" value={month.value || answer?.startDate?.slice(0, 7) || ''} onChange={(e) => (month.value = e.currentTarget.value)} /></label>
        {answer && <button type="button" onClick={() => print()}>{w('rec.printed')}</button>}
      </div>
      <State reading={reading} />
      {answer && (
        <>
          <p class={`say ${answer.zeroMissed ? 'good' : 'never'}`} role="status">{v(answer.zeroMissed ? 'cert.none' : 'cert.some', { n: count(answer.missingCount ?? 0) })} {v('cert.asOf', { time: time(answer.asOfTime) })}</p>
          <dl class="tiles">{counted.map((c) => <div key={c} class={(c === 'missing' || c === 'exception' || c === 'late') && answer[`${c}Count`] ? 'bad' : ''}><dt>{v(`cert.${c}`)}</dt><dd>{count(answer[`${c}Count`] ?? 0)}</dd></div>)}</dl>
          <pre class="printed" lang={lang.value}>{lang.value === 'zh' ? answer.textZh : answer.textEn}</pre>
        </>
      )}
    </>
  )
}

const accounts = ['expected', 'scheduled', 'done', 'late', 'superseded', 'dead', 'missing', 'extra', 'repaired'] as const

/** Whatever is expected is scheduled, done, late, superseded, dead or missing. */
function Accounts({ contract }: { contract: Document }): JSX.Element {
  const repairing = useSignal(false)
  const repair = contract.call('/v1/reconciliation:repair', 'post', 'repair')
  const minute = Math.floor(app.watched() && app.now() / (10 * 60_000))
  const reading = useReading(() => app.client.read<{ time?: string; from?: string; lines?: Account[] }>('/v1/reconciliation'), [minute])
  const answer = reading.value.value
  const wrong = (answer?.lines ?? []).reduce((n, l) => n + Number(l['missing'] ?? 0) + Number(l['extra'] ?? 0) + Number(l['dead'] ?? 0), 0)
  return (
    <>
      <div class="filters">
        <button type="button" onClick={reading.again}>{w('rec.read')}</button>
        {repair && mayDo(repair) && <button type="button" aria-expanded={repairing.value} onClick={() => (repairing.value = !repairing.value)}>{v('ops.repair')}</button>}
        <a href="#/operations?show=deadWork">{v('ops.deadWork')}</a>
      </div>
      {repairing.value && repair && <CallForm call={repair} contract={contract} known={new Set()} changed={reading.again} back={() => (repairing.value = false)} />}
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

