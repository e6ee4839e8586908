// The door of a device's engine.
export { decodeBody } from './body.ts'
export { MAX_TEXT, routine, teamFailures } from './types.ts'
export type {
  Connection,
  Content,
  ConversationView,
  DisputeReason,
  Done,
  MemberView,
  MessagePage,
  MessageView,
  NewBody,
  NewConversation,
  NewFlags,
  NewMessage,
  NotSentCode,
  PageStart,
  PersonReceipt,
  SealDispute,
  Sending,
  Team,
  TeamChange,
  TeamEngine,
  TeamFailureCode,
  TeamPage,
  TeamState,
  TeamStatus,
} from './types.ts'
export { newUuid } from '@wardline/crypto'
export { createTeamEngine } from './engine.ts'
export { openPassing } from './passing.ts'
export type { Socket, SocketEvents, TeamPorts, WriterLock } from './ports.ts'
export { directSession, followSocket, memoryLock, memoryStore } from './memory.ts'
export type { DirectSession, MemoryStore } from './memory.ts'
export { EngineFailed, carryOutOrders, connectEngine } from './browser/proxy.ts'
export type { WorkerPort } from './browser/proxy.ts'
export { runTeamWorker } from './browser/worker.ts'
export type { WorkerTools } from './browser/worker.ts'
