import { useSignal } from '@preact/signals'
import type { ComponentType, JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../i18n.ts'

/** A part of the page that is fetched when it is first shown; a failure says so and offers another attempt. */
export function Lazy<P extends object>({ load, props }: { load: () => Promise<ComponentType<P>>; props: P }): JSX.Element {
  const state = useSignal<{ part: ComponentType<P> | null; failed: boolean }>({ part: null, failed: false })
  const fetchPart = () => {
    state.value = { part: null, failed: false }
    load().then((part) => (state.value = { part, failed: false }), () => (state.value = { part: null, failed: true }))
  }
  useEffect(fetchPart, [load])
  const { part: Part, failed } = state.value
  if (failed) return <p class="error" role="alert">{t('nav.failed')} <button type="button" class="link" onClick={fetchPart}>{t('nav.again')}</button></p>
  return Part ? <Part {...props} /> : <p class="empty" role="status">{t('nav.loading')}</p>
}
