import type { Failure } from '@wardline/platform/contract'
import type { NamedHand } from '@wardline/product/team/conversations/client'
import type { RekeyWord } from '@wardline/product/team/conversations/contract'
import type { SendRefusalCode } from '@wardline/product/team/messages/contract'
import type { Alarm } from '@wardline/product/team/devices/client'
import type { Vouched } from '@wardline/product/team/lost-keys/client'

// What screens, tests and programs see of a device's engine. All of it survives postMessage: plain data, no keys, no functions but these.

/**
 * Where this device stands. `other-tab`: another tab of this browser holds the device and does not answer; `alarm`: something that
 * everything else is verified from has changed (see `alarms`), nothing is sent or believed until a person has looked.
 */
export type TeamStatus = 'starting' | 'needs-new-person' | 'needs-recovery-key' | 'ready' | 'locked' | 'other-tab' | 'revoked' | 'alarm'

/** The connection. `offline`: what is written waits; `signed-out`: the session has ended, sign in again. */
export type Connection = 'connecting' | 'open' | 'offline' | 'signed-out'

/** The state of the whole engine. */
export interface TeamState {
  readonly status: TeamStatus
  readonly connection: Connection
  /** When the server was last heard, by the server's clock, ms; null: never since the start. A screen shows it once it is older than 15 s. */
  readonly asOf: number | null
  readonly organisation: string | null
  readonly person: string
  readonly device: string | null
  /** False until `confirmRecoveryKey`: the key may have been lost with the page, so offer `newRecoveryKey`. */
  readonly recoveryKeyKept: boolean
  /** Fingerprint of the organisation's root that this device has pinned, 64 hex digits, to compare with the printed one. */
  readonly root: string | null
  readonly alarms: readonly Alarm[]
  /** Messages that wait to be sent, over all conversations. */
  readonly waiting: number
  /** Where this device keeps messages and keys: in the browser, encrypted, or nowhere. */
  readonly storage: 'cache' | 'memory'
  /** Whether the organisation lets it keep them, as far as is known. */
  readonly mayKeep: boolean
  /**
   * Nothing may be kept here any more, and forgetting waits, because it would destroy for good: `waiting`: what is not sent yet; `no-way-back`: the
   * only keys, with no recovery key confirmed and no passkey. Null: nothing holds it back.
   */
  readonly holdsBack: 'waiting' | 'no-way-back' | null
  /** The server does not take what this device leaves there, for example because it is too large: closing the page loses it. */
  readonly isUnsaved: boolean
}

/** Why the engine did not do something. Closed: a screen switches over it; `teamFailures` has the words. */
export type TeamFailureCode =
  | 'not-ready'
  | 'unreachable'
  | 'signed-out'
  | 'bad-recovery-key'
  | 'wrong-recovery-key'
  | 'wrong-passkey'
  | 'already-introduced'
  | 'not-here'
  | 'wrong-digits'
  | 'too-early'
  | 'over'
  | 'keys-work'
  | 'no-directory-key'
  | 'not-found'
  | 'no-keys'
  | 'may-not'
  | 'overtaken'
  | 'too-long'
  | 'empty'
  | 'alarm'
  | 'revoked'
  | 'refused'

