import { useSignal, type Signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app } from './app.ts'

/** Something that is read when its part of the page shows, and again when asked. */
export interface Reading<T> { value: Signal<T | null>; error: Signal<unknown>; read: () => Promise<void> }

/** Reads a path of the technician's own: `name` after the technician's, or a path of its own. */
export function useReading<T>(path: string): Reading<T> {
  const value = useSignal<T | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    error.value = null
    try {
      value.value = (await app.credential!.ask<T>(path)).body
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => void read(), [path])
  return { value, error, read }
}

/** What stands where something has not been read yet, or could not be. */
export function NotYet({ of }: { of: Reading<unknown> }): JSX.Element {
  if (!of.error.value) return <p class="empty" role="status">{say('loading')}</p>
  return <><Trouble error={of.error.value} /><button type="button" class="big" onClick={() => void of.read()}>{say('again')}</button></>
}

export const ownPath = (): string => `/v1/technicians/${encodeURIComponent(app.session.value!.technicianId!)}`
