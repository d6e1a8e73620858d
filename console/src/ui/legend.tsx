import type { JSX } from 'preact'
import { t } from '../i18n.ts'
import { OrderSign, WorkerSign } from './icons.tsx'

/** What the signs on the map mean. */
export function Legend(): JSX.Element {
  return (
    <details class="legend">
      <summary>{t('legend.title')}</summary>
      <div>
        <h2>{t('legend.orders')}</h2>
        <ul>
          <li><OrderSign tone="late" emergency={false} hollow={false} />{t('legend.late')}</li>
          <li><OrderSign tone="soon" emergency={false} hollow={false} />{t('legend.soon')}</li>
          <li><OrderSign tone="calm" emergency={false} hollow={false} />{t('legend.calm')}</li>
          <li><OrderSign tone="work" emergency={false} hollow={false} />{t('legend.work')}</li>
          <li><OrderSign tone="calm" emergency={false} hollow />{t('legend.hollow')}</li>
          <li><OrderSign tone="late" emergency hollow={false} />{t('legend.emergency')}</li>
        </ul>
        <h2>{t('legend.people')}</h2>
        <ul>
          <li><WorkerSign initials="AB" state="AVAILABLE" stale={false} />{t('worker.AVAILABLE')}</li>
          <li><WorkerSign initials="AB" state="EN_ROUTE" stale={false} />{t('worker.EN_ROUTE')}</li>
          <li><WorkerSign initials="AB" state="WORKING" stale={false} />{t('worker.WORKING')}</li>
          <li><WorkerSign initials="AB" state="" stale />{t('legend.stale')}</li>
        </ul>
      </div>
    </details>
  )
}