/** What happened, and what was kept plus what to do next. */
export const teamFailures: Readonly<Record<TeamFailureCode, Pick<Failure, 'what' | 'next'>>> = {
  'not-ready': { what: 'This device is not ready yet.', next: 'Nothing was changed. Finish setting it up, then do it again.' },
  unreachable: {
    what: 'The server cannot be reached.',
    next: 'Nothing was changed. It works again when the connection is back; messages wait on this device and are sent by themselves.',
  },
  'signed-out': { what: 'Your session has ended.', next: 'Messages and drafts are kept on this device. Sign in and go on.' },
  'bad-recovery-key': {
    what: 'This is not a recovery key: a character is missing or wrong.',
    next: 'Nothing was changed. Compare it with the printed one; case, spaces and hyphens do not matter.',
  },
  'wrong-recovery-key': {
    what: 'This recovery key does not open your keys.',
    next: 'Nothing was changed. Take the newest printed key: a later one replaces all before it.',
  },
  'wrong-passkey': {
    what: 'This passkey does not open your messages.',
    next: 'Nothing was changed. Use another passkey or your recovery key; in the settings you can let this passkey open them too.',
  },
  'not-here': {
    what: 'This browser keeps nothing, so keys that wait for a day would be gone.',
    next: 'Nothing was changed. Do it in a browser of your own that may keep your messages.',
  },
  'wrong-digits': {
    what: 'These are not the digits of the key that was asked for.',
    next: 'Nothing was signed. Ask the person to read them out once more. If they differ again, stop the request: somebody else may have made it.',
  },
  'too-early': {
    what: 'The new identity does not count yet.',
    next: 'Nothing was changed. It goes on by itself once its day has passed.',
  },
  over: { what: 'This request has ended.', next: 'Nothing was changed. Ask again, and tell both administrators.' },
  'keys-work': {
    what: 'A device of yours that holds keys has been in use since you asked: somebody can open your messages on it.',
    next: 'Nothing was changed, and your new keys wait here. If you have that device, open your messages on it and stop this request. If somebody else has it, report it as lost; then it counts no more.',
  },
  'already-introduced': {
    what: 'You have keys already, made on another device.',
    next: 'Nothing was changed. Use a passkey or your recovery key to enrol this device.',
  },
  'no-directory-key': {
    what: 'This organisation cannot introduce people yet.',
    next: 'Nothing was changed. Whoever set up the server must finish "wardline init".',
  },
  'not-found': { what: 'There is no such conversation, person or message here for you.', next: 'Nothing was changed.' },
  'no-keys': {
    what: 'A person of this conversation has not set up a device yet.',
    next: 'Nothing was sent. They can be written to after their first sign-in.',
  },
  'may-not': {
    what: 'The rule of this conversation does not let you do this.',
    next: 'Nothing was changed. Ask one of its moderators or an administrator.',
  },
  overtaken: {
    what: 'Somebody else changed the conversation at the same moment.',
    next: 'Nothing was changed. Look at it and do it again.',
  },
  'too-long': { what: 'The message is longer than 20,000 characters.', next: 'Nothing was sent and the text is kept. Send it in parts.' },
  empty: { what: 'There is nothing to send.', next: 'Write something first.' },
  alarm: {
    what: 'Something that this device verifies others by has changed.',
    next: 'Nothing was sent and nothing is lost. Show the alarm to your administrator before going on.',
  },
  revoked: { what: 'This device was revoked.', next: 'Drafts are kept here. Enrol a device with your recovery key.' },
  refused: { what: 'The server refused it.', next: 'Nothing was changed. Try again; if it lasts, tell your administrator.' },
}

/** Everything here answers with a value; nothing throws for what can be expected. */
export type Done<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: TeamFailureCode }

/** Message text: at most this many UTF-16 units. */
export const MAX_TEXT = 20_000

/** What a person writes. */
export interface NewBody {
  readonly kind: 'text'
  readonly text: string
}

/** What the server must know of a message. Times in ms, 0: none. */
export interface NewFlags {
  readonly priority: 'routine' | 'urgent' | 'stat'
  readonly ask: 'fyi' | 'acknowledge' | 'answer' | 'do' | 'call'
  readonly due: number
  readonly expiry: number
  readonly mentions: readonly string[]
}

/** An ordinary message. */
export const routine: NewFlags = { priority: 'routine', ask: 'fyi', due: 0, expiry: 0, mentions: [] }

