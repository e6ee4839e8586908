import type { Oracle } from '../sim/witness.ts'

/** A mistake that somebody could make, as changes of the source; each `from` stands exactly once in its file. `by`: what it breaks. */
export interface Bug {
  readonly name: string
  readonly by: readonly Oracle[]
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[]
}

const messages = 'product/team/messages/client'
const conversations = 'product/team/conversations/client'
const devices = 'product/team/devices/client'

/** Mistakes in the messages' client, in crypto and in the rules that server and model judge by. The simulation must find each of them. */
export const bugs: readonly Bug[] = [
  {
    name: 'outbox-seals-again',
    by: ['resend'],
    edits: [
      {
        file: `${messages}/outbox.ts`,
        from: 'const sealed = it.sealed ? it : await seal(it, insisted)',
        to: 'const sealed = await seal(it, insisted)',
      },
    ],
  },
  {
    name: 'sealed-bytes-not-kept',
    by: ['resend'],
    edits: [
      {
        file: `${messages}/outbox.ts`,
        from: 'return file.change(it, { sealed: { ...sealed, n: use.n, seals }, epoch: add })',
        to: 'return { ...it, sealed: { ...sealed, n: use.n, seals }, epoch: add }',
      },
    ],
  },
  {
    name: 'salt-of-the-message',
    by: ['nonce'],
    edits: [
      {
        file: 'crypto/message.ts',
        from: 'sealSalt: random(16),',
        to: 'sealSalt: sha256(Uint8Array.from(input.msgId, (it) => it.charCodeAt(0))).slice(0, 16),',
      },
    ],
  },
  {
    name: 'stale-epoch-gives-up',
    by: ['lost'],
    edits: [
      {
        file: `${messages}/outbox.ts`,
        from: `await rooms.catchUp(it.conversation)
        return sealAgain(it)`,
        to: `await rooms.catchUp(it.conversation)
        return notSent(it, code)`,
      },
    ],
  },
  {
    name: 'gap-is-taken',
    by: ['alarm', 'thread'],
    edits: [{ file: `${messages}/receive.ts`, from: 'if ((jump || (first && it.sequence > 1)) && !holes) return false', to: '' }],
  },
  {
    name: 'demand-is-ignored',
    by: ['removal'],
    edits: [{ file: 'product/team/conversations/rules.ts', from: 'if (state.rekey !== null) found.push(state.rekey)', to: '' }],
  },
  {
    name: 'stat-passes-a-removal',
    by: ['removal'],
    edits: [
      {
        file: 'product/team/conversations/rules.ts',
        from: "new Set<RekeyWord>(['removal', 'user-key', 'role', 'boundary'])",
        to: "new Set<RekeyWord>(['role', 'boundary'])",
      },
    ],
  },
  {
    name: 'removal-bars-nobody',
    by: ['removal', 'secrecy'],
    edits: [
      {
        file: 'crypto/facts.ts',
        from: 'facts.removals.find((r) => bars(r.body, entry))',
        to: 'facts.removals.find((r) => bars(r.body, entry) && r.body.exclude)',
      },
    ],
  },
  {
    name: 'old-key-counts-as-fresh',
    by: ['removal', 'secrecy'],
    edits: [
      {
        file: 'crypto/facts.ts',
        from: 'key: now !== null && equal(now.keyId, entry.keyId), list: now !== null && equal(now.deviceList, entry.deviceList)',
        to: 'key: now !== null, list: now !== null',
      },
      { file: 'crypto/plan-epoch.ts', from: '...staying.map((entry) => renewed(entry, facts)),', to: '...staying,' },
    ],
  },
  {
    name: 'newer-keys-not-taken',
    by: ['readable', 'stuck', 'waiting', 'lost', 'alarm'],
    edits: [{ file: `${devices}/device.ts`, from: 'if (next !== now) await keep(next)', to: '' }],
  },
  {
    name: 'trust-not-asked-anew',
    by: ['lost', 'stuck', 'alarm'],
    edits: [
      {
        file: `${conversations}/author.ts`,
        from: `await knowledge.refreshTrust()
    const known`,
        to: 'const known',
      },
      { file: `${conversations}/rooms.ts`, from: '    await knowledge.refreshTrust()\n', to: '' },
    ],
  },
  {
    name: 'archive-seal-by-chance',
    by: ['alarm'],
    edits: [
      {
        file: 'crypto/hpke.ts',
        from: 'const ephemeral = randomness ? await deriveKeyPair(randomness) : await newKeyPair()',
        to: 'const ephemeral = await newKeyPair()',
      },
    ],
  },
  {
    name: 'archive-of-the-first-policy',
    by: ['lost', 'stuck', 'waiting', 'alarm', 'archive'],
    edits: [
      {
        file: `${devices}/trust.ts`,
        from: 'archivePolicy: newestAt(known.archivePolicies, time),',
        to: 'archivePolicy: known.archivePolicies[0]?.statement ?? null,',
      },
    ],
  },
  {
    name: 'delivered-though-closed',
    by: ['watermark'],
    edits: [{ file: `${messages}/sync.ts`, from: 'return first === null ? have : first - 1', to: 'return first === null ? have : have' }],
  },
  {
    name: 'delivered-before-it-is-kept',
    by: ['watermark'],
    edits: [
      {
        file: `${messages}/sync.ts`,
        from: 'await inTurn(conversation, () => tellDelivered(conversation, null))',
        to: 'await tellDelivered(conversation, null)',
      },
    ],
  },
  {
    name: 'cursor-before-messages',
    by: ['thread', 'watermark', 'chain', 'alarm'],
    edits: [
      {
        file: `${messages}/kept.ts`,
        from: 'await store.write({ put: [...batch.put.values()], remove: batch.remove })',
        to: "await store.write({ put: [...batch.put.values()].filter(([key]) => key[0] === 'cursor') }); await store.write({ put: [...batch.put.values()], remove: batch.remove })",
      },
    ],
  },
  {
    name: 'no-fence',
    by: ['fence'],
    edits: [
      {
        file: `${devices}/store.ts`,
        from: 'write: (batch) => store.write({ ...batch, only: [TERM, term] })',
        to: 'write: (batch) => store.write(batch)',
      },
    ],
  },
  {
    name: 'own-chain-by-acknowledgements',
    by: ['alarm', 'lost'],
    edits: [
      {
        file: `${messages}/outbox.ts`,
        from: 'if (!acknowledged || (newest && newest.sequence > acknowledged.sequence)) return newest?.hash ?? ZERO_HASH',
        to: 'if (!acknowledged) return ZERO_HASH',
      },
    ],
  },
  {
    name: 'own-epoch-not-adopted-anew',
    by: ['alarm', 'lost', 'readable'],
    edits: [{ file: `${conversations}/rooms.ts`, from: 'if (epochs.length !== epoch.n - 1) return', to: '' }],
  },
  {
    name: 'repair-for-who-is-there',
    by: ['readable'],
    edits: [
      { file: `${messages}/core.ts`, from: 'later(spread(), () => background(() => rooms.lookForRepairs()))\n', to: '' },
      { file: `${messages}/core.ts`, from: 'if (caughtUp && looks % LOOKS === 0) background(rooms.lookForRepairs)', to: '' },
    ],
  },
  {
    name: 'revoked-before-its-last',
    by: ['chain', 'alarm'],
    edits: [
      {
        file: `${messages}/receive.ts`,
        from: 'return place === undefined ? at > cut.at + SLACK : sequence > place',
        to: 'return place === undefined || sequence > place',
      },
    ],
  },
  {
    name: 'former-device-sends-on',
    by: ['lost', 'thread'],
    edits: [
      {
        file: `${messages}/outbox.ts`,
        from: 'if (sealedBy === null || sealedBy === ownDevice.own()?.device.device) return false',
        to: 'if (sealedBy !== "") return false',
      },
    ],
  },
  {
    name: 'rest-that-nobody-waits-for',
    by: ['crash'],
    edits: [{ file: `${messages}/sync.ts`, from: 'work.catch(() => undefined)', to: '' }],
  },
  {
    name: 'unlocked-and-silent',
    by: ['stuck', 'waiting'],
    edits: [
      { file: `${messages}/core.ts`, from: '    if (greeted) outbox.pump()\n', to: '' },
      { file: `${messages}/core.ts`, from: "    if (status === 'locked') background(async () => void (await greet()))\n", to: '' },
    ],
  },
]
