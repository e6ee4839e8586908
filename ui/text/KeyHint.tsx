import { VisuallyHidden } from './VisuallyHidden.tsx'

const isApple = () => /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '')

const onApple: Record<string, string> = { Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↵' }
const elsewhere: Record<string, string> = { Mod: 'Ctrl' }

/**
 * A shortcut as keys. `keys` joins keys pressed together by "+" and keys pressed in turn by a space:
 * "Mod+Enter", "G I". "Mod" is Command on Apple keyboards and Ctrl elsewhere. It is drawn beside the words of a
 * button or item and is no part of their name; `isSpoken` where the shortcut itself is the content (a table of them).
 */
export const KeyHint = ({ keys, isSpoken = false }: { keys: string; isSpoken?: boolean }) => {
  const names = isApple() ? onApple : elsewhere
  const parts = keys.split(/[+ ]/).map((key) => names[key] ?? key)
  return (
    <>
      {/* The letters are drawn by CSS, so that a button's name stays its words. */}
      <span className="wl-keys" aria-hidden="true">
        {parts.map((key, index) => (
          <kbd key={`${index}${key}`} data-key={key} />
        ))}
      </span>
      {isSpoken && <VisuallyHidden>{parts.join(' ')}</VisuallyHidden>}
    </>
  )
}
