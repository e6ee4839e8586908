import { Dialog, KeyHint } from '@wardline/ui'
import './shell.css'

const shortcuts: readonly (readonly [string, string])[] = [
  ['Mod+K', 'Search or run a command'],
  ['J', 'Next row'],
  ['K', 'Previous row'],
  ['Enter', 'Open the row'],
  ['U', 'Back to the list'],
  ['C', 'New message'],
  ['R', 'Reply'],
  ['Mod+Enter', 'Send'],
  ['Esc', 'Leave the field'],
  ['Mod+.', 'Open or close the details'],
  ['G I', 'Go to the inbox'],
  ['G P', 'Go to the patients'],
  ['G A', 'Go to the audit log'],
  ['F6', 'Next region of the page'],
  ['Shift+F6', 'Previous region of the page'],
  ['?', 'This list'],
]

/** Every shortcut. Single letters can be turned off in the settings. */
export const Help = ({ onClose }: { onClose: () => void }) => (
  <Dialog title="Keyboard" isOpen onOpenChange={(open) => !open && onClose()} size="small">
    <dl className="shortcuts">
      {shortcuts.map(([keys, words]) => (
        <div key={keys} className="shortcuts__row">
          <dt>
            <KeyHint keys={keys} isSpoken />
          </dt>
          <dd>{words}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
)