/**
 * Why an opened message cannot be believed as it stands. It is shown with its text and this reason, never as a blank.
 * `signature`: not signed by the device it names; `unknown-device`: that device is on no list of a member; `revoked`: sent after its device
 * was cut off; `chain`: messages of its device before it are missing or it follows another one; `replayed`: shown already under another
 * number; `order`: of an epoch that had ended; `not-member`: of a person who was not in that epoch; `labels`: the server told another sender, device or hash than the envelope has.
 */
export type DisputeReason = 'signature' | 'unknown-device' | 'revoked' | 'chain' | 'replayed' | 'order' | 'not-member' | 'labels'

/**
 * What a message says. `waiting`: its epoch cannot be opened yet, it is tried again by itself; `damaged`: its bytes are not what was sealed;
 * `before`: from a time before I was let in, or before my new identity; `erased`: its retention has ended; `newer`: a kind that this version does not know.
 */
export type Content =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'disputed'; readonly text: string; readonly reason: DisputeReason }
  | { readonly is: 'waiting'; readonly epoch: number }
  | { readonly is: 'damaged' }
  | { readonly is: 'before'; readonly what: 'joining' | 'new-identity' }
  | { readonly is: 'erased' }
  | { readonly is: 'newer'; readonly kind: string }

/** Why a message was not sent. Closed; `cannot-open`: the conversation's newest epoch cannot be verified or opened here. */
export type NotSentCode = SendRefusalCode | 'cannot-open' | 'alarm'

/**
 * How far one's own message is. `waiting` for its turn or the connection; `sending`; `sent` and stored; of `of` other members `delivered`
 * have it on a device and `shown` have seen it.
 */
export type Sending =
  | { readonly is: 'waiting' }
  | { readonly is: 'sending' }
  | { readonly is: 'sent'; readonly delivered: number; readonly shown: number; readonly of: number }
  | { readonly is: 'not-sent'; readonly code: NotSentCode }

/** A message in a thread. */
export interface MessageView {
  /** Client-made id; the key under which a waiting message becomes a sent one. */
  readonly id: string
  readonly conversation: string
  /** Its place; null: not stored yet. Those come last, in the order in which they were written. */
  readonly sequence: number | null
  readonly person: string
  readonly device: string
  /** The server's time once it is stored, before that what this device takes for it, ms. */
  readonly at: number
  readonly mine: boolean
  readonly content: Content
  readonly flags: NewFlags
  /** Null for messages of others. */
  readonly sending: Sending | null
}

/** A page of a thread, oldest first. `before`: pass it to get the page above; null: this is the beginning. */
export interface MessagePage {
  readonly messages: readonly MessageView[]
  readonly before: number | null
}

/** How far a person's devices have got, the furthest of them. */
export interface PersonReceipt {
  readonly person: string
  readonly delivered: number
  readonly shown: number
}

/** A member. `alarm`: what they signed or the server says about them does not verify. */
export interface MemberView {
  readonly person: string
  readonly removed: boolean
  readonly alarm: boolean
  /** Has said that the newest epoch cannot be opened there: messages reach this member only after a repair. */
  readonly unopened: boolean
  /** Administrators gave this person a new identity since the conversation began: `by` them. `seen`: I have said that I compared the safety number. */
  readonly renewed: { readonly at: number; readonly by: readonly string[]; readonly seen: boolean } | null
}

/** Who made an epoch whose seal for the archive or a role is not what it must be, and who found it. Shown to everybody. */
export interface SealDispute {
  readonly epoch: number
  readonly author: string
  readonly reporter: string
}

/** A conversation as a list or a header shows it. */
export interface ConversationView {
  readonly conversation: string
  readonly kind: 'direct' | 'group'
  readonly members: readonly MemberView[]
  readonly createdAt: number
  readonly lastSequence: number
  readonly lastAt: number | null
  readonly unread: number
  /** My own mark: shown up to here, on any of my devices. */
  readonly shown: number
  readonly newest: MessageView | null
  /**
   * `open`: I can read and write; `waiting`: my seal of the newest epoch is missing or wrong, others were asked to repair it;
   * `alarm`: the newest epoch does not follow by the conversation's own rule.
   */
  readonly epoch: { readonly n: number; readonly is: 'open' | 'waiting' | 'alarm' }
  /** Why the next message makes a new epoch first. */
  readonly rekey: RekeyWord | null
  readonly disputes: readonly SealDispute[]
  readonly may: { readonly add: boolean; readonly remove: boolean; readonly leave: boolean }
  /** False: I was removed; what I have stays readable, nothing new comes. */
  readonly member: boolean
  readonly waiting: number
  /** Something is being written there, kept on this device. */
  readonly draft: boolean
}

