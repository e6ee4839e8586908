import { archivePolicy, fromBase64url, isSignedBy, parse, sha256, toHex } from '@wardline/crypto'

/** Who holds the archive's shares, if the statement is signed by this root, and the root is the pinned one (hex of its SHA-256); else null. */
export async function verifiedCustodians(
  it: { readonly root: string; readonly statement: string },
  pinned: string | null,
): Promise<{ readonly threshold: number; readonly custodians: readonly string[] } | null> {
  try {
    const root = fromBase64url(it.root)
    const policy = parse(archivePolicy, fromBase64url(it.statement))
    if ((pinned !== null && toHex(sha256(root)) !== pinned) || !(await isSignedBy(policy, root))) return null
    return { threshold: policy.body.threshold, custodians: policy.body.custodians.map((custodian) => custodian.person) }
  } catch {
    return null
  }
}
