/**
 * The pretend Twilio: the Messages API, signed webhooks and a page of phones over real HTTP on loopback.
 * It accepts and refuses what the real one does, so that the adapter, the webhooks and the opt-out rules are tried whole.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createApi } from './api.ts'
import type { Faults } from './api.ts'
import { createDelivery } from './delivery.ts'
import type { Account, CallbackFault, Message, OwnedNumber, Phone, Reach, ReceivedRequest, SendFault, SentWebhook } from './model.ts'
import { createPhones } from './phones.ts'
import type { ReplyProblem } from './phones.ts'
import { refusalJson } from './refusals.ts'
import { wallScheduler } from './scheduler.ts'
import type { Scheduler } from './scheduler.ts'
import { createWorld } from './world.ts'

export { manualScheduler, wallScheduler } from './scheduler.ts'
export { sign } from './sign.ts'
export type { Scheduler } from './scheduler.ts'
export type { Account, Bubble, CallbackFault, Message, OptOutHandling, OwnedNumber, Phone, Reach, SendFault, SentWebhook } from './model.ts'

/** How a pretend Twilio is started. */
export type PretendTwilioOptions = {
  /** 0 takes any free port. */
  readonly port: number
  /** The present, for dates; the demo's clock may be moved. */
  readonly clock: () => Date
  /** Default: the wall clock. Tests pass `manualScheduler()` and await `settled()`. */
  readonly scheduler?: Scheduler
  /** Gets one line a request or webhook: methods, paths and statuses, never numbers or contents. */
  readonly log?: (line: string) => void
  /** Where browsers reach the phones, when that is not `url`. */
  readonly publicUrl?: string
  /** For the times on the phones. Default: UTC. */
  readonly timeZone?: string
}

/** What tests, the seed and the demo do to the pretend world from outside HTTP. */
export type Control = {
  readonly addAccount: (account: Partial<Account>) => Account
  readonly addNumber: (owned: Omit<OwnedNumber, 'smsCapable'> & { readonly smsCapable?: boolean }) => OwnedNumber
  readonly addPhone: (phone: { readonly number: string; readonly label?: string; readonly reach?: Reach }) => Phone
  /** Switches a phone on or off, or makes it unreachable; texts that waited for it are delivered. */
  readonly setReach: (number: string, reach: Reach) => void
  /** Sends a text from a phone and announces it to the number's owner. */
  readonly reply: (number: string, body: string, to?: string) => { readonly sid: string } | ReplyProblem
  /** The next request to send goes wrong like this. Several wait in a row. */
  readonly failNextSend: (fault: SendFault) => void
  /** The status callbacks of the next stored message go wrong like this. */
  readonly disturbNextCallbacks: (fault: CallbackFault) => void
  readonly phones: ReadonlyMap<string, Phone>
  readonly messages: readonly Readonly<Message>[]
  readonly requests: readonly ReceivedRequest[]
  readonly webhooks: readonly SentWebhook[]
}

/** A running pretend Twilio. */
export type PretendTwilio = {
  /** Base URL of the API and of /phones, without a final slash. */
  readonly url: string
  readonly accounts: ReadonlyMap<string, Account>
  readonly numbers: ReadonlyMap<string, OwnedNumber>
  readonly control: Control
  /** Resolves when every callback, webhook and retry is done; with a manual scheduler it also makes them happen. */
  readonly settled: () => Promise<void>
  readonly stop: () => Promise<void>
}

const bodyLimit = 64 * 1024

/** The body, or undefined when it is too long; it is read to its end either way, so that an answer can be given. */
const readBody = async (req: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= bodyLimit) chunks.push(chunk)
  }
  return size <= bodyLimit ? Buffer.concat(chunks).toString('utf8') : undefined
}

const answerJson = (res: ServerResponse, status: number, body: unknown) =>
  res.writeHead(status, { 'content-type': 'application/json', ...(status === 429 && { 'retry-after': '1' }) }).end(JSON.stringify(body))

/** Starts a pretend Twilio on 127.0.0.1. Rejects when the port is taken. */
export const startPretendTwilio = async (options: PretendTwilioOptions): Promise<PretendTwilio> => {
  const log = options.log ?? (() => undefined)
  const scheduler = options.scheduler ?? wallScheduler()
  const faults: Faults = { sends: [], callbacks: [] }
  const requests: ReceivedRequest[] = []
  const world = createWorld(options.clock, (number) => phones.changed(number))
  const delivery = createDelivery(world, scheduler, log)
  const api = createApi(world, delivery, faults)
  const origins = () => [url, options.publicUrl].flatMap((one) => (one === undefined ? [] : [new URL(one).origin]))
  const phones = createPhones(world, delivery, options.timeZone ?? 'UTC', origins)

  const answerApi = (req: IncomingMessage, res: ServerResponse, target: URL, body: string) => {
    const request = { method: req.method ?? '', path: target.pathname, query: target.searchParams, form: new URLSearchParams(body) }
    requests.push(request)
    const answer = api({ ...request, authorization: req.headers.authorization })
    log(
      `${request.method} ${request.path} ${answer.kind === 'json' ? answer.status : answer.kind === 'refusal' ? answer.refusal.code : answer.kind}`,
    )
    if (answer.kind === 'json') answerJson(res, answer.status, answer.json)
    if (answer.kind === 'refusal') answerJson(res, answer.refusal.status, refusalJson(answer.refusal))
    if (answer.kind === 'reset') req.socket.resetAndDestroy()
  }

  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const target = URL.parse(req.url ?? '', 'http://pretend')
    const body = await readBody(req)
    if (target === null || body === undefined) answerJson(res, target === null ? 400 : 413, { code: 20001 })
    else if (target.pathname.startsWith('/2010-04-01/')) answerApi(req, res, target, body)
    else if (target.pathname === '/') res.writeHead(302, { location: '/phones' }).end()
    else phones.handle(req, res, target.pathname, body)
  }

  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy())
  })
  server.listen(options.port, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const control: Control = {
    addAccount: (given) => {
      const account = { sid: world.newSid('AC'), authToken: world.newSid(''), optOut: 'standard' as const, ...given }
      world.accounts.set(account.sid, account)
      return account
    },
    addNumber: (given) => {
      const owned = { smsCapable: true, ...given }
      world.numbers.set(owned.number, owned)
      return owned
    },
    addPhone: ({ number, label, reach }) => {
      const phone = world.phone(number)
      phone.label = label ?? phone.label
      phone.reach = reach ?? phone.reach
      return phone
    },
    setReach: (number, reach) => {
      world.phone(number).reach = reach
      if (reach === 'on') delivery.catchUp(number)
    },
    reply: phones.reply,
    failNextSend: (fault) => faults.sends.push(fault),
    disturbNextCallbacks: (fault) => faults.callbacks.push(fault),
    phones: world.phones,
    messages: world.messages,
    requests,
    webhooks: delivery.sentWebhooks,
  }

  const stop = async () => {
    scheduler.stop()
    phones.close()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  return { url, accounts: world.accounts, numbers: world.numbers, control, settled: scheduler.settled, stop }
}
