import { useRef, type KeyboardEvent, type ReactNode, type Ref } from 'react'
import { TextField as AriaTextField, Label } from 'react-aria-components'
import { Button } from '../actions/Button.tsx'
import { GrowingArea } from '../fields/TextArea.tsx'
import { SendIcon } from '../icons.tsx'

export type ComposerProps = {
  /** Accessible name of the field, with the person it is about: "Message about RIVERA, Ana, born 14-Jul-1981". */
  label: string
  value: string
  onChange: (text: string) => void
  onSend: () => void
  /** What the button does, naming an outside recipient: "Send", "Send SMS to mobile ending 4417". */
  sendLabel?: string
  /** Why nothing can be sent now. Ctrl/Cmd-Enter then does nothing either. */
  disabledReason?: string | undefined
  isPending?: boolean
  /** Who will read it changes border and ground: colleagues, a secure outside channel, an unsecured one, staff only. */
  audience?: 'team' | 'secure' | 'unsecure' | 'internal'
  /** Over the field, always in view: whom it reaches, consent, channel. One line on phones. */
  strip?: ReactNode
  /** At the foot: attach, template, priority. Without any the Send button stands beside the field. */
  tools?: ReactNode
  placeholder?: string
  textAreaRef?: Ref<HTMLTextAreaElement>
}

/** Where one writes: strip, growing field, tools, one Send button. Ctrl/Cmd-Enter sends; Enter makes a new line. After Send the field has the focus. */
export const Composer = ({
  label,
  value,
  onChange,
  onSend,
  sendLabel = 'Send',
  disabledReason,
  isPending = false,
  audience = 'team',
  strip,
  tools,
  placeholder = 'Write a message',
  textAreaRef,
}: ComposerProps) => {
  const field = useRef<HTMLDivElement>(null)
  const isEmpty = value.trim() === ''
  const reason = disabledReason ?? (isEmpty ? 'Write something first.' : undefined)
  const sendByKey = (event: KeyboardEvent) => {
    // An input method confirms its suggestion with Enter: that is no wish to send.
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (reason === undefined && !isPending) onSend()
  }
  const sendByButton = () => {
    onSend()
    // The next message is written where this one was; the button alone would lose the focus, being of no use now.
    field.current?.querySelector('textarea')?.focus()
  }
  return (
    <div className={`wl-composer wl-composer--${audience}${tools === undefined ? ' wl-composer--line' : ''}`}>
      {strip !== undefined && <div className="wl-composer__strip">{strip}</div>}
      <div onKeyDown={sendByKey} ref={field}>
        <AriaTextField value={value} onChange={onChange} autoComplete="off" className="wl-composer__field">
          <Label className="wl-hidden">{label}</Label>
          <GrowingArea text={value} rows={1} placeholder={placeholder} areaRef={textAreaRef} className="wl-composer__box wl-area" />
        </AriaTextField>
      </div>
      <div className="wl-composer__foot">
        {tools !== undefined && (
          <div className="wl-composer__tools" role="group" aria-label="Message tools">
            {tools}
          </div>
        )}
        <Button
          variant="primary"
          icon={<SendIcon />}
          keys="Mod+Enter"
          onPress={sendByButton}
          // On a phone the bar at the foot comes back when the field loses the focus: the button would move away under the finger.
          preventFocusOnPress
          isPending={isPending}
          pendingLabel="Sending"
          disabledReason={reason}
        >
          {sendLabel}
        </Button>
      </div>
    </div>
  )
}
