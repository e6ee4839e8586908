/**
 * The service worker: it keeps the files of this build, so that the page opens without a connection and what waits on the device is not out
 * of reach. It never keeps an answer of the API: nothing that people wrote and no patient is in its cache.
 */

/** The files of this build and a name for all of them; written in when it is built. */
const { build, files } = JSON.parse('%BUILD%') as { readonly build: string; readonly files: readonly string[] }

/** Any address of the application gives its page; this one is never sent elsewhere. */
const page = '/settings'
const name = `wardline ${build}`

type Extendable = Event & { waitUntil: (work: Promise<unknown>) => void }
type Fetching = Event & { readonly request: Request; respondWith: (answer: Promise<Response>) => void }
type Scope = {
  addEventListener(type: 'install' | 'activate', hear: (event: Extendable) => void): void
  addEventListener(type: 'fetch', hear: (event: Fetching) => void): void
  skipWaiting: () => Promise<void>
  readonly clients: { claim: () => Promise<void> }
}
const scope = globalThis as unknown as Scope

const keep = async () => {
  const cache = await caches.open(name)
  await cache.addAll([...files])
  await cache.put(page, await fetch(page, { headers: { accept: 'text/html' }, cache: 'no-store' }))
  await scope.skipWaiting()
}

const tidy = async () => {
  for (const old of await caches.keys()) if (old !== name) await caches.delete(old)
  await scope.clients.claim()
}

const kept = async (url: string): Promise<Response> => (await caches.match(url)) ?? Response.error()

scope.addEventListener('install', (event) => event.waitUntil(keep()))
scope.addEventListener('activate', (event) => event.waitUntil(tidy()))
scope.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== location.origin || /^\/(api|demo|health|metrics)(\/|$)/.test(pathname)) return
  if (files.includes(pathname)) return event.respondWith(caches.match(pathname).then((found) => found ?? fetch(request)))
  // The server first, so that a new version reaches everybody at the next load.
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => kept(page)))
})