/** What happened, in order. A screen applies it to what it last read; after `reset` it reads all again. */
export type TeamChange =
  | { readonly t: 'reset' }
  | { readonly t: 'state'; readonly state: TeamState }
  | { readonly t: 'conversation'; readonly conversation: ConversationView }
  | { readonly t: 'conversation-gone'; readonly conversation: string }
  /** New or changed; `id` tells which. */
  | { readonly t: 'message'; readonly message: MessageView }
  | { readonly t: 'message-gone'; readonly conversation: string; readonly id: string }
  | { readonly t: 'receipts'; readonly conversation: string; readonly receipts: readonly PersonReceipt[] }

/** A new conversation. `conversation` is drawn by the caller (`newUuid`), so that repeating the call is safe. */
export interface NewConversation {
  readonly conversation: string
  readonly kind: 'direct' | 'group'
  /** The others; oneself is in it always. */
  readonly people: readonly string[]
  /** Whether people who are added later may read what was before. Groups only; direct conversations never get a third person. */
  readonly history?: 'from-join' | 'all'
  readonly first?: NewMessage
}

/** A new message. `id` is drawn by the caller (`newUuid`), so that repeating the call is safe. */
export interface NewMessage {
  readonly id: string
  readonly body: NewBody
  readonly flags: NewFlags
}

/** The device of a signed-in person, as a screen uses it. */
export interface Team {
  state(): Promise<TeamState>
  /** Hears every change from now on. Returns how to stop. */
  subscribe(hear: (change: TeamChange) => void): () => void

  /** First device of a new person (`needs-new-person`). The recovery key is shown once, to be printed; then `confirmRecoveryKey`. */
  createIdentity(): Promise<Done<{ readonly recoveryKey: string }>>
  /** Replaces the recovery key: the old one opens nothing any more. */
  newRecoveryKey(): Promise<Done<{ readonly recoveryKey: string }>>
  /** The person says that the key is kept. */
  confirmRecoveryKey(): Promise<Done<null>>
  /** Enrols this device by the printed recovery key (`needs-recovery-key`, `revoked`). */
  enrol(recoveryKey: string): Promise<Done<null>>
  /** Enrols this device by what the PRF of one of my passkeys gave (`needs-recovery-key`, `revoked`). */
  enrolByPasskey(prf: Uint8Array): Promise<Done<null>>
  /** Before this device is enrolled: whether it is to keep messages and keys in this browser. */
  keepHere(storage: 'cache' | 'memory'): Promise<Done<null>>
  /** Lets a passkey open my keys on other devices: its id at the server, and what its PRF gave. */
  addPasskey(passkey: string, prf: Uint8Array): Promise<Done<null>>
  /** A passkey opens my keys no longer. */
  removePasskey(passkey: string): Promise<Done<null>>
  /** What opens my keys beside my devices. */
  unlockFactors(): Promise<Done<readonly { readonly factor: string; readonly kind: 'passkey' | 'recovery' }[]>>
  /** Cuts another device of mine off and draws new keys. */
  removeDevice(device: string): Promise<Done<null>>
  /**
   * Nothing is left that opens my keys: draws others, which wait here until two administrators have signed them. The recovery key is shown once;
   * the digits are read out to both administrators.
   */
  drawNewKeys(): Promise<Done<{ readonly identityKey: string; readonly digits: string; readonly recoveryKey: string }>>
  /** What waits here. */
  drawnKeys(): Promise<Done<readonly { readonly identityKey: string; readonly digits: string }[]>>
  /** Requests that are over: drops what was drawn here for others than these identity keys. */
  dropNewKeys(except: readonly string[]): Promise<Done<null>>
  /** Puts what waits here for this identity key in place of my old keys, under its request, which is ready. */
  useNewKeys(request: string, identityKey: string): Promise<Done<null>>
  /** Who a colleague is on the staff list, by the identity that this device has verified and not by what the server calls them. */
  knownAs(person: string): Promise<Done<{ readonly employee: string }>>
  /** As administrator: signs a colleague's new identity with this device. The statement is for the server. */
  signNewIdentity(it: Vouched): Promise<Done<{ readonly statement: string }>>
  /** As administrator: signs with this device that the directory's hand may take leavers out. The statement is for the server. */
  signHand(it: NamedHand): Promise<Done<{ readonly statement: string }>>
  /** I know of a colleague's new identity, and have compared the safety number anew. */
  acceptIdentity(person: string): Promise<Done<null>>
  /** 60 digits to compare aloud with a colleague. */
  safetyNumber(person: string): Promise<Done<{ readonly digits: string }>>

