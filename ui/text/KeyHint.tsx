const isApple = () => /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '')

const onApple: Record<string, string> = { Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↵' }
const elsewhere: Record<string, string> = { Mod: 'Ctrl' }

/**
 * A shortcut as keys. `keys` joins keys pressed together by "+" and keys pressed in turn by a space:
 * "Mod+Enter", "G I". "Mod" is Command on Apple keyboards and Ctrl elsewhere.
 */
export const KeyHint = ({ keys }: { keys: string }) => {
  const names = isApple() ? onApple : elsewhere
  return (
    <span className="wl-keys">
      {keys.split(/[+ ]/).map((key, index) => (
        <kbd key={`${index}${key}`}>{names[key] ?? key}</kbd>
      ))}
    </span>
  )
}
