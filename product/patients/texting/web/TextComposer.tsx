import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { basisInShort, standingOf, type ConsentState } from '@wardline/product/patients/consent/web'
import type { PatientNumber } from '@wardline/product/patients/roster/web'
import { useDraft } from '@wardline/product/team/messages/web'
import { Badge, Banner, Button, Composer, fullTime, timeOfDay, useClock, useTimeFormat } from '@wardline/ui'
import { useRef, useState, type Ref } from 'react'
import { sendText } from '../contract.ts'
import { clinicalWords, segmentsOf } from '../preview.ts'
import { finalCodes, gateWords, reasonsSaid, type GateCode } from '../words.ts'
import type { OpenDialog } from './dialogs.ts'
import { usePreview, type Preview } from './gate.ts'
import type { ThreadText } from './states.ts'
import './texting.css'

type TextComposerProps = {
  /** Names patient, birth date and number. */
  label: string
  draftKey: string
  patient: string
  number: PatientNumber
  called: string
  thread: string | undefined
  consent: ConsentState | undefined
  me: string
  onPending: (text: ThreadText | null) => void
  onSent: (thread: string | null) => void
  onOpen: (dialog: OpenDialog) => void
  composerRef?: Ref<HTMLTextAreaElement>
}

/** What leads on from a reason: the nearest allowed act, where this page has one. */
const wayOn: Partial<Readonly<Record<GateCode, { dialog: OpenDialog; words: string }>>> = {
  'no-consent': { dialog: 'consent', words: 'Record consent' },
  'consent-expired': { dialog: 'consent', words: 'Record consent' },
  'consent-revoked': { dialog: 'consent', words: 'Record consent' },
  'consent-narrower': { dialog: 'consent', words: 'Record consent' },
  'number-unverified': { dialog: 'verify', words: 'Verify the number' },
  'code-needed': { dialog: 'verify', words: 'Verify the number' },
}

const stands = (preview: Preview | undefined) =>
  preview !== undefined && (preview.decision.kind === 'refuse' || preview.decision.kind === 'secure-page-needed')