  /** All conversations, the newest message first. */
  conversations(): Promise<readonly ConversationView[]>
  /** A page of a thread: the newest, or those before a sequence. */
  messages(conversation: string, before?: number): Promise<Done<MessagePage>>
  receipts(conversation: string): Promise<readonly PersonReceipt[]>
  /** Begins a conversation. A direct one that exists already is given back, and the first message goes there. */
  createConversation(it: NewConversation): Promise<Done<{ readonly conversation: string }>>
  /** Puts a message into the outbox; durable when this answers. It goes out in its turn, also after a reload or a night offline. */
  send(conversation: string, message: NewMessage): Promise<Done<MessageView>>
  /** Takes a message that was not sent up again, at the end of the outbox. */
  retry(id: string): Promise<Done<null>>
  /** Drops a message that was not sent. */
  discard(id: string): Promise<Done<null>>
  /** These messages are on the screen in front of a person. */
  markShown(conversation: string, sequence: number): Promise<void>
  addPeople(conversation: string, people: readonly string[], history: boolean): Promise<Done<null>>
  /** A person leaves, oneself included; cut off at once, and the next message is sealed without them. */
  removePerson(conversation: string, person: string): Promise<Done<null>>
  /** Text being written, kept on this device under a key of its own. */
  draft(conversation: string): Promise<string>
  saveDraft(conversation: string, text: string): Promise<void>
  /** A person is at work here: keeps the session from going idle. At most once a minute is enough. */
  active(): Promise<void>
  /** Tries to connect now: after signing in again, or when the browser says that it is online. */
  reconnect(): Promise<void>
  /** Looks at an alarm away from the list; the event stays in the log of this device. */
  dismissAlarm(id: string): Promise<void>
  /** Forgets everything of this person on this device, the keys too. End the session at the server besides. */
  signOut(): Promise<void>
}

/** An engine in this very thread. `start` before anything else; `stop` gives the device's lock back after the last write. */
export interface TeamEngine extends Team {
  start(): Promise<void>
  stop(): Promise<void>
}

/** The engine as a page sees it, through its worker (`connectEngine(worker, start)`). The same calls; `close` ends the worker. */
export interface TeamPage extends Team {
  close(): void
  /** The same; resolves when the worker has written everything and is gone. */
  leave(): Promise<void>
}

/** What a page tells its worker at the start: whose device this is. */
export interface PageStart {
  readonly person: string
  /** At a shared workstation: nothing is kept in this browser. `renew`: the person has just signed in fully. */
  readonly station?: { readonly organisation: string; readonly renew: boolean }
  /** The devices that this browser was, for people of whom it keeps nothing, the newest first: one of them may be this person's. */
  readonly passed?: readonly string[]
}
