/** The web door of passkeys: signing in with one, one's own, and proving oneself once more. */
export { dropSecret, takeSecret } from './held.ts'
export { MyPasskeys } from './MyPasskeys.tsx'
export type { VaultOfPasskeys } from './MyPasskeys.tsx'
export { PasskeyButton } from './PasskeyButton.tsx'
export { StepUpDialog } from './StepUpDialog.tsx'
export { askPasskey, hasPasskeys } from './webauthn.ts'
