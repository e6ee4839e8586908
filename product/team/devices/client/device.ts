import {
  CryptoError,
  addSignature,
  after,
  changePerson,
  createDevice,
  createPerson,
  encodeStatement,
  equal,
  formatRecoveryKey,
  fromBase64url,
  newRecoveryKey,
  newUuid,
  openVault,
  parse,
  parseRecoveryKey,
  passkeyFactor,
  publicDevice,
  recoveryFactor,
  replacePerson,
  revocation,
  safetyNumber,
  signSession,
  signStatement,
  toBase64url,
  vault as vaults,
} from '@wardline/crypto'
import type {
  Bytes,
  DeviceKeys,
  PersonChange,
  PersonKeys,
  PersonUpdate,
  Statement,
  StoredPerson,
  Unlock,
  UnlockFactor,
} from '@wardline/crypto'
import type { GivesOf } from '@wardline/platform/contract'
import { deviceHeads, enrolDevice, myVault, putVault, revokeDevice, signInDevice } from '@wardline/product/team/devices/contract'
import type { Knowledge } from './knowledge.ts'
import type { KnownPerson } from './people.ts'
import type { DeviceBefore, DeviceParts } from './ports.ts'
import { Stop, must, stop } from './stop.ts'

/** An enrolled device with its person's keys; nothing in it can be read out. */
export interface Own {
  readonly organisation: string
  readonly person: string
  readonly device: DeviceKeys
  readonly keys: PersonKeys
  /** The newest vault that this device has seen: an older one is refused. */
  readonly vaultVersion: number
  readonly recoveryKeyKept: boolean
}

/** Where this device stands after it asked the server. `offline`: not asked, the device is as it was. */
export type Standing = 'new-person' | 'unknown-device' | 'ready' | 'revoked' | 'offline' | 'signed-out' | 'alarm'

/** This device's own keys: made, enrolled, signed in, changed. */
export interface OwnDevice {
  own(): Own | null
  /** Reads what is kept here. */
  load(): Promise<void>
  /**
   * The device that its person left, sealed to this factor: the vault is opened by the factor, which knows it by its pin, and the device must
   * stand in the list with these very keys. The server could have made all of what was left. Null: it was removed meanwhile. Nothing is kept.
   * Throws Stop: `alarm`, the call's codes.
   */
  takeUp(before: DeviceBefore, factor: UnlockFactor): Promise<Own | null>
  /** Asks the server where this device stands; binds the session to it, and takes newer keys of the person out of the vault. */
  connect(): Promise<Standing>
  /** A new person's identity, first device and vault. Returns the recovery key as printed. Throws Stop. */
  create(): Promise<string>
  /** Enrols this device by a typed recovery key. Throws Stop: `bad-recovery-key`, `wrong-recovery-key`, the call's codes. */
  enrol(typed: string): Promise<void>
  /** Enrols this device by what a passkey's PRF gave. Throws Stop: `wrong-passkey`, the call's codes. */
  enrolByPasskey(prf: Uint8Array): Promise<void>
  /** Lets a passkey open the vault: `factor` is its id, `prf` what its PRF gave. Throws Stop. */
  addPasskey(factor: string, prf: Uint8Array): Promise<void>
  /** A passkey opens the vault no longer; nothing changes where it never did. Throws Stop. */
  removePasskey(factor: string): Promise<void>
  /** The factors beside devices that open the vault. */
  factors(): Promise<readonly { readonly factor: string; readonly kind: 'passkey' | 'recovery' }[]>
  /** A recovery key in place of the old one. Throws Stop. */
  replaceRecoveryKey(): Promise<string>
  keepRecoveryKey(): Promise<void>
  /** Cuts another device of this person off and draws a new user key. Throws Stop. */
  remove(device: string): Promise<void>
  /**
   * Keys in place of those that nobody can open any more, drawn now and kept here until `enrolDrawn`: for a browser that keeps what it is given.
   * Throws Stop: the call's codes.
   */
  draw(): Promise<{ readonly identityKey: Bytes; readonly recoveryKey: string }>
  /** The identity keys that were drawn here and wait. */
  drawn(): Promise<readonly Bytes[]>
  /** Drops what was drawn here, but these identity keys, base64url. */
  dropDrawn(except: readonly string[]): Promise<void>
  /** Hands what was drawn under this identity key, base64url, to `send`, and goes on as its device. Throws Stop `not-found`, what `send` throws. */
  enrolDrawn(identityKey: string, send: (keys: DrawnKeys) => Promise<void>): Promise<void>
  /** 60 digits that this person and another compare. Throws Stop `no-keys`. */
  safetyNumberWith(person: string): Promise<string>
}

