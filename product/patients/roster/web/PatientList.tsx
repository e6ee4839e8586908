import { FailedBanner, useAsk, useReads } from '@wardline/product/access/sessions/web'
import { useQuery } from '@tanstack/react-query'
import {
  Avatar,
  Button,
  CountMark,
  EmptyState,
  IconButton,
  LongList,
  Pane,
  PeopleIcon,
  PlusIcon,
  SearchField,
  Skeleton,
  ListRow,
} from '@wardline/ui'
import { useState, type ReactNode } from 'react'
import { listPatients, searchPatients } from '../contract.ts'
import { bornText } from './born.ts'
import { patientName, type Named } from './name.ts'
import { useMayWithPatients } from './reach.ts'
import './roster.css'
import { useToday } from './today.ts'

type PatientListProps = {
  current: string | undefined
  hrefOf: (patient: string) => string
  onAdd: () => void
  /** A row of links under the search, for instance to the reminders. */
  links?: ReactNode
}

/** Whether a line of the list fits what was typed so far: each word begins one of the names, or is in the birth date. */
function fits(it: Named & { readonly birthDate: string | null }, typed: string): boolean {
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase()
  const names = plain(`${it.family} ${it.given}`).split(/[\s-]+/)
  return plain(typed)
    .split(/[\s,]+/)
    .every((word) => names.some((name) => name.startsWith(word)) || (/\d/.test(word) && (it.birthDate ?? '').includes(word)))
}

/** Patients by family name; what is looked for goes to the server in a body, never into the address. */
export const PatientList = ({ current, hrefOf, onAdd, links }: PatientListProps) => {
  const reads = useReads()
  const today = useToday()
  const mayAdd = useMayWithPatients('patient.roster.edit')
  const [words, setWords] = useState('')
  const [asked, setAsked] = useState<string | null>(null)
  const all = useAsk(listPatients)
  const searchKey = [searchPatients.name, asked]
  const found = useQuery({
    queryKey: searchKey,
    enabled: asked !== null,
    queryFn: async () => {
      const result = await reads(searchKey, (call) => call(searchPatients, { body: { words: asked ?? '' } }))
      if (result.ok) return result.value
      throw result
    },
  })
  const isSearch = asked !== null
  const failed = (isSearch ? found.error : all.error) as typeof all.error
  const patients = isSearch ? found.data?.patients : all.data?.patients.filter((it) => fits(it, words))
  const search = () => setAsked(words.trim().length < 2 ? null : words.trim())
  return (
    <Pane
      title="Patients"
      actions={
        <IconButton label="Add a patient" onPress={onAdd} disabledReason={mayAdd.yes ? undefined : mayAdd.reason}>
          <PlusIcon />
        </IconButton>
      }
      toolbar={
        <div className="patient-tools">
          <SearchField
            label="Find a patient"
            placeholder="Name, birth date, number"
            value={words}
            onChange={(next) => {
              setWords(next)
              setAsked(null)
            }}
            onSubmit={search}
            autoComplete="off"
          />
          {links}
        </div>
      }
    >
      {failed ? (
        <FailedBanner failed={failed} onRetry={() => void (isSearch ? found : all).refetch()} />
      ) : patients === undefined ? (
        <Skeleton label="Reading the patients" lines={8} shape="rows" />
      ) : patients.length === 0 ? (
        <EmptyState
          icon={PeopleIcon}
          title={words.trim() === '' ? 'No patients yet' : 'Nobody found'}
          action={!isSearch && words.trim().length >= 2 ? <Button onPress={search}>Search all patients</Button> : undefined}
        >
          {words.trim() === ''
            ? 'Add the first one.'
            : isSearch
              ? 'All patients were searched, by whole name, birth date like 1981-07-14 or whole number.'
              : 'None of the patients in this list. A search of all takes whole names, a birth date like 1981-07-14 or a whole number.'}
        </EmptyState>
      ) : (
        <LongList label={isSearch ? 'Patients found' : 'Patients'} items={patients} itemKey={(it) => it.patient} shownKey={current}>
          {(it) => (
            <ListRow
              href={hrefOf(it.patient)}
              title={patientName(it)}
              preview={`Born ${bornText(it.birthDate, today)}`}
              leading={<Avatar name={patientName(it)} id={it.patient} />}
              isUnread={it.waiting > 0}
              unreadWords={`${it.waiting} waiting`}
              isCurrent={it.patient === current}
              badges={it.waiting > 0 ? <CountMark count={it.waiting} words={`${it.waiting} waiting`} tone="accent" /> : undefined}
            />
          )}
        </LongList>
      )}
      {(isSearch ? found.data?.more : all.data?.more) === true && (
        <p className="patient-list__more">Not all are shown. Type a whole name and press Enter.</p>
      )}
    </Pane>
  )
}
