import type { Tx } from '@wardline/platform/db'

/** Who may be a device, beside what signatures say: given when the server is composed, because it lies above. */
export interface Admission {
  /** Judges a new device in the transaction that enrols it. `managed` is handed to `enrolled` afterwards; null: nothing vouches for it. */
  enrol(
    tx: Tx,
    it: { readonly person: string; readonly roles: readonly string[]; readonly system: string },
  ): Promise<{ readonly admitted: true; readonly managed: string | null } | { readonly admitted: false }>
  enrolled(tx: Tx, it: { readonly person: string; readonly device: string; readonly managed: string }): Promise<void>
  /** Whether a device that was enrolled before may still be used. */
  goesOn(tx: Tx, it: { readonly roles: readonly string[]; readonly device: string }): Promise<boolean>
}

/** Where nobody manages devices: everybody's. */
export const everyDevice: Admission = {
  enrol: () => Promise.resolve({ admitted: true, managed: null }),
  enrolled: () => Promise.resolve(),
  goesOn: () => Promise.resolve(true),
}
