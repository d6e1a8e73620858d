import type { Answer } from './http.ts'

const chunkBytes = 256 * 1024 // little enough that a bad network gets one through
const chunkWait = 60_000 // ms
const wholeWait = 300_000

/** What signs requests. */
export interface Asker {
  ask<T>(path: string, init?: RequestInit, wait?: number): Promise<Answer<T>>
  post<T>(path: string, body: unknown, key: string): Promise<Answer<T>>
}

/** A photo or video on its way to an order; the key stays the same however often it is sent. */
export interface Picture { orderId: string; key: string; stage: 'BEFORE' | 'AFTER' | 'SIGNATURE'; caption: string; file: Blob }

interface Upload { id: string; offset?: string | number; photoId?: string }

/**
 * Sends a photo: chunk by chunk from where the service has got to, so that what has come in once is not sent again. Between two
 * chunks it asks whether to go on. False: it was told to stop.
 */
export async function sendPhoto(asker: Asker, { orderId, key, stage, caption, file }: Picture, goOn: (share: number) => Promise<boolean>): Promise<boolean> {
  const order = `/v1/workOrders/${encodeURIComponent(orderId)}`
  if (!crypto.subtle) { // a page that is not served by HTTPS cannot compute the sum that an upload names
    const headers = { 'Content-Type': file.type, 'Idempotency-Key': key }
    await asker.ask(`${order}/photos?${new URLSearchParams({ stage, caption })}`, { method: 'POST', body: file, headers }, wholeWait)
    return true
  }
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  const sha256 = [...sum].map((b) => b.toString(16).padStart(2, '0')).join('')
  const begun = await asker.post<Upload>(`${order}/uploads`, { sizeBytes: file.size, sha256, stage, caption }, key)
  const path = `${order}/uploads/${encodeURIComponent(begun.body.id)}`
  let { body } = await asker.ask<Upload>(path)
  while (!body.photoId) {
    const offset = Number(body.offset ?? 0)
    if (!(await goOn(offset / file.size))) return false
    const chunk = file.slice(offset, offset + chunkBytes)
    const headers = { 'Content-Type': 'application/octet-stream' }
    body = (await asker.ask<Upload>(`${path}?offset=${offset}`, { method: 'PUT', body: chunk, headers }, chunkWait)).body
  }
  return true
}

const longest = 2560 // px: the service keeps no more
const quality = 0.85
const mostBytes = 32 << 20

/** A picture as it is kept on the phone: no larger than the service keeps it. Throws the word for what cannot be taken. */
export async function shrink(file: File): Promise<Blob> {
  const small = file.type.startsWith('image/') ? await smaller(file).catch(() => null) : null
  const out = small && small.size < file.size ? small : file
  if (out.size > mostBytes) throw new Error('tooLarge')
  return out
}

async function smaller(file: File): Promise<Blob | null> {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
  return new Promise((done) => canvas.toBlob(done, 'image/jpeg', quality))
}
