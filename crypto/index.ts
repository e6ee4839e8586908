// The door of this workspace. Everything here runs in Node and in a browser's worker alike.

// Bytes and errors
export { CryptoError } from './errors.ts'
export type { CryptoErrorCode } from './errors.ts'
export type { Bytes, Uuid } from './bytes.ts'
export {
  NIL_UUID,
  ZERO_HASH,
  bytesToUuid,
  copy,
  equal,
  fromBase64url,
  fromHex,
  newUuid,
  toBase64url,
  toHex,
  utf8,
  uuidToBytes,
} from './bytes.ts'
export { sha256 } from './hash.ts'
export type { Sha256 } from './hash.ts'

// Keys
export { createDevice, keyIdOf, newBoxKey } from './keys.ts'
export type { BoxKey, BoxPublicKey, DeviceKeys, Suite } from './keys.ts'
export { checkPublicKey, newSeed, newSigningKey, signingKeyOfSeed } from './ed25519.ts'
export type { SigningKey } from './ed25519.ts'
export { checkBoxPublicKey } from './x25519.ts'

// Statements: make, sign, store, read
export { addSignature, after, draft, encodeStatement, isSignedBy, parse, signStatement } from './statements/statement.ts'
export type { Author, Chained, Definition, Signature, Statement, StatementKind } from './statements/statement.ts'
export { parseStatement } from './statements/any.ts'
export { directoryKey, verifyDirectoryKey } from './statements/directory-key.ts'
export type { DirectoryKey } from './statements/directory-key.ts'
export { identity } from './statements/identity.ts'
export type { Identity } from './statements/identity.ts'
export { IDENTITY_DELAY, IDENTITY_LASTS, verifyIdentity } from './statements/verify-identity.ts'
export type { IdentityTrust, IdentityVerdict } from './statements/verify-identity.ts'
export { deviceList, findDevice, publicDevice, verifyDeviceList } from './statements/device-list.ts'
export type { Device, DeviceList, Factor } from './statements/device-list.ts'
export { userKey, verifyUserKey } from './statements/user-key.ts'
export type { UserKey } from './statements/user-key.ts'
export { signersAmong } from './statements/signers.ts'
export type { People, PublicPerson } from './statements/signers.ts'
export { authority, verifyAuthority } from './statements/authority.ts'
export type { Authority, Power } from './statements/authority.ts'
export { isEligible, roleKey, verifyRoleKey } from './statements/role-key.ts'
export type { RoleHolder, RoleKey } from './statements/role-key.ts'
export { archivePolicy, verifyArchivePolicy } from './statements/archive-policy.ts'
export type { ArchivePolicy, Custodian } from './statements/archive-policy.ts'
export { recipientPolicy, verifyRecipientPolicy } from './statements/recipient-policy.ts'
export type { Demand, RecipientPolicy } from './statements/recipient-policy.ts'
export { removal, verifyRemoval } from './statements/removal.ts'
export type { Removal } from './statements/removal.ts'
export { revocation, verifyRevocation } from './statements/revocation.ts'
export type { LastAccepted, Revocation } from './statements/revocation.ts'
export { opening, reasonHash, verifyApproval, verifyOpening } from './statements/opening.ts'
export type { Opening, Scope } from './statements/opening.ts'
export { vault } from './statements/vault.ts'
export type { Vault, VaultPin, VaultSeal } from './statements/vault.ts'
export { MAX_RECIPIENTS, parseEpoch } from './statements/epoch.ts'
export type { Epoch, EpochBody, Governance, Head, History, Mark, Recipient, RosterEntry, Who } from './statements/epoch.ts'

// A person: vault, factors, devices
export { changePerson, createPerson, introducePerson, replaceIdentity, replacePerson } from './person.ts'
export type { PersonChange, PersonUpdate } from './person.ts'
export { boxOf, isVaultSafe, newestBox, openVault } from './vault.ts'
export type { PersonKeys, StoredPerson, Unlock } from './vault.ts'
export { carriedKey, deviceOfSeeds, newSeeds, openCarried, openHalf, sealCarried, sealHalf } from './carried.ts'
export type { DeviceSeeds, Halves } from './carried.ts'
export { openKeptKey, sealKeptKey } from './kept.ts'
export type { KeptBy } from './kept.ts'
export { signSession, verifySession } from './session-proof.ts'
export type { SessionClaim } from './session-proof.ts'
export { passkeyFactor, publicFactor, recoveryFactor } from './factors.ts'
export type { UnlockFactor } from './factors.ts'
export { formatRecoveryKey, newRecoveryKey, parseRecoveryKey } from './recovery-key.ts'
export { openUserKeys } from './user-keys.ts'
export { openRoleKeys, writeRoleKey } from './role-keys.ts'
export type { RoleInput, RoleKeys } from './role-keys.ts'
export { fingerprintOf, isSafetyCode, safetyCode, safetyNumber } from './safety-number.ts'
export type { KnownIdentity } from './safety-number.ts'

// Epochs: plan, judge, make, open
export { publicKeysOf } from './facts.ts'
export type { Addressed, Facts } from './facts.ts'
export { EPOCH_AGE, EPOCH_MESSAGES, planEpoch, planFirstEpoch, rekeyReasons } from './plan-epoch.ts'
export type { Beginning, EpochUse, RekeyReason, Step } from './plan-epoch.ts'
export { judgeEpoch, judgeRemoval, mayFollow } from './judge-epoch.ts'
export type { EpochAct, EpochRefusal, EpochVerdict } from './judge-epoch.ts'
export { authorEpoch, checkRecipientSeals, openEpoch, openEpochAsRecipient, openHistory, repairMemberSeal, sealHistory } from './epoch.ts'
export type { AuthoredEpoch, EpochRoot, SealCheck, SignedEpoch } from './epoch.ts'
export { decodeMemberSeals, decodeRecipientSeals, encodeMemberSeals, encodeRecipientSeals } from './seals.ts'
export type { MemberSeal, RecipientSeal } from './seals.ts'

// Messages
export { readEnvelopeHead } from './envelope-head.ts'
export type { EnvelopeHead } from './envelope-head.ts'
export { parseEnvelope, parseHeader, tombstoneHash } from './envelope.ts'
export type { Checkpoint, Envelope, Flags, Header, Outer, Tombstone } from './envelope.ts'
export { openMessage, openWithMessageKey, sealMessage, verifyOuter } from './message.ts'
export type { MessageInput, MessageKey, OpenedMessage, SealedMessage } from './message.ts'
export { parseReceipt, signReceipt, verifyReceipt } from './receipt.ts'
export type { Receipt, SignedReceipt } from './receipt.ts'
export { parseWipe, signWipe, verifyWipe } from './wipe.ts'
export type { SignedWipeReceipt, WipeReceipt } from './wipe.ts'
export { continues, countsAfterRevocation, headIn, judgeChain, linkOf, linkOfTombstone } from './chain.ts'
export type { ChainState, Link } from './chain.ts'

// Archive
export { combineShares, parseShare, splitArchiveKey } from './archive-key.ts'
export type { NewArchiveKey, PrintedShare, Share } from './archive-key.ts'
export { openArchive, readOpening } from './archive.ts'
export type { ArchiveInput, ArchiveOutput, ArchivedEpoch } from './archive.ts'
