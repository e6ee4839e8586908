import type {
  ConversationView,
  MessageView,
  PersonReceipt,
  Team,
  TeamChange,
  TeamFailureCode,
  TeamState,
} from '@wardline/product/team/messages/client'

/** What a page has read of one thread, oldest first. `before`: there is more above; null: this is the beginning. */
export type ThreadState = {
  readonly messages: readonly MessageView[]
  readonly before: number | null
  readonly receipts: readonly PersonReceipt[]
  readonly isLoading: boolean
  readonly failed: TeamFailureCode | null
}

/** What the page knows of the device's engine: a copy that follows its changes. Snapshots are replaced, never altered. */
export type TeamStore = {
  readonly team: Team
  readonly subscribe: (listener: () => void) => () => void
  readonly state: () => TeamState | null
  readonly conversations: () => readonly ConversationView[] | null
  readonly thread: (conversation: string) => ThreadState | undefined
  /** Reads the newest page of a thread, once; changes keep it up to date. */
  readonly open: (conversation: string) => void
  /** Reads the page above. */
  readonly older: (conversation: string) => void
  /** Hears each new message of somebody else as it comes. */
  readonly onNew: (hear: (message: MessageView) => void) => () => void
  readonly close: () => void
}

const unsent = Number.MAX_SAFE_INTEGER

/** Stored messages by their number, then those that wait, in the order in which they were written. */
const inOrder = (messages: readonly MessageView[]) => messages.toSorted((a, b) => (a.sequence ?? unsent) - (b.sequence ?? unsent))

/** Puts messages into a thread; one that is there already is replaced. */
export const withMessages = (have: readonly MessageView[], more: readonly MessageView[]): readonly MessageView[] => {
  const byId = new Map(have.map((it) => [it.id, it]))
  for (const it of more) byId.set(it.id, it)
  return inOrder([...byId.values()])
}

/** How far my messages have got by the marks of these other members. Marks only rise, and a message that was told more keeps it. */
export const withReceipts = (
  messages: readonly MessageView[],
  receipts: readonly PersonReceipt[],
  others: readonly string[],
): readonly MessageView[] => {
  const marks = receipts.filter((it) => others.includes(it.person))
  return messages.map((it) => {
    const { sequence, sending } = it
    if (sequence === null || sending?.is !== 'sent') return it
    const delivered = Math.max(sending.delivered, marks.filter((mark) => mark.delivered >= sequence).length)
    const shown = Math.max(sending.shown, marks.filter((mark) => mark.shown >= sequence).length)
    return delivered === sending.delivered && shown === sending.shown ? it : { ...it, sending: { ...sending, delivered, shown } }
  })
}

/** Newest message first; a conversation without one counts from its beginning. */
const newestFirst = (conversations: readonly ConversationView[]) =>
  conversations.toSorted((a, b) => (b.newest?.at ?? b.lastAt ?? b.createdAt) - (a.newest?.at ?? a.lastAt ?? a.createdAt))

const fresh: ThreadState = { messages: [], before: null, receipts: [], isLoading: true, failed: null }

/** Opens the page's copy of an engine and follows it until `close`. */
export function openTeamStore(team: Team): TeamStore {
  const listeners = new Set<() => void>()
  const hearers = new Set<(message: MessageView) => void>()
  const threads = new Map<string, ThreadState>()
  let state: TeamState | null = null
  let conversations: readonly ConversationView[] | null = null
  let isClosed = false

  const changed = () => listeners.forEach((it) => it())
  const othersIn = (conversation: string): readonly string[] =>
    (conversations?.find((it) => it.conversation === conversation)?.members ?? []).flatMap((it) =>
      it.removed || it.person === state?.person ? [] : [it.person],
    )
  const update = (conversation: string, change: (it: ThreadState) => ThreadState) => {
    const before = threads.get(conversation)
    if (before === undefined) return
    const it = change(before)
    threads.set(conversation, { ...it, messages: withReceipts(it.messages, it.receipts, othersIn(conversation)) })
    changed()
  }

  const readNewest = async (conversation: string) => {
    const [page, receipts] = await Promise.all([team.messages(conversation), team.receipts(conversation)])
    if (isClosed) return
    update(conversation, (it) =>
      page.ok
        ? {
            messages: withMessages(it.messages, page.value.messages),
            // Messages may have come before this page did; what was paged in above stays.
            before: it.isLoading ? page.value.before : it.before,
            receipts,
            isLoading: false,
            failed: null,
          }
        : { ...it, isLoading: false, failed: page.code },
    )
  }

  const readAll = async () => {
    const [newState, list] = await Promise.all([team.state(), team.conversations()])
    if (isClosed) return
    state = newState
    conversations = newestFirst(list)
    for (const conversation of threads.keys()) {
      threads.set(conversation, fresh)
      void readNewest(conversation)
    }
    changed()
  }

  const apply = (change: TeamChange): void => {
    switch (change.t) {
      case 'reset':
        return void readAll()
      case 'state': {
        const wasReady = state?.status === 'ready'
        state = change.state
        changed()
        if (!wasReady && state.status === 'ready') void readAll()
        return
      }
      case 'conversation': {
        const rest = (conversations ?? []).filter((it) => it.conversation !== change.conversation.conversation)
        conversations = newestFirst([change.conversation, ...rest])
        return changed()
      }
      case 'conversation-gone':
        conversations = (conversations ?? []).filter((it) => it.conversation !== change.conversation)
        threads.delete(change.conversation)
        return changed()
      case 'message': {
        const { message } = change
        const known = threads.get(message.conversation)?.messages.some((it) => it.id === message.id) ?? false
        const newest = conversations?.find((it) => it.conversation === message.conversation)?.lastSequence ?? 0
        if (!message.mine && !known && (message.sequence ?? 0) >= newest) hearers.forEach((hear) => hear(message))
        return update(message.conversation, (it) =>
          // A page above that was not read yet brings it by itself.
          it.before !== null && message.sequence !== null && message.sequence < (it.messages[0]?.sequence ?? 0)
            ? it
            : { ...it, messages: withMessages(it.messages, [message]) },
        )
      }
      case 'message-gone':
        return update(change.conversation, (it) => ({ ...it, messages: it.messages.filter((message) => message.id !== change.id) }))
      case 'receipts':
        return update(change.conversation, (it) => {
          const byPerson = new Map(it.receipts.map((receipt) => [receipt.person, receipt]))
          for (const receipt of change.receipts) byPerson.set(receipt.person, receipt)
          return { ...it, receipts: [...byPerson.values()] }
        })
    }
  }

  const stop = team.subscribe(apply)
  void readAll()

  return {
    team,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    state: () => state,
    conversations: () => conversations,
    thread: (conversation) => threads.get(conversation),
    open: (conversation) => {
      if (threads.has(conversation)) return
      threads.set(conversation, fresh)
      void readNewest(conversation)
    },
    older: (conversation) => {
      const it = threads.get(conversation)
      if (it === undefined || it.before === null || it.isLoading) return
      const { before } = it
      update(conversation, (now) => ({ ...now, isLoading: true }))
      void team.messages(conversation, before).then((page) => {
        if (isClosed) return
        update(conversation, (now) =>
          page.ok
            ? { ...now, messages: withMessages(now.messages, page.value.messages), before: page.value.before, isLoading: false }
            : { ...now, isLoading: false, failed: page.code },
        )
      })
    },
    onNew: (hear) => {
      hearers.add(hear)
      return () => hearers.delete(hear)
    },
    close: () => {
      isClosed = true
      stop()
      listeners.clear()
      hearers.clear()
    },
  }
}