/** Where one writes a text to a patient. It shows before the first letter whether one may, and says with each letter what stands in the way. */
export const TextComposer = ({
  label,
  draftKey,
  patient,
  number,
  called,
  thread,
  consent,
  me,
  onPending,
  onSent,
  onOpen,
  composerRef,
}: TextComposerProps) => {
  const clock = useClock()
  const format = useTimeFormat()
  const { text, setText } = useDraft(draftKey)
  const { preview, failed: previewFailed } = usePreview(patient, number.number, text)
  const send = useAct(sendText)
  const [refused, setRefused] = useState<Preview['decision'] | null>(null)
  // The same id until it is known to be sent: pressing again after a lost answer sends nothing twice.
  const id = useRef<{ id: string; body: string } | null>(null)
  const marked = clinicalWords(text)
  const { count, encoding } = segmentsOf(text)
  // The empty draft is judged too; that it is empty is no reason to show.
  const reasons = (preview?.decision.reasons ?? []).filter((it) => it.code !== 'empty')
  const stops = reasons.filter((it) => it.code !== 'allowed' && it.code !== 'test-patient' && it.code !== 'on-intake')
  const isBlocked = stands(preview) && stops.length > 0
  // Then it is this text that may not go, not the number: the words themselves are named.
  const isOnlyWords = stops.every((it) => it.code === 'clinical-words')
  const why = isBlocked ? reasonsSaid(reasons) : marked.length > 0 ? gateWords['clinical-words'] : undefined
  const holdsUntil = preview?.decision.kind === 'hold' && preview.decision.until !== null ? timeOfDay(preview.decision.until, format) : null
  // Where one thing stands in the way that nobody here can change, mending another one would lead nowhere.
  const way =
    isBlocked && !reasons.some((it) => finalCodes.has(it.code))
      ? reasons.map((it) => wayOn[it.code]).find((it) => it !== undefined)
      : undefined

  const submit = async () => {
    const body = text.trim()
    if (id.current?.body !== body) id.current = { id: crypto.randomUUID(), body }
    setRefused(null)
    onPending(pendingText(id.current.id, body, clock.now(), patient, me))
    setText('')
    const result = await send.run({
      body: { text: id.current.id, patient, number: number.number, body, ...(thread === undefined ? {} : { thread }) },
    })
    if (!result.ok) {
      onPending(null)
      return setText(body)
    }
    const { decision } = result.value
    if (decision.kind === 'send' || decision.kind === 'hold') {
      id.current = null
      return onSent(result.value.thread)
    }
    id.current = null
    onPending(null)
    setText(body)
    setRefused(decision)
  }

  return (
    <>
      {send.failed && <FailedBanner failed={send.failed} />}
      {refused !== null && (
        <Banner tone="danger" isBar title="The text was not sent." live="polite" onDismiss={() => setRefused(null)}>
          {reasonsSaid(refused.reasons)} What you wrote is in the field.
        </Banner>
      )}
      {isBlocked && !(isOnlyWords && marked.length > 0) && (
        <Banner
          tone="warning"
          isBar
          title={isOnlyWords ? 'This text may not be sent.' : 'This number may not be texted now.'}
          {...(way === undefined
            ? {}
            : {
                action: (
                  <Button size="small" onPress={() => onOpen(way.dialog)}>
                    {way.words}
                  </Button>
                ),
              })}
        >
          {why}
        </Banner>
      )}
      {(!isBlocked || isOnlyWords) && marked.length > 0 && (
        <Banner tone="warning" isBar title="A text is not secure. Take these words out, or call the patient:">
          {[...new Set(marked.map((it) => text.slice(it.from, it.to)))].map((word) => (
            <mark key={word} className="texting-mark">
              {word}
            </mark>
          ))}
        </Banner>
      )}
      {previewFailed && <FailedBanner failed={previewFailed} />}
      <Composer
        label={label}
        audience="unsecure"
        value={text}
        onChange={setText}
        onSend={() => void submit()}
        sendLabel={holdsUntil === null ? `Send SMS to ${called}` : `Send SMS to ${called} at ${holdsUntil}`}
        disabledReason={why ?? (preview === undefined ? 'It is being looked up whether this number may be texted.' : undefined)}
        isPending={send.isPending}
        placeholder="Write a text"
        strip={<Strip number={number} consent={consent} fullTimeOf={(at) => fullTime(at, format)} />}
        tools={
          <span className="texting-count">
            {text.trim() !== '' && count > 1 && `${count} parts${encoding === 'UCS-2' ? ', with special characters' : ''}`}
          </span>
        }
        {...(composerRef === undefined ? {} : { textAreaRef: composerRef })}
      />
    </>
  )
}

/** Channel, consent and number in one line, always over the field. */
const Strip = ({
  number,
  consent,
  fullTimeOf,
}: {
  number: PatientNumber
  consent: ConsentState | undefined
  fullTimeOf: (at: number) => string
}) => {
  const standing = consent === undefined ? null : standingOf(consent, number.number)
  return (
    <span className="texting-strip">
      <Badge tone="unsecure" />
      <span>
        {standing === null
          ? 'Consent …'
          : standing.is === 'stopped'
            ? 'Stopped by the patient'
            : standing.is === 'none'
              ? 'No consent'
              : `Consent: ${standing.basis === null ? 'given' : basisInShort[standing.basis]}`}
        {standing?.is === 'live' && standing.until !== null && `, until ${fullTimeOf(standing.until)}`}
      </span>
      {number.state === 'verified' ? (
        <span className="texting-strip__verified">Verified</span>
      ) : (
        <span>{number.state === 'unverified' ? 'Not verified' : 'Number in doubt'}</span>
      )}
    </span>
  )
}

/** A text as it stands in the log until the server has answered. */
const pendingText = (text: string, body: string, at: number, patient: string, by: string): ThreadText => ({
  text,
  direction: 'out',
  at,
  body,
  out: { patient, purpose: 'answer', by, state: 'sending', reasons: [], dueAt: at, delivery: null, problem: null },
  in: null,
})
