/** The key ceremony, alone in a worker that ends with it: the archive's private key is never in the page. */
import { CeremonyRefused, holdCeremony, type Ceremony, type CeremonyPlan } from '@wardline/product/compliance/archive/client'

/** What the worker answers: the ceremony, or why it cannot be held. */
export type CeremonyAnswer = { readonly held: Ceremony } | { readonly code: CeremonyRefused['code'] | 'failed'; readonly message: string }

const scope = globalThis as unknown as {
  onmessage: ((event: { data: CeremonyPlan }) => void) | null
  postMessage: (answer: CeremonyAnswer) => void
}

scope.onmessage = ({ data }) => {
  void holdCeremony(data).then(
    (held) => scope.postMessage({ held }),
    (thrown: unknown) =>
      scope.postMessage(
        thrown instanceof CeremonyRefused
          ? { code: thrown.code, message: thrown.message }
          : { code: 'failed', message: 'No keys were made.' },
      ),
  )
}