/** A device that was sent to the server without an answer yet. It is never dropped: the request may arrive later. */
interface Enrolling {
  readonly device: DeviceKeys
  readonly keys: PersonKeys
  readonly vaultVersion: number
  /** Of keys that were drawn long before: whether their recovery key was kept then. */
  readonly recoveryKeyKept?: boolean
}

/** Statements of keys that were drawn and are not in use, base64url. */
export interface DrawnKeys {
  readonly device: string
  readonly deviceList: string
  readonly userKey: string
  readonly vault: string
}

/** Keys that wait for administrators to sign them. */
interface Drawn {
  readonly enrolling: Enrolling
  readonly keys: DrawnKeys
  readonly recoveryKeyKept: boolean
}

type Answer = GivesOf<typeof myVault>

/** How often a vault is asked for anew that is older than the statements about it. */
const askedAgain = 3

/** The device of these parts. */
export function openOwnDevice(parts: DeviceParts, knowledge: Knowledge): OwnDevice {
  const { call, store, person, now } = parts
  let own: Own | null = null

  const keep = async (next: Own): Promise<void> => {
    await store.write({ put: [[['device'], next]], removeUnder: [['enrolling'], ['drawn']] })
    own = next
    await parts.carried?.pin?.put(next.keys.identity.publicKey)
  }
  const mine = (): Own => own ?? stop('not-ready')
  const newDevice = (id: string): Promise<DeviceKeys> => parts.carried?.create(id) ?? createDevice(id)

  /**
   * The device that its person carried here: its box key opens the vault, as on any device. What was carried may be the server's own work, and the
   * identity in it too: where this place knows the person's, that one counts.
   */
  async function resume(answer: Answer): Promise<void> {
    const it = parts.carried?.before()
    if (own || !it || !isActive(answer, it.device)) return
    const at = await stored(answer)
    const identity = (await parts.carried?.pin?.get()) ?? it.identity
    const keys = await openVault(at, { by: 'device', device: it.device.device, box: it.device.box, identity }, it.vaultVersion)
    requireListed(at, it.device)
    const { organisation, device, recoveryKeyKept } = it
    await keep({ organisation, person, device, keys, vaultVersion: at.vault.body.version, recoveryKeyKept })
  }

  async function ask(): Promise<Answer> {
    const answer = await must(call(myVault, {}))
    return answer.person === person ? answer : stop('signed-out')
  }

  /** My own statements, verified as anybody's, and the vault as parsed; crypto judges it when it is opened. */
  async function stored(answer: Answer, again = askedAgain): Promise<StoredPerson> {
    const known = (await knowledge.people([person], true)).get(person)
    if (!known || known.position < answer.statements.length) return stop('alarm')
    // Another device of mine changed something between the two answers: this vault is of before. Who withholds for ever is judged by what there is.
    if (known.position > answer.statements.length && again > 0) return stored(await ask(), again - 1)
    const it = newest(known)
    parts.carried?.factors?.(it.deviceList.body.factors)
    return { ...it, vault: answer.vault === null ? stop('alarm') : parse(vaults, fromBase64url(answer.vault)) }
  }

  const byDevice = (it: Own): Unlock => ({
    by: 'device',
    device: it.device.device,
    box: it.device.box,
    identity: it.keys.identity.publicKey,
  })

  /** Keys that another device of mine has changed meanwhile. */
  async function takeNewerKeys(it: Own, answer: Answer): Promise<Own> {
    const person = await stored(answer)
    const { version } = person.vault.body
    if (version === it.vaultVersion) return it
    return { ...it, keys: await openVault(person, byDevice(it), it.vaultVersion), vaultVersion: version }
  }

  const gone = async (): Promise<Standing> => {
    await parts.alarm({ kind: 'person', person, by: null, conversation: null, epoch: null, device: null, code: 'gone' })
    return 'alarm'
  }

  async function signIn(it: Own, answer: Answer): Promise<void> {
    const { organisation, session } = answer
    const { device, signing } = it.device
    const signature = toBase64url(await signSession({ organisation, person, device, session }, signing))
    await must(call(signInDevice, { params: { device }, body: { signature } }))
  }

  /** The answer to an enrolment got lost: this device is known all the same. */
  async function adopt(answer: Answer): Promise<void> {
    for (const { value } of await store.list(['enrolling'])) {
      const it = value as Enrolling
      const arrived = answer.devices.some((d) => d.device === it.device.device && d.revokedAt === null)
      if (arrived) return keep(await madeOf(it, answer.organisation))
    }
  }

  const madeOf = async (it: Enrolling, organisation: string): Promise<Own> => {
    const known = (await knowledge.people([person], true)).get(person)
    const key = known?.identities.at(-1)?.statement.body.publicKey
    // The directory says who I am to everybody: it must say my own key.
    if (!key || !equal(key, it.keys.identity.publicKey)) stop('alarm')
    return { organisation, person, recoveryKeyKept: false, ...it }
  }

  async function send(made: PersonUpdate, device: DeviceKeys, first: boolean, organisation: string): Promise<void> {
    const pending: Enrolling = { device, keys: made.keys, vaultVersion: made.vault.body.version }
    await store.write({ put: [[['enrolling', device.device], pending]] })
    const deviceList = await addSignature(made.deviceList, device.signing)
    const body = {
      device: device.device,
      deviceList: text(deviceList),
      vault: text(made.vault),
      ...(first ? { identityKey: toBase64url(made.keys.identity.publicKey) } : {}),
      ...(first && made.userKey ? { userKey: text(made.userKey) } : {}),
    }
    await must(call(enrolDevice, { body }))
    parts.carried?.factors?.(made.deviceList.body.factors)
    await keep(await madeOf(pending, organisation))
  }

  /** Writes the vault anew from this enrolled device. */
  async function change(what: (at: StoredPerson) => PersonChange): Promise<{ readonly made: PersonUpdate; readonly at: StoredPerson }> {
    const it = mine()
    await knowledge.refreshTrust()
    const at = await stored(await ask())
    return { at, made: await changePerson(at, byDevice(it), what(at)) }
  }
  /** The present device list, as verified here. */
  const present = async () => (await stored(await ask())).deviceList.body
  async function changeFactors(what: Pick<PersonChange, 'addFactors' | 'removeFactors'>): Promise<void> {
    const { made } = await change(() => ({ time: now(), ...what }))
    await put(made)
    await kept(made)
  }
  const put = (made: PersonUpdate) => must(call(putVault, { body: { deviceList: text(made.deviceList), vault: text(made.vault) } }))

  /** Enrols this device by a factor that is at hand; the pin is checked before anything else. */
  async function enrolWith(find: (at: StoredPerson) => Promise<UnlockFactor>): Promise<void> {
    const answer = await ask()
    if (answer.statements.length === 0) stop('not-ready')
    await knowledge.refreshTrust()
    const at = await stored(answer)
    const factor = await find(at)
    const device = await newDevice(newUuid())
    const time = now()
    const made = await changePerson(at, { by: 'factor', factor }, { time, addDevices: [publicDevice(device, time)] })
    own = null
    await send(made, device, false, answer.organisation)
    await keep({ ...mine(), recoveryKeyKept: true })
  }

  async function connect(): Promise<Standing> {
    try {
      const before = own
      const answer = await ask()
      if (answer.statements.length === 0) return own || (await parts.carried?.pin?.get()) ? await gone() : 'new-person'
      await knowledge.refreshTrust()
      // Enrolled, or its keys changed, while the server was answering: the answer is older than what is here.
      if (own !== before) return await connect()
      await adopt(answer)
      await resume(answer)
      const now = own
      if (!now) return 'unknown-device'
      const { device } = now.device
      const entry = answer.devices.find((it) => it.device === device)
      if (!entry || entry.revokedAt !== null) return 'revoked'
      if (answer.device !== device) await signIn(now, answer)
      if (own !== now) return await connect()
      const next = await takeNewerKeys(now, answer)
      if (own !== now) return await connect()
      if (next !== now) await keep(next)
      return 'ready'
    } catch (thrown) {
      return standingOf(thrown, parts)
    }
  }

  const kept = (made: PersonUpdate, more: Partial<Own> = {}): Promise<void> => {
    parts.carried?.factors?.(made.deviceList.body.factors)
    return keep({ ...mine(), keys: made.keys, vaultVersion: made.vault.body.version, ...more })
  }

  return {
    own: () => own,
    async takeUp(before, factor) {
      const answer = await ask()
      if (!isActive(answer, before.device)) return null
      await knowledge.refreshTrust()
      const { organisation } = answer
      const { device, recoveryKeyKept } = before
      try {
        const at = await stored(answer)
        const keys = await openVault(at, { by: 'factor', factor }, before.vaultVersion)
        requireListed(at, device)
        return { organisation, person, device, keys, vaultVersion: at.vault.body.version, recoveryKeyKept }
      } catch (thrown) {
        if (!(thrown instanceof CryptoError)) throw thrown
        await standingOf(thrown, parts)
        return stop('alarm')
      }
    },
    async load() {
      own = ((await store.get(['device'])) as Own | undefined) ?? null
    },
    connect,
    async create() {
      const answer = await ask()
      if (answer.statements.length > 0) stop('already-introduced')
      await knowledge.refreshTrust()
      const { organisation } = answer
      const device = await newDevice(newUuid())
      const secret = newRecoveryKey()
      const time = now()
      const factors = [await recoveryFactor(newUuid(), secret)]
      const made = await createPerson({ organisation, person, devices: [publicDevice(device, time)], factors, time })
      await send(made, device, true, organisation)
      return formatRecoveryKey(secret)
    },
    async enrol(typed) {
      const secret = readRecoveryKey(typed)
      await enrolWith((at) => factorOf('recovery', secret, at))
    },
    enrolByPasskey: (prf) => enrolWith((at) => factorOf('passkey', prf, at)),
    async addPasskey(factor, prf) {
      const fresh = await passkeyFactor(factor, prf)
      const known = await present()
      const before = known.factors.find((it) => it.factor === factor)
      if (before && equal(before.signKey, fresh.signing.publicKey)) return
      await changeFactors({ addFactors: [fresh], removeFactors: before ? [factor] : [] })
    },
    async removePasskey(factor) {
      if ((await present()).factors.some((it) => it.factor === factor)) await changeFactors({ removeFactors: [factor] })
    },
    async factors() {
      return (await present()).factors.map(({ factor, kind }) => ({ factor, kind }))
    },
    async replaceRecoveryKey() {
      const secret = newRecoveryKey()
      const fresh = await recoveryFactor(newUuid(), secret)
      const { made } = await change((at) => ({
        time: now(),
        addFactors: [fresh],
        removeFactors: at.deviceList.body.factors.filter((it) => it.kind === 'recovery').map((it) => it.factor),
      }))
      await put(made)
      await kept(made, { recoveryKeyKept: false })
      return formatRecoveryKey(secret)
    },
    async keepRecoveryKey() {
      if (own) return keep({ ...own, recoveryKeyKept: true })
      const waiting = await store.list(['drawn'])
      if (waiting.length === 0) stop('not-ready')
      await store.write({ put: waiting.map(({ key, value }) => [key, { ...(value as Drawn), recoveryKeyKept: true }] as const) })
    },
    async remove(device) {
      const it = mine()
      if (device === it.device.device) stop('may-not')
      const { heads } = await must(call(deviceHeads, { params: { device } }))
      const time = now()
      const cut = await signStatement(
        revocation,
        {
          ...after(null, it.organisation, time),
          person,
          device,
          last: heads.map((h) => ({ conversation: h.conversation, envelope: fromBase64url(h.envelope) })),
          author: { person, device: it.device.device },
        },
        it.device.signing,
      )
      const { made } = await change(() => ({ time, removeDevices: [device] }))
      const { userKey } = made
      if (!userKey) return stop('refused')
      const rekey = { deviceList: text(made.deviceList), userKey: text(userKey), vault: text(made.vault) }
      await must(call(revokeDevice, { params: { device }, body: { revocation: text(cut), rekey } }))
      await kept(made)
    },
    async draw() {
      await knowledge.refreshTrust()
      const at = await stored(await ask())
      const device = await newDevice(newUuid())
      const secret = newRecoveryKey()
      const time = now()
      const made = await replacePerson({
        before: { deviceList: at.deviceList, userKey: at.userKeys.at(-1) ?? stop('alarm'), vault: at.vault },
        devices: [publicDevice(device, time)],
        factors: [await recoveryFactor(newUuid(), secret)],
        time,
      })
      const deviceList = text(await addSignature(made.deviceList, device.signing))
      const drawn: Drawn = {
        enrolling: { device, keys: made.keys, vaultVersion: made.vault.body.version },
        keys: { device: device.device, deviceList, userKey: text(made.userKey), vault: text(made.vault) },
        recoveryKeyKept: false,
      }
      await store.write({ put: [[['drawn', toBase64url(made.keys.identity.publicKey)], drawn]] })
      return { identityKey: made.keys.identity.publicKey, recoveryKey: formatRecoveryKey(secret) }
    },
    async drawn() {
      return (await store.list(['drawn'])).map(({ value }) => (value as Drawn).enrolling.keys.identity.publicKey)
    },
    async dropDrawn(except) {
      const over = (await store.list(['drawn'])).filter(({ key }) => !except.includes(String(key[1])))
      if (over.length > 0) await store.write({ remove: over.map(({ key }) => key) })
    },
    async enrolDrawn(identityKey, send) {
      const { enrolling, keys, recoveryKeyKept } = ((await store.get(['drawn', identityKey])) as Drawn | undefined) ?? stop('not-found')
      await store.write({ put: [[['enrolling', keys.device], { ...enrolling, recoveryKeyKept }]] })
      await send(keys)
      const answer = await ask()
      await knowledge.refreshTrust()
      await keep({ ...(await madeOf(enrolling, answer.organisation)), recoveryKeyKept })
    },
    async safetyNumberWith(other) {
      const known = await knowledge.people([person, other])
      const key = (id: string): Bytes => known.get(id)?.identities.at(-1)?.statement.body.publicKey ?? stop('no-keys')
      return safetyNumber({ person, publicKey: key(person) }, { person: other, publicKey: key(other) })
    },
  }
}

