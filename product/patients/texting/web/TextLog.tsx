import { DaySeparator, EmptyState, EnvelopeIcon, MessageLog, Skeleton, dayText, useNow, useTimeFormat } from '@wardline/ui'
import { Fragment } from 'react'
import { TextItem } from './TextItem.tsx'
import type { ThreadText } from './states.ts'

type TextLogProps = {
  label: string
  patient: string
  texts: readonly ThreadText[] | undefined
  isLoading: boolean
  /** Written here a moment ago and not yet in the thread. */
  pending: ThreadText | null
  nameOf: (person: string) => string
  onOlder: (() => void) | undefined
}

/** The texts with a patient, oldest first. */
export const TextLog = ({ label, patient, texts = [], isLoading, pending, nameOf, onOlder }: TextLogProps) => {
  const now = useNow()
  const format = useTimeFormat()
  const all = pending === null || texts.some((it) => it.text === pending.text) ? texts : [...texts, pending]
  if (all.length === 0)
    return isLoading ? (
      <Skeleton label="Texts" lines={6} />
    ) : (
      <EmptyState icon={EnvelopeIcon} title="No texts yet">
        Texts to and from this number appear here. They are not secure: no results, no diagnoses.
      </EmptyState>
    )
  return (
    <MessageLog label={label} newestKey={all.at(-1)?.text ?? ''} {...(onOlder === undefined ? {} : { onReachStart: onOlder })}>
      {all.map((it, index) => {
        const day = dayText(it.at, now, format)
        const before = all[index - 1]
        return (
          <Fragment key={it.text}>
            {(before === undefined || dayText(before.at, now, format) !== day) && <DaySeparator>{day}</DaySeparator>}
            <TextItem it={it} patient={patient} nameOf={nameOf} />
          </Fragment>
        )
      })}
    </MessageLog>
  )
}
