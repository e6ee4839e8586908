import type { ConversationView, MessageView, PersonReceipt } from '@wardline/product/team/messages/client'
import { Dialog, StateMark } from '@wardline/ui'
import './messages.css'

type ReceiptsDialogProps = {
  message: MessageView
  conversation: ConversationView
  receipts: readonly PersonReceipt[]
  me: string
  nameOf: (person: string) => string
  onClose: () => void
}

/** How far each member has got with one message. */
export const ReceiptsDialog = ({ message, conversation, receipts, me, nameOf, onClose }: ReceiptsDialogProps) => {
  const sequence = message.sequence ?? Infinity
  const people = conversation.members.filter((member) => member.person !== me && !member.removed)
  return (
    <Dialog title="Who has it" isOpen onOpenChange={(isOpen) => !isOpen && onClose()} size="small">
      <ul className="receipts">
        {people.map(({ person }) => {
          const receipt = receipts.find((it) => it.person === person)
          const hasShown = (receipt?.shown ?? 0) >= sequence
          const hasDelivered = (receipt?.delivered ?? 0) >= sequence
          return (
            <li key={person} className="receipts__row">
              <span>{nameOf(person)}</span>
              {hasShown ? (
                <StateMark state={{ kind: 'shown', count: 1, of: 1 }} />
              ) : hasDelivered ? (
                <StateMark state={{ kind: 'delivered', count: 1, of: 1 }} />
              ) : (
                <StateMark state={{ kind: 'sent' }}>, not on a device yet</StateMark>
              )}
            </li>
          )
        })}
      </ul>
    </Dialog>
  )
}
