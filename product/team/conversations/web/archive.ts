import { useQuery } from '@tanstack/react-query'
import { archivePolicyInForce } from '@wardline/product/access/policies/contract'
import { useReads } from '@wardline/product/access/sessions/web'

/** Who can open the archive together: `threshold` of these persons. `no-archive`: nothing is archived; `unverified`: not signed by the root. */
export type Archive =
  | { readonly is: 'held'; readonly threshold: number; readonly custodians: readonly string[] }
  | { readonly is: 'no-archive' | 'unverified' | 'unreachable' }

/**
 * The archive policy in force, believed only if the root that this device has pinned has signed it. The page reads it by itself for the
 * words on the screen; what is sealed is decided in the engine, from the same statements.
 */
export function useArchive(root: string | null): Archive | undefined {
  const reads = useReads()
  const queryKey = ['team.conversations.archive', root]
  return useQuery({
    queryKey,
    queryFn: async (): Promise<Archive> => {
      const policy = await reads(queryKey, (call) => call(archivePolicyInForce))
      if (!policy.ok) return { is: policy.code === 'no-archive' ? 'no-archive' : 'unreachable' }
      // Its cryptography comes with the first conversation whose people are looked at.
      const { verifiedCustodians } = await import('./verify-archive.ts')
      const held = await verifiedCustodians({ root: policy.value.rootPublicKey, statement: policy.value.archivePolicyStatement }, root)
      return held === null ? { is: 'unverified' } : { is: 'held', ...held }
    },
  }).data
}
