import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useMe } from '@wardline/product/access/provisioning/web'
import { keyOf, useAsk } from '@wardline/product/access/sessions/web'
import { listPatients, getPatient } from '@wardline/product/patients/roster/contract'
import { consentState } from '@wardline/product/patients/consent/contract'
import { patientName, useMayWithPatients } from '@wardline/product/patients/roster/web'
import { useEffect, useMemo } from 'react'
import { getThread, listThreads, previewText } from '../contract.ts'

/** A thread of the list. */
export type ThreadLine = GivesOf<typeof listThreads>['threads'][number]

/** A thread as the inbox shows it. `patient` is null for a number of several patients, or of none. */
export type PatientRow = {
  readonly thread: string
  readonly patient: string | null
  readonly title: string
  readonly preview: string
  readonly at: number
  readonly waitingSince: number | null
  readonly optedOut: boolean
}

/** What a thread is called: its patient, or the number that several share. */
export const threadTitle = (it: Pick<ThreadLine, 'patient' | 'candidates' | 'ending'>): string =>
  it.patient !== null
    ? patientName(it.patient)
    : it.candidates.length === 0
      ? `Unknown number ending ${it.ending}`
      : `Number ending ${it.ending}, ${it.candidates.length} patients`

/** The threads of the practice, for who may read them; read again when one changes, and each minute in case that was missed. */
export const useThreads = () => useAsk(listThreads, {}, { enabled: useMayWithPatients('patient.thread.read').yes, pollMs: 60_000 })

/** The rows of patients' threads for the inbox; null until they are read, empty for who may not read them. */
export function usePatientRows(): readonly PatientRow[] | null {
  const mayRead = useMayWithPatients('patient.thread.read').yes
  const { organisation } = useMe()
  const { data } = useThreads()
  return useMemo(() => {
    if (!mayRead) return []
    // Each text of ours begins with the practice's name: in a row it would fill the line.
    const ours = `${organisation.name}: `
    const said = (line: string) => (line.startsWith(ours) ? line.slice(ours.length) : line)
    return (
      data?.threads.map((it) => ({
        thread: it.thread,
        patient: it.patient?.patient ?? null,
        title: threadTitle(it),
        preview: it.lastDirection === 'out' ? `Sent: ${said(it.line)}` : it.line,
        at: it.lastAt,
        waitingSince: it.waitingSince,
        optedOut: it.optedOut,
      })) ?? null
    )
  }, [mayRead, organisation.name, data])
}

type Hear = (listener: (frame: { readonly t: string; readonly thread?: unknown }) => void) => () => void

/** Reads threads again when the live connection says that one changed, or when it comes back after a pause. */
export function useThreadFrames(hear: Hear | undefined): void {
  const queries = useQueryClient()
  useEffect(
    () =>
      hear?.((frame) => {
        if (frame.t !== 'patients.thread' && frame.t !== 'open') return
        const touched = [listThreads, listPatients, getPatient, consentState, previewText].map((it) =>
          queries.invalidateQueries({ queryKey: keyOf(it) }),
        )
        const thread =
          frame.t === 'open' || typeof frame.thread !== 'string' ? keyOf(getThread) : [getThread.name, { thread: frame.thread }]
        void Promise.all([...touched, queries.invalidateQueries({ queryKey: thread })])
      }),
    [hear, queries],
  )
}
