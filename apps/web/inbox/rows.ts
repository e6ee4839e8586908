import { useMay } from '@wardline/product/access/provisioning/web'
import { usePatientRows, type PatientRow } from '@wardline/product/patients/texting/web'
import { useTeamRows, type TeamRow } from '@wardline/product/team/messages/web'
import { useMemo } from 'react'
import type { InboxShow } from '../paths.ts'

/** A row of the inbox, of colleagues or of a patient. `needsMe`: somebody waits for this person. */
export type InboxRow =
  | { readonly of: 'team'; readonly key: string; readonly at: number; readonly needsMe: boolean; readonly row: TeamRow }
  | { readonly of: 'patient'; readonly key: string; readonly at: number; readonly needsMe: boolean; readonly row: PatientRow }

/** All rows, what needs me first and the newest first in each half; null until the first of the two kinds is read. */
export function useInboxRows(): readonly InboxRow[] | null {
  const hasTeam = useMay('team.conversation.read').yes
  const team = useTeamRows()
  const patients = usePatientRows()
  return useMemo(() => {
    if ((hasTeam && team === null) || (!hasTeam && patients === null)) return null
    const rows: InboxRow[] = [
      ...(team ?? []).map((row) => ({
        of: 'team' as const,
        key: row.conversation,
        at: row.at,
        needsMe: row.unread > 0 || row.notSent,
        row,
      })),
      ...(patients ?? []).map((row) => ({ of: 'patient' as const, key: row.thread, at: row.at, needsMe: row.waitingSince !== null, row })),
    ]
    return rows.toSorted((a, b) => Number(b.needsMe) - Number(a.needsMe) || b.at - a.at)
  }, [hasTeam, team, patients])
}

/** Whether a row belongs to what is shown. */
export const isShown = (it: InboxRow, show: InboxShow): boolean =>
  show === 'all' || (show === 'needs-me' ? it.needsMe : show === 'team' ? it.of === 'team' : it.of === 'patient')
