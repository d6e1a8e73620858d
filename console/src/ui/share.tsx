import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import type { WorkOrder } from '../api/types.ts'
import { app } from '../app.ts'
import { t } from '../i18n.ts'
import { qr } from '../qr.ts'
import { Failure } from './card.tsx'

/** Links for the tenant of an order: to follow it, and for the door of the dwelling. */
export function TenantLinks({ order }: { order: WorkOrder }): JSX.Element {
  const { id, unitId = '', location } = order
  return (
    <section class="share" aria-label={t('share.tenant')}>
      <h3>{t('share.tenant')}</h3>
      <div>
        <Share label={t('share.order')} make={() => app.client.link({ workOrderId: id })} />
        {unitId && location && <Share label={t('share.door')} make={() => app.client.link({ unitId, location })} />}
      </div>
    </section>
  )
}

/** A sign-in link for the phone of a technician. */
export function TechnicianLink({ id, name }: { id: string; name: string }): JSX.Element {
  return (
    <section class="share" aria-label={t('share.technician')}>
      <h3>{t('share.technician')}</h3>
      <div><Share label={t('share.signin')} make={() => app.client.technicianLink(id, name)} /></div>
      <p class="took">{t('share.secret')}</p>
    </section>
  )
}

/** A button that makes a link when it is pressed and shows it, and as a QR code for a phone. */
function Share({ label, make }: { label: string; make: () => Promise<string> }): JSX.Element {
  const link = useSignal('')
  const error = useSignal<unknown>(null)
  const press = async () => {
    error.value = null
    try {
      link.value = link.value ? '' : new URL(await make(), location.origin).href
    } catch (failure) {
      error.value = failure
    }
  }
  return (
    <>
      <button type="button" aria-expanded={link.value !== ''} onClick={() => void press()}>{label}</button>
      {link.value && (
        <figure>
          <Code text={link.value} label={label} />
          <figcaption><a href={link.value} target="_blank" rel="noreferrer">{t('share.open')}</a></figcaption>
        </figure>
      )}
      <Failure error={error.value} />
    </>
  )
}

/** A QR code, dark on light in every theme: readers want it so. */
function Code({ text, label }: { text: string; label: string }): JSX.Element {
  const modules = qr(text)
  const side = modules.length + 8
  const d = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('')
  return <svg viewBox={`0 0 ${side} ${side}`} role="img" aria-label={t('share.code', { label })} shape-rendering="crispEdges"><path d={`M0 0h${side}v${side}h-${side}z`} fill="#fff" /><path d={d} fill="#000" /></svg>
}
