import { Badge, Message, StateMark, TimeOfDay, useTimeFormat } from '@wardline/ui'
import { stateOf, type ThreadText } from './states.ts'

const purposeWords: Readonly<Record<NonNullable<ThreadText['out']>['purpose'], string | null>> = {
  code: 'Code',
  'stop-confirmation': 'Confirms the stop',
  answer: null,
  booking: 'Booking',
  reminder: 'Reminder',
  change: 'Change of a visit',
  care: null,
  recall: 'Recall',
  survey: 'Survey',
  clinical: 'Clinical',
  marketing: 'Offer',
}

const meaningWords: Readonly<Record<NonNullable<ThreadText['in']>['meaning'], string | null>> = {
  stop: 'Stopped all texts',
  'maybe-stop': 'May mean stop',
  resume: 'Wants texts again',
  help: 'Asked for help',
  'wrong-number': 'Says it is a wrong number',
  ordinary: null,
}

type TextItemProps = { it: ThreadText; patient: string; nameOf: (person: string) => string }

/** One text: what was said, what it was for or taken for, and how far it got. */
export const TextItem = ({ it, patient, nameOf }: TextItemProps) => {
  const format = useTimeFormat()
  const time = <TimeOfDay at={it.at} format={format} />
  if (it.out !== null) {
    const purpose = purposeWords[it.out.purpose]
    const author = it.out.by === null ? 'Automatic' : nameOf(it.out.by)
    return (
      <Message
        id={`text-${it.text}`}
        layout="bubble"
        tone="unsecure"
        isOwn
        author={author}
        authorNote={author}
        time={time}
        {...(purpose === null ? {} : { badges: <Badge tone="routine">{purpose}</Badge> })}
        marks={<StateMark state={stateOf(it.out, format)} />}
      >
        {it.body}
      </Message>
    )
  }
  const meaning = it.in === null ? null : meaningWords[it.in.meaning]
  return (
    <Message
      id={`text-${it.text}`}
      layout="bubble"
      tone="unsecure"
      author={patient}
      time={time}
      {...(meaning === null ? {} : { badges: <Badge tone={it.in?.meaning === 'resume' ? 'ok' : 'urgent'}>{meaning}</Badge> })}
      {...(it.in === null || it.in.media === 0 ? {} : { attachments: <em>{it.in.media} pictures were not taken over.</em> })}
    >
      {it.body}
    </Message>
  )
}
