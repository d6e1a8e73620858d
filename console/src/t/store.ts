// What a phone keeps through reloads and days without a network: actions that are not answered yet, and the last list of stops.

export type Verb = 'accept' | 'decline' | 'depart' | 'arrive' | 'start' | 'pause' | 'resume' | 'complete' | 'startShift' | 'endShift'

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
  reason: string
  /** When it was tapped, of the service's time. */
  at: number
  refused?: { status: number; reason: string; detail: string; state: string }
}

/** The last answer that was read. */
export interface Kept { technicianId: string; at: number; etag: string; stops: unknown[]; person: unknown }

const name = 'fettle-t'

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB'))
  })
}

/** The database of the page. A change has reached the disk of the phone when its promise resolves. */
export class Store {
  private constructor(private readonly db: IDBDatabase) {}

  static async open(): Promise<Store> {
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('actions', { keyPath: 'seq', autoIncrement: true })
      request.result.createObjectStore('kept', { keyPath: 'technicianId' })
    }
    return new Store(await done(request))
  }

  async actions(technicianId: string): Promise<Action[]> {
    const all = await done<Action[]>(this.db.transaction('actions').objectStore('actions').getAll())
    return all.filter((a) => a.technicianId === technicianId)
  }

  add(action: Action): Promise<void> { return this.change('actions', (s) => s.add(action)) }
  put(action: Action): Promise<void> { return this.change('actions', (s) => s.put(action)) }
  remove(seq: number): Promise<void> { return this.change('actions', (s) => s.delete(seq)) }

  kept(technicianId: string): Promise<Kept | undefined> {
    return done<Kept | undefined>(this.db.transaction('kept').objectStore('kept').get(technicianId))
  }

  keep(kept: Kept): Promise<void> { return this.change('kept', (s) => s.put(kept)) }

  private change(store: string, what: (s: IDBObjectStore) => IDBRequest): Promise<void> {
    return new Promise((resolve, reject) => {
      const tx = this.db.transaction(store, 'readwrite', { durability: 'strict' })
      what(tx.objectStore(store))
      tx.oncomplete = () => resolve()
      tx.onerror = tx.onabort = () => reject(tx.error ?? new Error('IndexedDB'))
    })
  }
}
