import { useQueryClient } from '@tanstack/react-query'
import { useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { consentState } from '@wardline/product/patients/consent/contract'
import { getPatient } from '@wardline/product/patients/roster/contract'
import { PatientBanner, dayInRecord, patientName, type PatientNumber, type PatientRecord } from '@wardline/product/patients/roster/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { Button, ButtonLink, EmptyState, IconButton, Pane, PaneIcon, Select, Skeleton } from '@wardline/ui'
import { useEffect, useState, type ReactNode, type Ref } from 'react'
import { getThread, markLooked, sendText } from '../contract.ts'
import { TextComposer } from './TextComposer.tsx'
import { TextLog } from './TextLog.tsx'
import { Waiting, WaitingBar } from './Waiting.tsx'
import { calledOf } from './called.ts'
import type { OpenDialog } from './dialogs.ts'
import type { ThreadText } from './states.ts'
import './texting.css'
import { useThreads } from './threads.ts'
import { useOlderTexts } from './older.ts'

type PatientThreadProps = {
  patient: string
  onBack: () => void
  onDetails: () => void
  /** The details are in view: nobody is offered to open them. */
  areDetailsOpen: boolean
  onOpen: (dialog: OpenDialog, number: PatientNumber) => void
  /** Where the texts of a number are that several patients share. */
  hrefOfTexts: (thread: string) => string
  composerRef?: Ref<HTMLTextAreaElement>
}

/** A patient: who they are, always in view; what was texted; what may be texted now. */
export const PatientThread = ({ patient, ...rest }: PatientThreadProps): ReactNode => {
  const record = useAsk(getPatient, { params: { patient } })
  if (record.error)
    return (
      <Pane title="Patient" onBack={rest.onBack} backLabel="Back to the list">
        <title>Patient · Wardline</title>
        {record.error.code === 'not-found' ? (
          <EmptyState title="Nothing of this patient is open to you here" action={<Button onPress={rest.onBack}>Back to the list</Button>}>
            There may be no such patient, or another location cares for them. Open one from the list.
          </EmptyState>
        ) : (
          <FailedBanner failed={record.error} onRetry={() => void record.refetch()} />
        )}
      </Pane>
    )
  if (!record.data)
    return (
      <Pane title="Patient" onBack={rest.onBack} backLabel="Back to the list">
        <title>Patient · Wardline</title>
        <Skeleton label="Opening the patient" lines={6} />
      </Pane>
    )
  return <OpenPatient key={patient} it={record.data} {...rest} />
}

/** The number that texts go to unless another one is chosen: a verified one first, never one that is not theirs. */
const firstOf = (numbers: readonly PatientNumber[]): PatientNumber | undefined =>
  numbers.find((it) => it.state === 'verified') ?? numbers.find((it) => it.state === 'unverified') ?? numbers[0]

type OpenPatientProps = Omit<PatientThreadProps, 'patient'> & { it: PatientRecord }

const OpenPatient = ({ it, onBack, onDetails, areDetailsOpen, onOpen, hrefOfTexts, composerRef }: OpenPatientProps) => {
  const [chosen, setChosen] = useState<string | null>(null)
  const number = it.numbers.find((one) => one.number === chosen) ?? firstOf(it.numbers)
  const name = patientName(it)
  return (
    <Pane
      title={name}
      onBack={onBack}
      backLabel="Back to the list"
      body="fixed"
      toolbar={<PatientBanner patient={it} />}
      actions={
        <>
          {it.numbers.length > 1 && number !== undefined && (
            <Select
              label="Number"
              isLabelHidden
              options={it.numbers.map((one) => ({ id: one.number, text: calledOf(one) }))}
              value={number.number}
              onChange={(id) => setChosen(String(id))}
            />
          )}
          <IconButton label="Patient details" keys="Mod+." onPress={onDetails}>
            <PaneIcon />
          </IconButton>
        </>
      }
    >
      <title>Patient · Wardline</title>
      {number === undefined ? (
        <EmptyState title="No number is known" action={!areDetailsOpen && <Button onPress={onDetails}>Open the details</Button>}>
          Ask the patient for a number and add it in the details. Until then nothing can be texted.
        </EmptyState>
      ) : (
        <NumberThread
          key={number.number}
          it={it}
          name={name}
          number={number}
          onOpen={onOpen}
          hrefOfTexts={hrefOfTexts}
          {...(composerRef === undefined ? {} : { composerRef })}
        />
      )}
    </Pane>
  )
}

type NumberThreadProps = Pick<OpenPatientProps, 'it' | 'onOpen' | 'hrefOfTexts' | 'composerRef'> & { name: string; number: PatientNumber }

/** The texts with one number of a patient, and the place to write one. */
const NumberThread = ({ it, name, number, onOpen, hrefOfTexts, composerRef }: NumberThreadProps) => {
  const me = useMe()
  const queries = useQueryClient()
  const { nameOf } = useColleagues()
  const threads = useThreads()
  const [begun, setBegun] = useState<string | null>(null)
  // What comes from a number of several patients is nobody's until a person has said whose: here it would be missed.
  const shared = threads.data?.threads.find((line) => line.patient === null && line.number === number.number && line.waitingSince !== null)
  const thread =
    threads.data?.threads.find((line) => line.patient?.patient === it.patient && line.number === number.number)?.thread ??
    begun ??
    undefined
  const texts = useAsk(getThread, { params: { thread: thread ?? '' } }, { enabled: thread !== undefined, pollMs: 60_000 })
  const older = useOlderTexts(thread, texts.data)
  const consent = useAsk(consentState, { params: { patient: it.patient } })
  const [pending, setPending] = useState<ThreadText | null>(null)
  useLooked(thread, texts.data?.paused ?? false)
  const called = calledOf(number)
  const changed = async (sentIn: string | null) => {
    if (sentIn !== null) setBegun(sentIn)
    await Promise.all([
      threads.refetch(),
      ...(sentIn === null ? [] : [queries.invalidateQueries({ queryKey: [getThread.name, { thread: sentIn }] })]),
      queries.invalidateQueries({ queryKey: keyOf(sendText) }),
    ])
    setPending(null)
  }
  return (
    <>
      {texts.error && <FailedBanner failed={texts.error} onRetry={() => void texts.refetch()} />}
      {texts.data?.waitingSince != null && thread !== undefined && <Waiting thread={thread} />}
      {shared !== undefined && (
        <WaitingBar
          words={`An answer came from this number. ${shared.candidates.length} patients share it, so it waits on its own.`}
          action={
            <ButtonLink size="small" href={hrefOfTexts(shared.thread)}>
              Open the answer
            </ButtonLink>
          }
        />
      )}
      <TextLog
        label={`Texts with ${name}`}
        patient={name}
        texts={[...older.texts, ...(texts.data?.texts ?? [])]}
        isLoading={threads.isLoading || (thread !== undefined && texts.isLoading)}
        pending={pending}
        nameOf={nameOf}
        onOlder={older.more}
      />
      <TextComposer
        label={`Text about ${name}, born ${it.birthDate === undefined ? 'not known' : dayInRecord(it.birthDate)}, to the ${called}`}
        draftKey={`patient ${it.patient} ${number.number}`}
        patient={it.patient}
        number={number}
        called={called}
        thread={thread}
        consent={consent.data}
        me={me.person}
        onPending={setPending}
        onSent={(sentIn) => void changed(sentIn)}
        onOpen={(dialog) => onOpen(dialog, number)}
        {...(composerRef === undefined ? {} : { composerRef })}
      />
    </>
  )
}

/** A person has opened the thread: a pause of automatic texts ends with that. */
function useLooked(thread: string | undefined, isPaused: boolean): void {
  const looked = useAct(markLooked)
  const { run } = looked
  useEffect(() => {
    if (thread !== undefined && isPaused && document.visibilityState === 'visible') void run({ params: { thread }, body: {} })
  }, [thread, isPaused, run])
}
