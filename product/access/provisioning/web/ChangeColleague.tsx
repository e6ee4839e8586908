import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { setWorkplaces, type listLocations } from '@wardline/product/access/locations/contract'
import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  AlertDialog,
  Banner,
  Button,
  CheckboxGroup,
  Dialog,
  ErrorSummary,
  Skeleton,
  TextField,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { useEffect, useState, type ReactNode } from 'react'
import { deactivate, people, reissueEnrolment, rolesGiven, setRoles } from '../contract.ts'
import type { HandedCode } from './AddColleague.tsx'
import { useMay } from './me.tsx'
import { RolesField } from './RolesField.tsx'
import { RoleTimes, readTime, typedTime, type RoleTime, type TypedTime } from './RoleTimes.tsx'

/** A colleague of the list. */
export type Listed = GivesOf<typeof people>['people'][number]
type Place = GivesOf<typeof listLocations>['locations'][number]

type ChangeColleagueProps = {
  person: Listed
  places: readonly Place[]
  worksAt: readonly string[]
  onChanged: () => void
  onCode: (code: HandedCode) => void
  onClose: () => void
  /** What other features know of the person, for instance their devices. */
  more?: ((person: Listed) => ReactNode) | undefined
}

/** Changes a colleague's roles and places, gives a new code, or ends their access. */
export const ChangeColleague = (props: ChangeColleagueProps) => {
  const { person, onClose } = props
  const { timeZone } = useTimeFormat()
  const queries = useQueryClient()
  // Each opening asks anew: saving what was true an hour ago would undo somebody else's change.
  useEffect(() => () => queries.removeQueries({ queryKey: keyOf(rolesGiven) }), [queries])
  // The list says which roles count now; what is changed is what was given, with its times.
  const given = useAsk(rolesGiven, { params: { person: person.id } })
  if (given.data && !given.isFetching)
    return (
      <Change
        {...props}
        held={given.data.grants.map((it) => it.role)}
        limits={given.data.grants.map(({ inForce: _, ...it }) => typedTime(it, timeZone))}
      />
    )
  return (
    <Dialog isOpen onOpenChange={(isOpen) => !isOpen && onClose()} title={person.name} subtitle={person.title}>
      {given.error ? <FailedBanner failed={given.error} onRetry={() => void given.refetch()} /> : <Skeleton label="Roles" lines={6} />}
    </Dialog>
  )
}

const Change = ({
  person,
  places,
  worksAt,
  onChanged,
  onCode,
  onClose,
  held,
  limits,
  more,
}: ChangeColleagueProps & { held: readonly Role[]; limits: readonly TypedTime[] }) => {
  const { timeZone } = useTimeFormat()
  const [times, setTimes] = useState<readonly TypedTime[]>(limits)
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const change = useAct(setRoles)
  const move = useAct(setWorkplaces)
  const reissue = useAct(reissueEnrolment)
  const end = useAct(deactivate)
  const mayGrant = useMay('role.grant')
  const mayEnd = useMay('person.deactivate')
  const [roles, setHeld] = useState<readonly Role[]>(held)
  const [at, setAt] = useState<readonly string[]>(worksAt)
  const [exception, setException] = useState('')
  const [isEnding, setEnding] = useState(false)
  const [waits, setWaits] = useState<readonly string[]>([])
  const needsReason = roles.includes('administrator') && roles.includes('privacy-officer')
  const params = { person: person.id }
  const failed = change.failed ?? move.failed ?? reissue.failed ?? end.failed
  const save = async () => {
    const read = times.filter((it) => roles.includes(it.role)).flatMap((it) => readTime(it, timeZone) ?? [])
    const wrong = read.filter((it): it is FormProblem => 'message' in it)
    setProblems(wrong)
    if (wrong.length > 0) return
    const windows = read.filter((it): it is RoleTime => 'role' in it)
    const isMoved = places.length > 0 && [...at].toSorted().join() !== [...worksAt].toSorted().join()
    const moved = isMoved ? await move.run({ params, body: { locations: [...at] } }) : null
    if (moved?.ok === false) return
    const reason = needsReason && exception.trim() !== '' ? { exception: exception.trim() } : {}
    const result = await change.run({ params, body: { roles: [...roles], windows, ...reason } })
    if (!result.ok) return
    onChanged()
    const isMoveWaiting = moved?.value.waits === true
    if (result.value.waits.length === 0 && !isMoveWaiting) onClose()
    else setWaits([...result.value.waits.map((it) => roleWords[it]), ...(isMoveWaiting ? ['the move to other locations'] : [])])
  }
  if (isEnding)
    return (
      <AlertDialog
        isOpen
        onOpenChange={(isOpen) => !isOpen && setEnding(false)}
        title={`End the access of ${person.name}?`}
        actionLabel={`End the access of ${person.name}`}
        isPending={end.isPending}
        onAction={() =>
          void end.run({ params, body: {} }).then((result) => {
            setEnding(false)
            if (!result.ok) return
            onChanged()
            onClose()
          })
        }
      >
        Their sessions end at once and their roles are withdrawn. Their name stays on what they wrote.
      </AlertDialog>
    )
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={person.name}
      subtitle={person.title}
      actions={(close) => (
        <>
          <Button onPress={close}>Close</Button>
          {mayGrant.yes && (
            <Button variant="primary" isPending={change.isPending || move.isPending} onPress={() => void save()}>
              Save changes
            </Button>
          )}
        </>
      )}
    >
      <div className="people__form">
        {failed && <FailedBanner failed={failed} />}
        <ErrorSummary problems={problems} />
        {waits.length > 0 && (
          <Banner tone="info" title={`Waits for a second person: ${waits.join(', ')}`}>
            The rest is done. A privacy officer or security officer other than you must agree within three days.
          </Banner>
        )}
        {mayGrant.yes ? <RolesField value={roles} onChange={setHeld} /> : <p>{mayGrant.reason}</p>}
        {needsReason && (
          <TextField
            label="Why one person is administrator and privacy officer"
            value={exception}
            onChange={setException}
            maxLength={500}
          />
        )}
        {mayGrant.yes && (
          <RoleTimes
            roles={roles}
            times={times}
            onChange={setTimes}
            messageFor={(id) => problems.find((it) => it.fieldId === id)?.message}
          />
        )}
        {places.length > 0 && mayGrant.yes && (
          <CheckboxGroup
            label="Works at"
            value={[...at]}
            onChange={setAt}
            options={places.map((it) => ({ id: it.location, label: it.name }))}
          />
        )}
        {more?.(person)}
        <div className="people__actions">
          {mayGrant.yes && (
            <Button
              size="small"
              isPending={reissue.isPending}
              onPress={async () => {
                const result = await reissue.run({ params, body: {} })
                if (result.ok) onCode({ name: person.name, ...result.value, waits: [] })
              }}
            >
              New one-time code
            </Button>
          )}
          {mayEnd.yes && (
            <Button size="small" onPress={() => setEnding(true)}>
              End access
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  )
}