const isActive = (answer: Answer, { device }: DeviceKeys): boolean =>
  answer.devices.some((it) => it.device === device && it.revokedAt === null)

/** The list must name these very keys: its id alone is the server's to give to any other. Throws CryptoError `wrong-subject`. */
function requireListed({ deviceList }: StoredPerson, it: DeviceKeys): void {
  const listed = deviceList.body.devices.find((d) => d.device === it.device)
  if (!listed || !equal(listed.signKey, it.signing.publicKey) || !equal(listed.publicKey, it.box.publicKey))
    throw new CryptoError('wrong-subject', 'device of a list')
}

const text = (statement: Statement<unknown>): string => toBase64url(encodeStatement(statement))

function newest(known: KnownPerson): Omit<StoredPerson, 'vault'> {
  const list = known.deviceLists.at(-1)?.statement ?? stop('alarm')
  return { deviceList: list, userKeys: known.userKeys.map((it) => it.statement), identities: known.identities.map((it) => it.statement) }
}

function readRecoveryKey(typed: string): Bytes {
  try {
    return parseRecoveryKey(typed)
  } catch {
    return stop('bad-recovery-key')
  }
}

/** The factor that this secret is: the list says which by its public halves. */
async function factorOf(kind: 'passkey' | 'recovery', secret: Uint8Array, at: StoredPerson): Promise<UnlockFactor> {
  const make = kind === 'passkey' ? passkeyFactor : recoveryFactor
  for (const listed of at.deviceList.body.factors) {
    if (listed.kind !== kind) continue
    const made = await make(listed.factor, secret)
    if (equal(made.signing.publicKey, listed.signKey)) return made
  }
  return stop(kind === 'passkey' ? 'wrong-passkey' : 'wrong-recovery-key')
}

/** A vault or list that does not hold is an alarm; all else is where the call failed. */
async function standingOf(thrown: unknown, { alarm, person }: DeviceParts): Promise<Standing> {
  if (thrown instanceof CryptoError) {
    await alarm({ kind: 'person', person, by: null, conversation: null, epoch: null, device: null, code: thrown.code })
    return 'alarm'
  }
  if (!(thrown instanceof Stop)) throw thrown
  if (thrown.code === 'signed-out' || thrown.code === 'alarm') return thrown.code
  return thrown.code === 'not-proven' ? 'revoked' : 'offline'
}
