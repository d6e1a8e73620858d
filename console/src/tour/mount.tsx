import type { JSX } from 'preact'
import { app } from '../app.ts'
import { translator } from '../i18n.ts'
import { Lazy } from '../ui/lazy.tsx'
import { change, story } from './story.ts'
import './tour.css'

const words = translator({ start: ['Guided tour', '导览'], resume: ['Go on with the tour', '继续导览'] })
const load = () => import('./tour.tsx').then((m) => m.Tour)

/** The way into the tour, in demo mode alone, and the tour while it is open. */
export function TourMount(): JSX.Element | null {
  if (app.simulated.value === null) return null
  if (story.value.open) return <Lazy load={load} props={{}} />
  return <button type="button" class="tour-start" onClick={() => change({ open: true })}>{words(story.value.at > 0 ? 'resume' : 'start')}</button>
}
