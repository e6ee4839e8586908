import { glob, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { ServerOptions } from '@wardline/platform/server'
import { browserOf } from '@wardline/product/team/devices/preview'
import type { BrowserHeaders } from '@wardline/product/team/devices/preview'
import { baseline, judgeBrowser } from '@wardline/product/team/devices/rules'

type Pages = NonNullable<ServerOptions['pages']>

/** Paths that are never a page of the web app. */
const notPages = /^\/(api|health|metrics|assets)(\/|$)/

/** By this the web app knows that it shows a demonstration, and says so on every page. */
const demoMark = '<meta name="wardline-demo" content="yes" />'

const missing = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Wardline: the web app is not built</title></head>
<body>
<h1>The web app is not built</h1>
<p>The server runs, but there are no pages to show. Nothing is lost.</p>
<p>Whoever runs it: <code>npm run build</code>, then load this page again.</p>
</body>
</html>
`

/** The page for a browser that the web app cannot run in, in HTML that every browser shows; null for one that is new enough or unknown. */
function tooOldPage(headers: BrowserHeaders): string | null {
  const found = browserOf(headers)
  if (judgeBrowser(found) !== 'old') return null
  const { chrome, edge, firefox, safari } = baseline
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Wardline: this browser is too old</title></head>
<body>
<h1>This browser is too old</h1>
<p>It says that it is ${found.browser.slice(0, 1).toUpperCase()}${found.browser.slice(1)} ${found.version}. It lacks the encryption that protects messages, or no longer gets security fixes.</p>
<p>Wardline needs Chrome ${chrome}, Edge ${edge}, Firefox ${firefox} or Safari ${safari}, or newer. Update this browser or use another device.</p>
<p>Nothing was lost: messages wait, and urgent calls still reach your phone.</p>
</body>
</html>
`
}

/**
 * The built web app in `dist`: hashed files under /assets may be kept for ever, other files are asked for again, and every other path that
 * a browser opens gets index.html, never kept, so that a new version reaches everybody at the next load. Without a build it says so (503).
 */
export const webPages =
  (dist: string, options: { readonly demo?: boolean } = {}): Pages =>
  async (app) => {
    const assets = path.join(dist, 'assets')
    await app.register(fastifyStatic, { root: dist, serve: false, suppressWarning: true, dotfiles: 'deny' })
    app.get('/assets/*', (request, reply) => {
      const file = (request.params as { '*': string })['*']
      return reply.sendFile(file, assets, { immutable: true, maxAge: '365d', dotfiles: 'deny' })
    })
    for (const file of await otherFiles(dist))
      app.get(`/${file}`, (_request, reply) => reply.header('cache-control', 'no-cache').sendFile(file, dist, { cacheControl: false }))
    app.get('/*', async (request, reply) => {
      const [pathname = '/'] = request.url.split('?')
      const wanted = pathname === '/' || (request.headers.accept ?? '').includes('text/html')
      if (!wanted || notPages.test(pathname)) {
        reply.callNotFound()
        return reply
      }
      const old = tooOldPage(request.headers)
      if (old !== null) return reply.code(403).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(old)
      const index = await readFile(path.join(dist, 'index.html'), 'utf8').catch(() => null)
      return reply
        .code(index === null ? 503 : 200)
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        .send(index === null ? missing : options.demo ? index.replace('<head>', `<head>${demoMark}`) : index)
    })
  }

/** Files beside index.html and the assets: icons, the manifest, a service worker. */
async function otherFiles(dist: string): Promise<string[]> {
  const files: string[] = []
  for await (const file of glob('**/*', { cwd: dist, exclude: ['assets/**', 'index.html'] }))
    if ((await stat(path.join(dist, file))).isFile()) files.push(file.split(path.sep).join('/'))
  return files
}
