import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A pretend vendor on this machine. */
export interface PretendServer {
  readonly url: string
  /** Paths with their query, in the order in which they were asked. */
  readonly asked: readonly string[]
  /** The next answers, before the server goes on by itself: too many requests, a redirect, an error. */
  readonly instead: { status: number; headers?: Record<string, string>; body?: string }[]
  close(): Promise<void>
}

/** A request as a handler sees it. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly form: URLSearchParams
  readonly bearer: string
}

/** What a handler answers; JSON. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Starts a server that answers JSON by `handle`. */
export async function pretend(handle: (asked: Asked) => Answer): Promise<PretendServer> {
  const asked: string[] = []
  const instead: PretendServer['instead'] = []
  const server = createServer((request, response) => void respond(request, response))
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part as string
    const url = new URL(request.url ?? '/', 'http://pretend')
    asked.push(`${url.pathname}${url.search}`)
    const isToken = request.method === 'POST'
    const first = isToken ? undefined : instead.shift()
    if (first) {
      response.writeHead(first.status, first.headers).end(first.body ?? '')
      return
    }
    const form = new URLSearchParams(text)
    const answer = handle({
      method: request.method ?? 'GET',
      url,
      form,
      bearer: /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '',
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    instead,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
