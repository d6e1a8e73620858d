// Keeps the shell of the page, so that it opens without a network: the page itself, its script and its styles. Data are never
// kept here: what the page knows, and what waits to be sent, it keeps itself.
const cacheName = 'fettle-t'
const page = '/t/'

/** Takes the page as it is now and the files that it names; what it no longer names goes. */
async function keep(response) {
  const cache = await caches.open(cacheName)
  const text = await response.clone().text()
  const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((m) => m[1])
  const missing = []
  for (const name of named) if (!(await cache.match(name))) missing.push(name)
  await cache.addAll(missing)
  await cache.put(page, response)
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url)
    if (pathname !== page && !named.includes(pathname)) await cache.delete(request)
  }
}

async function open(event) {
  try {
    const response = await fetch(event.request)
    if (response.ok) event.waitUntil(keep(response.clone()))
    return response
  } catch (failure) {
    const kept = await caches.match(page)
    if (kept) return kept
    throw failure
  }
}

const file = async (request) => (await caches.match(request)) ?? fetch(request)

self.addEventListener('install', (event) => {
  event.waitUntil(fetch(page).then(keep).then(() => self.skipWaiting()))
})
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin) return
  if (request.mode === 'navigate' && pathname.startsWith(page)) event.respondWith(open(event))
  else if (pathname.startsWith('/assets/') || pathname === '/favicon.svg' || pathname.startsWith(page)) event.respondWith(file(request))
})
