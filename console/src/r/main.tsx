import { render } from 'preact'
import type { JSX } from 'preact'
import { dress } from '../pages/base.ts'
import '../pages/pages.css'
import { Switches, Trouble } from '../pages/parts.tsx'
import type { Session } from '../pages/http.ts'
import { say } from '../pages/words.ts'
import { Lazy } from '../ui/lazy.tsx'
import { app } from './app.ts'
import { p } from './proposalwords.ts'
import { signTitle } from './signwords.ts'
import { Report } from './report.tsx'
import { Repair } from './repair.tsx'

/** The page behind a tenant's link: a repair, or the form of a door. */
function Page(): JSX.Element {
  const session = app.session.value
  return (
    <div class="page">
      <header class="head">
        <div>
          <h1>{session?.signatureId ? signTitle() : session?.renewalId ? p('title') : session?.leaseId ? p('moodTitle') : say(session && !app.order.value ? 'r.report' : 'r.title')}</h1>
          {session && !session.signatureId && !session.renewalId && !session.leaseId && <p class="under"><i class={`dot ${app.live.value ? 'good' : 'bad'}`} />{say(app.live.value ? 'r.live' : 'r.trying')}</p>}
        </div>
        <Switches />
      </header>
      <main>
        {app.ended.value ? <Ended /> : !session ? <Opening /> : <Behind session={session} />}
      </main>
    </div>
  )
}

/** What the link is for. */
function Behind({ session }: { session: Session }): JSX.Element {
  if (session.signatureId) return <Lazy load={sign} props={{ id: session.signatureId }} />
  if (session.renewalId) return <Lazy load={proposal} props={{ id: session.renewalId }} />
  if (session.leaseId) return <Lazy load={mood} props={{}} />
  return app.order.value ? <Repair /> : <Report />
}

const proposal = () => import('./proposal.tsx').then((m) => m.Proposal)
const mood = () => import('./proposal.tsx').then((m) => m.Voice)
const sign = () => import('./sign.tsx').then((m) => m.Sign)

function Opening(): JSX.Element {
  if (!app.error.value) return <p class="empty" role="status">{say('loading')}</p>
  return <><Trouble error={app.error.value} /><button type="button" class="big" onClick={() => void app.start()}>{say('again')}</button></>
}

function Ended(): JSX.Element {
  return <section class="nothing"><h2>{say('r.ended')}</h2><p>{say('r.endedText')}</p></section>
}

dress(() => say('r.title'))
render(<Page />, document.getElementById('app')!)
void app.start()
Object.assign(window, { fettleR: app }) // for tests
