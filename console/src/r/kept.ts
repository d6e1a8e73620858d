// Pictures that a tenant has taken and that have not arrived yet: they stay on the phone when the page is closed.
import type { Picture } from '../pages/upload.ts'

/** A picture with the link by which it is sent: the end of its token, which opens nothing. */
export interface Kept extends Picture { link: string; at: number }

const name = 'fettle-r'
const store = 'pictures'
const longest = 7 * 24 * 3600_000 // what is older goes unsent: the repair is over

const done = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result)
  request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
})

let opened: Promise<IDBDatabase> | null = null
function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(store, { keyPath: 'key' })
  return done(request)
}

async function change(what: (pictures: IDBObjectStore) => void): Promise<void> {
  const tx = (await (opened ??= open())).transaction(store, 'readwrite', { durability: 'strict' })
  what(tx.objectStore(store))
  await new Promise<void>((resolve, reject) => {
    tx.oncomplete = () => resolve()
    tx.onerror = tx.onabort = () => reject(tx.error ?? new Error('IndexedDB'))
  })
}

/** Keeps pictures; false where the phone keeps nothing, as in a private window. */
export const keep = (pictures: Kept[]): Promise<boolean> => change((s) => pictures.forEach((p) => s.put(p))).then(() => true, () => false)

/** Forgets a picture that has arrived, or that nobody takes. */
export const forget = (key: string): Promise<void> => change((s) => s.delete(key)).catch(() => undefined)

/** What a link has still to send, the oldest first. */
export async function left(link: string, orderId: string): Promise<Kept[]> {
  try {
    const all = await done<Kept[]>((await (opened ??= open())).transaction(store).objectStore(store).getAll())
    for (const p of all) if (Date.now() - p.at > longest) void forget(p.key)
    return all.filter((p) => (p.link === link || p.orderId === orderId) && Date.now() - p.at <= longest).sort((a, b) => a.at - b.at)
  } catch {
    return []
  }
}
