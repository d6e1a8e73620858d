import type { JSX } from 'preact'

const paths = {
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5',
  up: 'M6 15l6-6 6 6',
  down: 'M6 9l6 6 6-6',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  map: 'M9 4L3 6v14l6-2 6 2 6-2V4l-6 2zM9 4v14M15 6v14',
  board: 'M3 6h8M7 12h10M5 18h7M3 3v18',
  hex: 'M12 3l7.5 4.5v9L12 21l-7.5-4.5v-9zM12 8v8M8 12h8',
  key: 'M8 15a4 4 0 1 1 3.5-6H21v4h-3v3h-4v-3h-2.5A4 4 0 0 1 8 15z',
  chart: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  left: 'M15 6l-6 6 6 6',
  right: 'M9 6l6 6-6 6',
  play: 'M7 4l13 8-13 8z',
  pause: 'M8 5v14M16 5v14',
  exit: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
} as const

/** A line drawing in the colour of the text; its meaning is in the label of what holds it. */
export function Icon({ name, size = 18 }: { name: keyof typeof paths; size?: number }): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

/** The sign of an order as the map shows it. */
export function OrderSign({ tone, emergency, hollow }: { tone: string; emergency: boolean; hollow: boolean }): JSX.Element {
  return (
    <span class={`sign ${tone}${emergency ? ' emergency' : ''}${hollow ? ' hollow' : ''}`} aria-hidden="true">
      <b>{emergency ? '!' : ''}</b>
    </span>
  )
}

/** The sign of a technician as the map shows it. */
export function WorkerSign({ initials, state, stale }: { initials: string; state: string; stale: boolean }): JSX.Element {
  return <span class={`person ${stale ? 'stale' : state}`} aria-hidden="true">{initials}</span>
}
