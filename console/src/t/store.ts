// What a phone keeps through reloads and days without a network: actions that are not answered yet with their photos, and the
// last list of stops.

export type Verb = 'accept' | 'decline' | 'depart' | 'arrive' | 'start' | 'pause' | 'resume' | 'complete' | 'startShift' | 'endShift' | 'photo' | 'note'
export type Stage = 'BEFORE' | 'AFTER' | 'SIGNATURE'

/** One tap that the service has not answered, or has refused. */
export interface Action {
  /** Place in the order of taps; the store counts. */
  seq?: number
  /** Idempotency key: it stays the same however often the action is sent. */
  key: string
  technicianId: string
  /** '' for a verb on the technician. */
  orderId: string
  title: string
  verb: Verb
  /** Of a note: its words. */
  reason: string
  /** When it was tapped, of the service's time. */
  at: number
  /** Of a photo: the name of its file in the store, and what it shows. */
  file?: string
  stage?: Stage
  /** Why nothing came of it; status 200 says that it came too late and is kept as history. */
  refused?: { status: number; reason: string; detail: string; state: string }
}

/** The last answer that was read. */
export interface Kept { technicianId: string; at: number; etag: string; stops: unknown[]; person: unknown }

const name = 'fettle-t'
const version = 2

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
}

/** The database of the page. A change has reached the disk of the phone when its promise resolves. */
export class Store {
  private constructor(private readonly db: IDBDatabase) {
    db.onversionchange = () => db.close() // another window has a newer page
  }

  static async open(): Promise<Store> {
    const request = indexedDB.open(name, version)
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore('actions', { keyPath: 'seq', autoIncrement: true })
        request.result.createObjectStore('kept', { keyPath: 'technicianId' })
      }
      request.result.createObjectStore('files')
    }
    return new Store(await done(request))
  }

  async actions(technicianId: string): Promise<Action[]> {
    const all = await done<Action[]>(this.db.transaction('actions').objectStore('actions').getAll())
    return all.filter((a) => a.technicianId === technicianId)
  }

  /** Keeps an action, and its file with it. */
  add(action: Action, file?: Blob): Promise<void> {
    return this.change((tx) => {
      tx.objectStore('actions').add(action)
      if (file && action.file) tx.objectStore('files').put(file, action.file)
    })
  }

  put(action: Action): Promise<void> { return this.change((tx) => tx.objectStore('actions').put(action)) }

  remove(action: Action): Promise<void> {
    return this.change((tx) => {
      tx.objectStore('actions').delete(action.seq!)
      if (action.file) tx.objectStore('files').delete(action.file)
    })
  }

  file(file: string): Promise<Blob | undefined> { return done<Blob | undefined>(this.db.transaction('files').objectStore('files').get(file)) }

  kept(technicianId: string): Promise<Kept | undefined> {
    return done<Kept | undefined>(this.db.transaction('kept').objectStore('kept').get(technicianId))
  }

  keep(kept: Kept): Promise<void> { return this.change((tx) => tx.objectStore('kept').put(kept)) }

  private change(what: (tx: IDBTransaction) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const tx = this.db.transaction(['actions', 'kept', 'files'], 'readwrite', { durability: 'strict' })
      what(tx)
      tx.oncomplete = () => resolve()
      tx.onerror = tx.onabort = () => reject(tx.error ?? new Error('IndexedDB'))
    })
  }
}
