import { hashKey, useQuery, useQueryClient, type QueryKey, type UseQueryResult } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react'
import {
  client,
  type CallFailed,
  type CallResult,
  type Endpoint,
  type GivesOf,
  type ParamsOf,
  type TakesOf,
} from '@wardline/platform/contract'
import { backgroundHeader } from '../contract.ts'
import { readAs } from './again.ts'

/** Path parameters and body of a call; both may be left out where the endpoint has none. */
export type CallArgs<E> = { params?: ParamsOf<E>; body?: TakesOf<E> }

/** Calls the server as the signed-in person. Never throws: what goes wrong is a value with its code. */
export type Call = <E extends Endpoint>(to: E, args?: CallArgs<E>) => Promise<CallResult<E>>

/** `call` is caused by a person; `quietly` by the page itself, and does not keep the session from going idle. */
export type Calls = { readonly call: Call; readonly quietly: Call }

/**
 * The calls of a page. `onSignedOut` hears each answer that says that the session is over. `onStepUp` is asked when a person's act needs a
 * fresh proof, and says whether it was given: the act is repeated then. What the page does by itself never asks.
 */
export const openCalls = (onSignedOut: () => void, onStepUp: () => Promise<boolean> = () => Promise.resolve(false)): Calls => {
  const through = (headers: Record<string, string>, canAsk: boolean): Call => {
    const send = client(
      // A button must not spin for ever on a dead network.
      (url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(30_000) }),
      '',
      () => headers,
    )
    return async <E extends Endpoint>(to: E, args: CallArgs<E> = {}) => {
      let result = await send(to, args as Parameters<typeof send<E>>[1])
      if (canAsk && !result.ok && result.code === 'step-up-needed' && (await onStepUp()))
        result = await send(to, args as Parameters<typeof send<E>>[1])
      if (!result.ok && result.code === 'signed-out') onSignedOut()
      return result
    }
  }
  return { call: through({}, true), quietly: through({ [backgroundHeader]: '1' }, false) }
}

const CallsContext = createContext<Calls>(openCalls(() => {}))

/** Gives every screen below its way to the server. */
export const CallsProvider = ({ calls, children }: { calls: Calls; children: ReactNode }) => (
  <CallsContext value={calls}>{children}</CallsContext>
)

/** The way to the server. */
export const useCalls = (): Calls => useContext(CallsContext)

/** What a query that was refused throws inside the query cache, and what its `error` is. */
export type Failed<E extends Endpoint = Endpoint> = CallFailed<E>

/** The cache key of an endpoint's answers; without arguments it names all of them, for invalidation. */
export const keyOf = <E extends Endpoint>(to: E, args?: CallArgs<E>): QueryKey =>
  args === undefined ? [to.name] : [to.name, args.params ?? {}, args.body ?? {}]

/**
 * An answer of the server, kept and refreshed by the query cache. The first read is a person's; reading again in the
 * background, after a refusal or a reset too, does not keep a session open. `pollMs` reads again while the page is in view.
 * `error` is the last answer's until the next one comes: what a refusal put on the screen stays while it is asked again.
 */
export const useAsk = <E extends Endpoint>(
  to: E,
  args: CallArgs<E> = {},
  { enabled = true, pollMs }: { enabled?: boolean; pollMs?: number } = {},
): UseQueryResult<GivesOf<E>, Failed<E>> => {
  const calls = useCalls()
  const queries = useQueryClient()
  const queryKey = keyOf(to, args)
  const hash = hashKey(queryKey)
  const [refused, setRefused] = useState<{ hash: string; error: Failed<E> } | null>(null)
  const asked = useQuery<GivesOf<E>, Failed<E>>({
    queryKey,
    enabled,
    ...(pollMs === undefined ? {} : { refetchInterval: pollMs }),
    queryFn: async () => {
      const result = await readAs(queries, queryKey, calls, (way) => way(to, args))
      if (result.ok) return result.value
      throw result
    },
  })
  // The cache forgets a refusal as soon as it asks again; a dialog that hangs on it would close over what somebody is typing.
  if (asked.error !== null && refused?.error !== asked.error) setRefused({ hash, error: asked.error })
  if (!asked.isPending || refused?.hash !== hash) return asked
  return {
    ...asked,
    error: refused.error,
    status: 'error',
    isError: true,
    isLoadingError: true,
    isPending: false,
    isLoading: false,
    isInitialLoading: false,
    isSuccess: false,
    isPlaceholderData: false,
    isRefetchError: false,
  }
}

/** How a query with a key of its own reads: as `useAsk` does, as a person the first time and quietly whenever it reads again. */
export const useReads = (): (<T>(key: QueryKey, read: (call: Call) => Promise<T>) => Promise<T>) => {
  const calls = useCalls()
  const queries = useQueryClient()
  return (key, read) => readAs(queries, key, calls, read)
}

/** A call that a button makes: whether it is under way, and why the last one failed. */
export type Act<E extends Endpoint> = {
  run: (args?: CallArgs<E>) => Promise<CallResult<E>>
  isPending: boolean
  failed: Failed<E> | null
  clear: () => void
}

/** For what a person does: the same button cannot be pressed twice while the first press is under way. */
export const useAct = <E extends Endpoint>(to: E): Act<E> => {
  const { call } = useCalls()
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<Failed<E> | null>(null)
  const run = useCallback(
    async (args?: CallArgs<E>) => {
      setPending(true)
      setFailed(null)
      const result = await call(to, args)
      setPending(false)
      if (!result.ok) setFailed(result)
      return result
    },
    [call, to],
  )
  const clear = useCallback(() => setFailed(null), [])
  return { run, isPending, failed, clear }
}
