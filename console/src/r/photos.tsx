import { signal, useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ask, newKey, passing, post } from '../pages/http.ts'
import { Line, Trouble } from '../pages/parts.tsx'
import { sendPhoto, shrink, type Asker, type Picture } from '../pages/upload.ts'
import { say } from '../pages/words.ts'
import { app } from './app.ts'
import { forget, keep, left } from './kept.ts'

const camera = 'M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z'
const retryMs = 3_000

interface Photo { id: string; contentType?: string; stage?: 'BEFORE' | 'AFTER' | 'SIGNATURE'; caption?: string }
interface Sending extends Picture { share: number; error: unknown }

/** Signs requests with the token of the link. */
export const asker: Asker = { ask: (path, init, wait) => ask(app.token, path, init, wait), post: (path, body, key) => post(app.token, path, body, key) }
const sending = signal<Sending[]>([])
/** Rises when a photo has arrived. */
const arrived = signal(0)
let busy = false

/** Whether the phone keeps what is on its way when the page is closed. */
const keeps = signal(false)
const link = (): string => app.token.slice(-24)

/** Sends pictures to an order, one after the other, in the background; what the network takes away is sent again, also by the next page. */
export function sendPhotos(orderId: string, files: Blob[]): void {
  const taken = files.map((file) => ({ orderId, file, key: newKey(), stage: 'BEFORE' as const, caption: '' }))
  void keep(taken.map((p, i) => ({ ...p, link: link(), at: Date.now() + i }))).then((kept) => (keeps.value = kept))
  queue(taken)
}

function queue(pictures: Picture[]): void {
  const fresh = pictures.filter((p) => !sending.value.some((s) => s.key === p.key))
  sending.value = [...sending.value, ...fresh.map((p) => ({ ...p, share: 0, error: null }))]
  void drain()
}

/** Goes on with what a page that was closed has not sent. */
async function resume(orderId: string): Promise<void> {
  const pictures = await left(link(), orderId)
  if (pictures.length > 0) keeps.value = true
  queue(pictures)
}

async function drain(): Promise<void> {
  if (busy) return
  busy = true
  for (let next; (next = sending.value.find((s) => !s.error)); ) {
    const { key } = next
    const put = (change: Partial<Sending>) => (sending.value = sending.value.map((s) => (s.key === key ? { ...s, ...change } : s)))
    try {
      await sendPhoto(asker, next, async (share) => Boolean(put({ share })))
      void forget(key)
      sending.value = sending.value.filter((s) => s.key !== key)
      arrived.value++
    } catch (failure) {
      if (passing(failure)) await new Promise((done) => setTimeout(done, retryMs))
      else {
        void forget(key)
        put({ error: failure })
      }
    }
  }
  busy = false
}

/** Takes pictures with the camera or from the phone. What is too large is said at once. */
export function Take({ take, label }: { take: (files: Blob[]) => void; label: string }): JSX.Element {
  const error = useSignal('')
  const took = async (input: HTMLInputElement) => {
    error.value = ''
    const out: Blob[] = []
    for (const file of input.files ?? []) await shrink(file).then((b) => out.push(b), () => (error.value = say('t.photoTooLarge', { name: file.name })))
    input.value = ''
    if (out.length > 0) take(out)
  }
  return (
    <>
      <label class="button take"><Line d={camera} />{label}
        <input type="file" class="hidden" name="photo" accept="image/*,video/mp4,video/quicktime" multiple onChange={(e) => void took(e.currentTarget)} />
      </label>
      {error.value && <p class="error" role="alert">{error.value}</p>}
    </>
  )
}

/** A picture that is on the phone. */
export function Thumb({ file, children }: { file: Blob; children: preact.ComponentChildren }): JSX.Element {
  const url = useSignal('')
  useEffect(() => {
    url.value = URL.createObjectURL(file)
    return () => URL.revokeObjectURL(url.value)
  }, [file])
  return <li>{url.value && file.type.startsWith('image/') ? <img src={url.value} alt={say('r.photo')} /> : <Line d={camera} />}<small>{children}</small></li>
}

/** Photos of a repair: those that are there, those on their way, and a button for more. */
export function Photos({ orderId, more }: { orderId: string; more: boolean }): JSX.Element | null {
  const there = useSignal<(Photo & { url: string })[]>([])
  const error = useSignal<unknown>(null)
  useEffect(() => {
    let current = true
    void read(orderId, there.value).then((list) => current && (there.value = list), (failure: unknown) => (error.value = failure))
    return () => void (current = false)
  }, [orderId, arrived.value, app.track.value?.stage])
  useEffect(() => void resume(orderId), [orderId])
  const own = sending.value.filter((s) => s.orderId === orderId)
  if (!more && there.value.length + own.length === 0) return null
  return (
    <section class="box">
      <h2>{say('r.photos')}</h2>
      <ul class="thumbs">
        {there.value.map((p) => (
          <li key={p.id}>{p.url ? <a href={p.url} target="_blank" rel="noreferrer"><img src={p.url} alt={p.caption || say(`t.stage.${p.stage ?? 'BEFORE'}`)} /></a> : <Line d={camera} />}<small>{p.stage && say(`t.stage.${p.stage}`)}</small></li>
        ))}
        {own.map((s) => <Thumb key={s.key} file={s.file}>{s.error ? '' : `${Math.round(100 * s.share)} %`}</Thumb>)}
      </ul>
      {keeps.value && own.some((s) => !s.error) && <p class="under">{say('r.photosKept')}</p>}
      {own.filter((s) => s.error).map((s) => <Trouble key={s.key} error={s.error} />)}
      <Trouble error={error.value} />
      {more && <Take label={say('r.photoAdd')} take={(files) => sendPhotos(orderId, files)} />}
    </section>
  )
}

/** Reads the pictures that are there; those that the page has are not read again. */
async function read(orderId: string, known: (Photo & { url: string })[]): Promise<(Photo & { url: string })[]> {
  const path = `/v1/workOrders/${encodeURIComponent(orderId)}/photos`
  const { body } = await ask<{ photos?: Photo[] }>(app.token, path)
  return Promise.all((body.photos ?? []).map(async (p) => known.find((k) => k.id === p.id) ?? { ...p, url: p.contentType?.startsWith('image/') ? await picture(`${path}/${encodeURIComponent(p.id)}/content`) : '' }))
}

async function picture(path: string): Promise<string> {
  const response = await fetch(path, { headers: { Authorization: `Bearer ${app.token}` } }).catch(() => null)
  return response?.ok ? URL.createObjectURL(await response.blob()) : ''
}
