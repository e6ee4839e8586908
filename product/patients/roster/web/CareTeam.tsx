import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { listUnits } from '@wardline/product/access/care/contract'
import { listLocations } from '@wardline/product/access/locations/contract'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Actions, Badge, Button, Entry, EntryList, fullTime, Panel, PlusIcon, Skeleton, useDone, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { endCare, patientCare } from '../contract.ts'
import { AssignCare } from './AssignCare.tsx'
import type { Colleague } from './colleague.ts'
import { PlaceOfPatient } from './PlaceOfPatient.tsx'
import { useMayWithPatients } from './reach.ts'
import { Restrict, restrictionWords } from './Restrict.tsx'

type Care = GivesOf<typeof patientCare>
type Member = Care['team'][number]

const becauseWords: Readonly<Record<Member['because'], string>> = {
  assigned: 'assigned',
  registered: 'registered the patient',
  appointment: 'has an appointment with them',
  unit: 'on the roster of the unit',
  cover: 'covers for a colleague',
  emergency: 'opened the record in an emergency',
}

/** Who cares for a patient and why, where they are, and who must not look. */
export const CareTeam = ({
  patient,
  name,
  colleagues,
  nameOf,
}: {
  patient: string
  name: string
  colleagues: readonly Colleague[]
  nameOf: (person: string) => string
}) => {
  const queries = useQueryClient()
  const mayRead = useMayWithPatients('care.read').yes
  const mayAssign = useMayWithPatients('care.assign').yes
  const mayRestrict = useMayWithPatients('patient.flag').yes
  const care = useAsk(patientCare, { params: { patient } }, { enabled: mayRead })
  const units = useAsk(listUnits, {}, { enabled: mayRead })
  const places = useAsk(listLocations, {}, { enabled: mayRead })
  const end = useAct(endCare)
  const format = useTimeFormat()
  const { done, say } = useDone()
  const [open, setOpen] = useState<'assign' | 'place' | 'restrict' | null>(null)
  // Not everybody who reads a record is told who else does; they see nothing here.
  if (!mayRead || care.error?.code === 'not-found') return null
  if (care.error) return <FailedBanner failed={care.error} onRetry={() => void care.refetch()} />
  if (!care.data || !units.data || !places.data) return <Skeleton label="Care team" lines={3} />
  const { team, unit, location, restricted } = care.data
  const sites = places.data.locations
  const site = sites.find((it) => it.location === location || (location === null && it.main))
  const close = () => setOpen(null)
  const over = (text: string) => {
    close()
    say(text)
    void queries.invalidateQueries({ queryKey: keyOf(patientCare, { params: { patient } }) })
  }
  const people = [...new Set(team.map((it) => it.person))].map((person) => ({
    person,
    ties: team.filter((it) => it.person === person),
  }))
  const tieText = (it: Member) => becauseWords[it.because] + (it.until === null ? '' : ` until ${fullTime(it.until - 60_000, format)}`)
  return (
    <>
      <Panel
        title="Care team"
        level={3}
        actions={
          mayAssign ? (
            <Button size="small" icon={<PlusIcon />} aria-label="Add to the care team" onPress={() => setOpen('assign')}>
              Add
            </Button>
          ) : null
        }
      >
        {done}
        {end.failed && <FailedBanner failed={end.failed} />}
        {people.length === 0 ? (
          <p className="numbers__note">Nobody is on the care team.</p>
        ) : (
          <EntryList label="Care team">
            {people.map(({ person, ties }) => (
              <Entry key={person} name={nameOf(person)} note={ties.map(tieText).join('; ')}>
                {mayAssign && ties.some((it) => it.because !== 'unit') && (
                  <Button
                    size="small"
                    isPending={end.isPending}
                    aria-label={`Take off the care team: ${nameOf(person)}`}
                    onPress={async () => {
                      if ((await end.run({ params: { patient, person } })).ok) over(`${nameOf(person)} is off the care team.`)
                    }}
                  >
                    Take off
                  </Button>
                )}
              </Entry>
            ))}
          </EntryList>
        )}
        {(units.data.units.length > 0 || sites.length > 0) && (
          <Actions>
            <span className="numbers__note">
              {[site?.name, unit === null ? 'on no unit' : `on ${unit.name}`].filter((it) => it !== undefined).join(', ')}
            </span>
            {mayAssign && (
              <Button size="small" variant="quiet" onPress={() => setOpen('place')}>
                Move the patient
              </Button>
            )}
          </Actions>
        )}
      </Panel>
      {(mayRestrict || restricted !== null) && (
        <Panel
          title="Who may look"
          level={3}
          actions={
            mayRestrict ? (
              <Button size="small" onPress={() => setOpen('restrict')}>
                {restricted === null ? 'Restrict' : 'Change'}
              </Button>
            ) : null
          }
        >
          {restricted === null ? (
            <p className="numbers__note">The record is not restricted.</p>
          ) : (
            <p className="numbers__note">
              <Badge tone="urgent">Restricted</Badge> {restrictionWords[restricted]} Only the care team opens the record, privacy officers,
              and who opens it in an emergency.
            </p>
          )}
        </Panel>
      )}
      {open === 'assign' && (
        <AssignCare
          patient={patient}
          name={name}
          colleagues={colleagues}
          onClose={close}
          onAssigned={(person) => over(`${nameOf(person)} is on the care team.`)}
        />
      )}
      {open === 'place' && (
        <PlaceOfPatient
          patient={patient}
          name={name}
          unit={unit?.unit ?? null}
          location={location}
          units={units.data.units}
          sites={sites}
          onClose={close}
          onMoved={() => over('The patient was moved.')}
        />
      )}
      {open === 'restrict' && (
        <Restrict
          patient={patient}
          name={name}
          restricted={restricted}
          onClose={close}
          onDone={(now) => over(now === null ? 'The record is not restricted any more.' : 'The record is restricted.')}
        />
      )}
    </>
  )
}
