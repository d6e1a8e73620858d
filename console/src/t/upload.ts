import type { Credential } from './credential.ts'
import type { Action } from './store.ts'

const chunkBytes = 256 * 1024 // little enough that a bad network gets one through
const chunkWait = 60_000 // ms
const wholeWait = 300_000

interface Upload { id: string; offset?: string | number; photoId?: string }

/**
 * Sends a photo: chunk by chunk from where the service has got to, so that what has come in once is not sent again. Between two
 * chunks it asks whether to go on. False: it was told to stop.
 */
export async function sendPhoto(credential: Credential, action: Action, file: Blob, goOn: (share: number) => Promise<boolean>): Promise<boolean> {
  const order = `/v1/workOrders/${encodeURIComponent(action.orderId)}`
  if (!crypto.subtle) { // a page that is not served by HTTPS cannot compute the sum that an upload names
    const headers = { 'Content-Type': file.type, 'Idempotency-Key': action.key }
    await credential.ask(`${order}/photos?${new URLSearchParams({ stage: action.stage!, caption: action.reason })}`, { method: 'POST', body: file, headers }, wholeWait)
    return true
  }
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  const sha256 = [...sum].map((b) => b.toString(16).padStart(2, '0')).join('')
  const begun = await credential.post<Upload>(`${order}/uploads`, { sizeBytes: file.size, sha256, stage: action.stage, caption: action.reason }, action.key)
  const path = `${order}/uploads/${encodeURIComponent(begun.body.id)}`
  let { body } = await credential.ask<Upload>(path)
  while (!body.photoId) {
    const offset = Number(body.offset ?? 0)
    if (!(await goOn(offset / file.size))) return false
    const chunk = file.slice(offset, offset + chunkBytes)
    const headers = { 'Content-Type': 'application/octet-stream' }
    body = (await credential.ask<Upload>(`${path}?offset=${offset}`, { method: 'PUT', body: chunk, headers }, chunkWait)).body
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
