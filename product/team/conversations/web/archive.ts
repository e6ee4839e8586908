import { useQuery } from '@tanstack/react-query'
import { archivePolicyInForce } from '@wardline/product/access/policies/contract'
import { useCalls } from '@wardline/product/access/sessions/web'

/** Who can open the archive together: `threshold` of these persons. `no-archive`: nothing is archived; `unverified`: not signed by the root. */
export type Archive =
  | { readonly is: 'held'; readonly threshold: number; readonly custodians: readonly string[] }
  | { readonly is: 'no-archive' | 'unverified' | 'unreachable' }

/**
 * The archive policy in force, believed only if the root that this device has pinned has signed it. The page reads it by itself for the
 * words on the screen; what is sealed is decided in the engine, from the same statements.
 */
export function useArchive(root: string | null): Archive | undefined {
  const { call } = useCalls()
  return useQuery({
    queryKey: ['team.conversations.archive', root],
    queryFn: async (): Promise<Archive> => {
      const policy = await call(archivePolicyInForce)
      if (!policy.ok) return { is: policy.code === 'no-archive' ? 'no-archive' : 'unreachable' }
      const { archivePolicy, fromBase64url, isSignedBy, parse, sha256, toHex } = await import('@wardline/crypto')
      try {
        const key = fromBase64url(policy.value.rootPublicKey)
        const statement = parse(archivePolicy, fromBase64url(policy.value.archivePolicyStatement))
        const isPinned = root === null || toHex(sha256(key)) === root
        if (!isPinned || !(await isSignedBy(statement, key))) return { is: 'unverified' }
        return { is: 'held', threshold: statement.body.threshold, custodians: statement.body.custodians.map((it) => it.person) }
      } catch {
        return { is: 'unverified' }
      }
    },
  }).data
}
