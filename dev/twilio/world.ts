/** What the pretend Twilio knows: accounts, numbers, messages, phones and who has opted out. Kept in memory. */
import { randomBytes } from 'node:crypto'
import { keywordOf, standardAnswers } from './keywords.ts'
import type { Account, Bubble, KeywordType, Message, OwnedNumber, Phone } from './model.ts'
import { segmentsOf } from './segments.ts'

/** A text that a phone has sent, and what Twilio does about it. */
export type Inbound = {
  readonly message: Message
  readonly account: Account
  readonly owned: OwnedNumber
  readonly keyword: KeywordType | undefined
}

/** The world's state and the few ways to change it. */
export type World = ReturnType<typeof createWorld>

/** An empty world. `now` dates everything; `changed` is told the number of every phone whose screen changed. */
export const createWorld = (now: () => Date, changed: (number: string) => void) => {
  const accounts = new Map<string, Account>()
  const numbers = new Map<string, OwnedNumber>()
  const messages: Message[] = []
  const phones = new Map<string, Phone>()
  const blocked = new Set<string>()

  const newSid = (prefix: string) => prefix + randomBytes(16).toString('hex')
  // Advanced Opt-Out belongs to the messaging service, so it covers every number of the account.
  const pair = (account: Account, own: string, phone: string) => `${account.optOut === 'advanced' ? account.sid : own} ${phone}`

  const phone = (number: string): Phone => {
    const known = phones.get(number) ?? { number, label: '', reach: 'on' as const, bubbles: [] }
    phones.set(number, known)
    return known
  }

  const show = (number: string, bubble: Omit<Bubble, 'at'>) => {
    phone(number).bubbles.push({ ...bubble, at: now() })
    changed(number)
  }

  const store = (message: Omit<Message, 'sid' | 'segments' | 'created' | 'updated' | 'sent' | 'errorCode'>): Message => {
    const at = now()
    const sid = newSid(message.media > 0 ? 'MM' : 'SM')
    const stored: Message = { ...message, sid, segments: segmentsOf(message.body), created: at, updated: at, sent: null, errorCode: null }
    messages.push(stored)
    return stored
  }

  const isBlocked = (account: Account, own: string, number: string): boolean => blocked.has(pair(account, own, number))

  /** Moves an outbound message on; a delivered one appears on the phone. */
  const move = (message: Message, status: 'sent' | 'delivered' | 'undelivered', errorCode: number | null = null) => {
    message.status = status
    message.errorCode = errorCode
    message.updated = now()
    message.sent ??= message.updated
    if (status === 'delivered') show(message.to, { sid: message.sid, direction: 'received', peer: message.from, body: message.body })
  }

  /** Opt-out state and Twilio's own answer, which comes only when the state changes (HELP: always). */
  const applyKeyword = (account: Account, own: string, number: string, type: KeywordType) => {
    const key = pair(account, own, number)
    if (type === 'STOP' && blocked.has(key)) return
    if (type === 'START' && !blocked.delete(key)) return
    if (type === 'STOP') blocked.add(key)
    const answer = (account.optOut === 'advanced' ? account.answers?.[type] : undefined) ?? standardAnswers[type]
    show(number, { sid: newSid('SM'), direction: 'received', peer: own, body: answer })
  }

  /** A text from a phone to one of the accounts' numbers; undefined when nobody owns that number. */
  const receive = (from: string, to: string, body: string): Inbound | undefined => {
    const owned = numbers.get(to)
    const account = owned && accounts.get(owned.accountSid)
    if (owned === undefined || account === undefined) return undefined
    const keyword = keywordOf(account, body)
    const text = {
      accountSid: account.sid,
      direction: 'inbound',
      from,
      to,
      body,
      media: 0,
      statusCallback: null,
      status: 'received',
    } as const
    const message = store(text)
    message.sent = message.created
    show(from, { sid: message.sid, direction: 'sent', peer: to, body })
    if (keyword !== undefined) applyKeyword(account, to, from, keyword)
    return { message, account, owned, keyword }
  }

  /** The numbers that this phone can no longer get texts from. */
  const blockedFor = (number: string): readonly string[] =>
    [...numbers.values()].flatMap(({ number: own, accountSid }) => {
      const account = accounts.get(accountSid)
      return account !== undefined && isBlocked(account, own, number) ? [own] : []
    })

  return { accounts, numbers, messages, phones, phone, store, move, receive, isBlocked, blockedFor, newSid, now, changed }
}
