import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { when } from '../format.ts'
import { clock, ms, zone } from '../pages/base.ts'
import { Line, Trouble } from '../pages/parts.tsx'
import { say } from '../pages/words.ts'
import { app, type Stop } from './app.ts'
import type { Action, Stage } from './store.ts'

const camera = 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z'

interface Photo { id: string; createTime?: string; contentType?: string; stage?: Stage; caption?: string }

/** Photos of an order: those that wait on this phone, those that the service has, and a button for more. */
export function Photos({ stop, stage }: { stop: Stop; stage: Stage }): JSX.Element {
  const waiting = (app.outbox.value?.waiting ?? []).filter((a) => a.verb === 'photo' && a.orderId === stop.workOrderId)
  return (
    <div class="photos">
      <Take stop={stop} stage={stage} />
      {waiting.length > 0 && <ul class="thumbs" aria-label={say('t.photosWait')}>{waiting.map((a) => <Waiting key={a.file} action={a} />)}</ul>}
      <There orderId={stop.workOrderId} />
    </div>
  )
}

function Take({ stop, stage }: { stop: Stop; stage: Stage }): JSX.Element {
  const error = useSignal('')
  const take = async (input: HTMLInputElement) => {
    error.value = ''
    for (const file of input.files ?? []) {
      await app.attach(stop, file, stage).catch((failure: Error) => (error.value = failure.message === 'tooLarge' ? say('t.photoTooLarge', { name: file.name }) : say('t.kept', { why: failure.message })))
    }
    input.value = ''
  }
  return (
    <>
      <label class="button take"><Line d={camera} />{say(stage === 'AFTER' ? 't.photoAfter' : 't.photo')}
        <input type="file" class="hidden" name={`photo-${stage}`} accept="image/*,video/mp4,video/quicktime" multiple onChange={(e) => void take(e.currentTarget)} />
      </label>
      {error.value && <p class="error" role="alert">{error.value}</p>}
    </>
  )
}

function Waiting({ action }: { action: Action }): JSX.Element {
  const url = useSignal('')
  const video = useSignal(false)
  useEffect(() => {
    void app.outbox.value?.file(action).then((file) => {
      if (!file) return
      video.value = file.type.startsWith('video/')
      url.value = URL.createObjectURL(file)
    })
    return () => URL.revokeObjectURL(url.value)
  }, [action.file])
  const sending = app.outbox.value?.sending.value
  const share = sending?.file === action.file ? Math.round(100 * sending!.share) : -1
  return (
    <li class="waits">
      {url.value && !video.value ? <img src={url.value} alt={say(`t.stage.${action.stage!}`)} /> : <Line d={camera} />}
      <small>{share >= 0 ? `${share} %` : say('t.waits')}</small>
    </li>
  )
}

/** What the service has: read when it is asked for, since each picture costs data. */
function There({ orderId }: { orderId: string }): JSX.Element {
  const photos = useSignal<(Photo & { url: string })[] | null>(null)
  const error = useSignal<unknown>(null)
  const read = async () => {
    if (photos.value) return
    error.value = null
    const path = `/v1/workOrders/${encodeURIComponent(orderId)}/photos`
    try {
      const { body } = await app.credential!.ask<{ photos?: Photo[] }>(path)
      const list = body.photos ?? []
      photos.value = await Promise.all(list.map(async (p) => ({ ...p, url: p.contentType?.startsWith('image/') ? await app.credential!.file(`${path}/${encodeURIComponent(p.id)}/content`) : '' })))
    } catch (failure) {
      error.value = failure
    }
  }
  useEffect(() => () => photos.value?.forEach((p) => URL.revokeObjectURL(p.url)), [])
  return (
    <details onToggle={(e) => void (e.currentTarget.open && read())}>
      <summary>{say('t.photosThere')}</summary>
      <Trouble error={error.value} />
      {photos.value?.length === 0 && <p class="under">{say('t.photosNone')}</p>}
      <ul class="thumbs">
        {photos.value?.map((p) => (
          <li key={p.id}>
            {p.url ? <a href={p.url} target="_blank" rel="noreferrer"><img src={p.url} alt={p.caption || say(`t.stage.${p.stage ?? 'BEFORE'}`)} /></a> : <Line d={camera} />}
            <small>{p.stage ? `${say(`t.stage.${p.stage}`)} ` : ''}{when(ms(p.createTime), clock.now(), zone.value)}</small>
          </li>
        ))}
      </ul>
    </details>
  )
}

/** A place to sign with a finger. What is drawn is read with `file`, null while nothing is. */
export function Signature({ into }: { into: { file: () => Promise<File | null> } }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawn = useSignal(false)
  const last = useRef<[number, number] | null>(null)
  const clear = () => {
    const { current: el } = canvas
    if (!el) return
    el.width = el.clientWidth * 2 // twice the size of the screen, whatever its pixels
    el.height = el.clientHeight * 2
    const c = el.getContext('2d')!
    c.fillStyle = '#fff'
    c.fillRect(0, 0, el.width, el.height)
    c.lineWidth = 5
    c.lineCap = c.lineJoin = 'round'
    c.strokeStyle = '#111'
    drawn.value = false
  }
  useEffect(clear, [])
  into.file = () => new Promise((done) => (drawn.value ? canvas.current!.toBlob((b) => done(b && new File([b], 'signature.png', { type: 'image/png' })), 'image/png') : done(null)))
  const at = (e: PointerEvent): [number, number] => [e.offsetX * 2, e.offsetY * 2]
  const down = (e: PointerEvent) => {
    canvas.current!.setPointerCapture(e.pointerId)
    last.current = at(e)
  }
  const move = (e: PointerEvent) => {
    if (!last.current) return
    const c = canvas.current!.getContext('2d')!
    c.beginPath()
    c.moveTo(...last.current)
    c.lineTo(...(last.current = at(e)))
    c.stroke()
    drawn.value = true
  }
  return (
    <div class="signature">
      <canvas ref={canvas} role="img" aria-label={say(drawn.value ? 't.signed' : 't.signHere')} onPointerDown={down} onPointerMove={move} onPointerUp={() => (last.current = null)} onPointerCancel={() => (last.current = null)} />
      <button type="button" onClick={clear} disabled={!drawn.value}>{say('t.signAgain')}</button>
    </div>
  )
}
