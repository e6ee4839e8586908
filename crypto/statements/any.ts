import type { Bytes } from '../bytes.ts'
import { text } from '../canonical.ts'
import { refuse } from '../errors.ts'
import { archivePolicy } from './archive-policy.ts'
import { authority } from './authority.ts'
import { deviceList } from './device-list.ts'
import { directoryKey } from './directory-key.ts'
import { parseEpoch } from './epoch.ts'
import { identity } from './identity.ts'
import { opening } from './opening.ts'
import { recipientPolicy } from './recipient-policy.ts'
import { removal } from './removal.ts'
import { revocation } from './revocation.ts'
import { roleKey } from './role-key.ts'
import type { Chained, Statement, StatementKind } from './statement.ts'
import { LABEL_OF, parse, readCarried } from './statement.ts'
import { userKey } from './user-key.ts'
import { vault } from './vault.ts'

type Reader = (encoded: Uint8Array) => Statement<Chained>

const READERS: { readonly [K in StatementKind]: Reader } = {
  'directory-key': (b) => parse(directoryKey, b),
  identity: (b) => parse(identity, b),
  'device-list': (b) => parse(deviceList, b),
  'user-key': (b) => parse(userKey, b),
  authority: (b) => parse(authority, b),
  'role-key': (b) => parse(roleKey, b),
  'archive-policy': (b) => parse(archivePolicy, b),
  'recipient-policy': (b) => parse(recipientPolicy, b),
  removal: (b) => parse(removal, b),
  revocation: (b) => parse(revocation, b),
  opening: (b) => parse(opening, b),
  vault: (b) => parse(vault, b),
  epoch: parseEpoch,
}

const kindOf = (bytes: Bytes): StatementKind => {
  const kind = text(32).read({ bytes, view: new DataView(bytes.buffer), at: 0 })
  return Object.hasOwn(LABEL_OF, kind) ? (kind as StatementKind) : refuse('malformed', 'unknown kind of statement')
}

/**
 * Reads a stored statement of any kind: enough to file it by subject, version and hash. Signatures are not verified here. Throws
 * `malformed`.
 */
export const parseStatement = (encoded: Uint8Array): Statement<Chained> => READERS[kindOf(readCarried(encoded).bytes)](encoded)
