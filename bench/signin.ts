/**
 * Signing in: password with code, and by the token of a session, each beside its floor in the same run; 200 people at once; what the event
 * loop of the server suffers meanwhile. Floors: argon2id alone with the same parameters, two at a time; the least HTTP server that looks a
 * token's hash up in PostgreSQL.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { wardlineFeatures } from '@wardline/app-server'
import { bySystem, kekFrom, newId, openLedger, openLog, startServer } from '@wardline/platform/server'
import { enrolTotp } from '@wardline/product/access/mfa/server'
import { createOrganisation, createPerson } from '@wardline/product/access/provisioning/server'
import { hashPassword, setPassword, verifyPassword } from '@wardline/product/access/sign-in/server'
import { plain, publish, rate } from './lib/figures.ts'
import type { Figure } from './lib/figures.ts'
import type { SignInReport, SignInTask } from './lib/signin-process.ts'
import { openStage, progress } from './lib/stage.ts'
import type { Stage } from './lib/stage.ts'

const quick = process.argv.includes('--quick')
const people = quick ? 40 : 200
const tokens = quick ? 4_000 : 20_000
const password = 'correct horse battery'
const figures: Figure[] = []

interface Member {
  readonly name: string
  readonly key: Buffer
}

/** An organisation whose people have password and authenticator. */
async function hire(stage: Stage): Promise<Member[]> {
  const { databaseUrl, keysFolder, kek } = stage.serverOptions
  const keys = await openLedger(keysFolder, kekFrom(Buffer.from(kek, 'base64')))
  const server = await startServer({
    features: wardlineFeatures(),
    databaseUrl,
    keys,
    log: openLog({ level: 'error' }),
    port: 0,
    version: 'bench',
  })
  const org = newId()
  const members: Member[] = []
  try {
    await server.db.write(org, bySystem, (tx) => createOrganisation(tx, { name: 'Bench', zone: 'UTC', preset: 'hospital' }))
    for (let i = 0; i < people; i += 1) {
      const member = { name: `bench.${i}`, key: randomBytes(20) }
      await server.db.write(org, bySystem, async (tx) => {
        const person = await createPerson(tx, { signInName: member.name, name: 'Bench', title: '', roles: ['clinician'] })
        await setPassword(tx, keys, { person, password })
        await enrolTotp(tx, keys, { person, key: member.key })
      })
      members.push(member)
      progress('people', i + 1, people)
    }
  } finally {
    await server.stop()
    await keys.close()
  }
  return members
}

/** A process that serves: ours, or the floor of tokens. */
async function serve(
  task: SignInTask,
): Promise<{ port: number; child: ChildProcess; report: () => Promise<SignInReport>; stop: () => Promise<void> }> {
  const child = fork(path.join(import.meta.dirname, 'lib/signin-process.ts'), [JSON.stringify(task)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const next = <T>() =>
    new Promise<T>((resolve, reject) => {
      child.once('message', (message) => resolve(message as T))
      child.once('exit', (code) => reject(new Error(`the server ended with ${String(code)}`)))
    })
  const { port } = await next<{ port: number }>()
  return {
    port,
    child,
    report() {
      const answer = next<SignInReport>()
      child.send('report')
      return answer
    },
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
interface Answer {
  readonly status: number
  readonly cookie: string
  readonly body: string
}

function ask(port: number, method: string, at: string, it: { body?: unknown; cookie?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      agent,
      port,
      host: '127.0.0.1',
      method,
      path: at,
      headers: { 'x-wardline': '1', 'content-type': 'application/json', ...(it.cookie === undefined ? {} : { cookie: it.cookie }) },
    })
    sent.on('error', reject)
    sent.on('response', (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (body += part))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, cookie: String(answer.headers['set-cookie']?.[0] ?? '').split(';')[0]!, body }),
      )
    })
    sent.end(it.body === undefined ? undefined : JSON.stringify(it.body))
  })
}

/** Runs all works, `atOnce` of them at a time; returns seconds. */
async function timed(works: readonly (() => Promise<void>)[], atOnce: number): Promise<number> {
  const began = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(atOnce, works.length) }, async () => {
      while (next < works.length) await works[next++]!()
    }),
  )
  return (performance.now() - began) / 1000
}

/** The authenticator's code (RFC 6238). */
function codeNow(key: Buffer): string {
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  const at = mac.at(-1)! & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

async function signInBoth(port: number, member: Member): Promise<string> {
  const first = await ask(port, 'POST', '/api/v1/sign-in', { body: { name: member.name, password } })
  if (first.status !== 200) throw new Error(`password: ${first.status} ${first.body}`)
  const { ticket } = JSON.parse(first.body) as { ticket: string }
  const code = codeNow(member.key)
  const second = await ask(port, 'POST', '/api/v1/sign-in/code', { body: { ticket, code } })
  if (second.status !== 200) throw new Error(`code: ${second.status} ${second.body}`)
  return second.cookie
}

/** argon2id and nothing else: what two at a time can verify. */
async function argonFloor(): Promise<number> {
  const stored = await hashPassword(password)
  const works = Array.from({ length: people }, () => async () => void (await verifyPassword(stored, password)))
  return people / (await timed(works, 2))
}

const stage = await openStage()
try {
  const members = await hire(stage)
  const argon = await argonFloor()
  const ours = await serve({ kind: 'wardline', ...stage.serverOptions })
  await ours.report()
  const cookies: string[] = []
  const lasts: number[] = []
  const began = performance.now()
  // All at once: each waits for its turn at the server, not here.
  const seconds = await timed(
    members.map((member) => async () => {
      cookies.push(await signInBoth(ours.port, member))
      lasts.push((performance.now() - began) / 1000)
    }),
    people,
  )
  const afterPasswords = await ours.report()
  figures.push(rate('password and code', people / seconds, ' sign-ins/s', argon, 'argon2id alone'))
  figures.push(plain(`last of ${people} at once is in after (goal 10 s)`, Math.max(...lasts), ' s'))
  figures.push(plain('event loop delay meanwhile, p99 (goal 20 ms)', afterPasswords.p99, ' ms'))

  const byToken = async (port: number, at: string) => {
    const works = Array.from({ length: tokens }, (_, i) => async () => {
      const answer = await ask(port, 'GET', at, { cookie: cookies[i % cookies.length]! })
      if (answer.status !== 200) throw new Error(`token: ${answer.status} ${answer.body}`)
    })
    await timed(works.slice(0, tokens / 10), 64)
    return tokens / (await timed(works, 64))
  }
  await ours.report()
  const tokenRate = await byToken(ours.port, '/api/v1/sessions')
  const afterTokens = await ours.report()
  await ours.stop()
  const floor = await serve({ kind: 'floor', ...stage.serverOptions })
  const tokenFloor = await byToken(floor.port, '/')
  await floor.stop()
  figures.push(rate('signed in by a session’s token', tokenRate, ' requests/s', tokenFloor, 'one look-up, bare HTTP'))
  figures.push(plain('event loop delay meanwhile, p99 (goal 20 ms)', afterTokens.p99, ' ms'))
} finally {
  agent.destroy()
  await stage.close()
}
publish('signin', figures, path.join(import.meta.dirname, '..'))
