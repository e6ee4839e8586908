import type { TakesOf } from '@wardline/platform/contract'
import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import {
  Button,
  CheckboxGroup,
  Entry,
  EntryList,
  TextField,
  dayAfter,
  fullTime,
  momentAt,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { useState } from 'react'
import type { setRoles } from '../contract.ts'

/** When a role counts. */
export type RoleTime = NonNullable<TakesOf<typeof setRoles>['windows']>[number]

/** The same as it is typed. */
export type TypedTime = {
  readonly role: Role
  readonly lastDay: string
  readonly days: readonly string[]
  readonly from: string
  readonly to: string
}

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const minuteOf = (text: string): number | null => {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? []
  return hours === undefined ? null : Number(hours) * 60 + Number(minutes)
}

/** A role's time as the server has it, for the fields. */
export const typedTime = ({ role, until, hours }: RoleTime, timeZone: string): TypedTime => ({
  role,
  lastDay: until === undefined ? '' : new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(until - 60_000),
  days: hours?.days.map(String) ?? [],
  from: hours ? clock(hours.from) : '',
  to: hours ? clock(hours.to) : '',
})

/** What was typed, for the server; null: the role counts always. A problem where it cannot be read. */
export function readTime(it: TypedTime, timeZone: string): RoleTime | FormProblem | null {
  const problem = (field: string, message: string): FormProblem => ({ fieldId: `time-${it.role}-${field}`, message })
  const hasHours = it.days.length > 0 || it.from.trim() !== '' || it.to.trim() !== ''
  const until = it.lastDay.trim() === '' ? undefined : momentAt(dayAfterOf(it.lastDay.trim()), '00:00', timeZone)
  if (until === null) return problem('until', `${roleWords[it.role]}: enter the last day as year-month-day, for example 2026-03-31.`)
  const [from, to] = [minuteOf(it.from), minuteOf(it.to)]
  if (hasHours && it.days.length === 0) return problem('days', `${roleWords[it.role]}: choose the days on which these hours count.`)
  if (hasHours && (from === null || to === null || from === to))
    return problem('from', `${roleWords[it.role]}: enter two different times, for example 07:00 and 19:00.`)
  if (until === undefined && !hasHours) return null
  return {
    role: it.role,
    ...(until === undefined ? {} : { until }),
    ...(hasHours && from !== null && to !== null ? { hours: { days: it.days.map(Number).toSorted((a, b) => a - b), from, to } } : {}),
  }
}
const dayAfterOf = (text: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? dayAfter(text) : '')

/** "Mon, Tue 07:00–19:00, until …", or "always". */
const wordsOf = (it: TypedTime, timeZone: string, format: Parameters<typeof fullTime>[1]): string => {
  const read = readTime(it, timeZone)
  if (read === null) return 'counts at all hours, without an end'
  if (!('role' in read)) return 'not complete'
  const { hours, until } = read
  const said = [
    ...(hours ? [`${hours.days.map((day) => days[day - 1]!.slice(0, 3)).join(', ')} ${clock(hours.from)}–${clock(hours.to)}`] : []),
    ...(until === undefined ? [] : [`until ${fullTime(until - 60_000, format)}`]),
  ]
  return `counts ${said.join(', ')}`
}

/** When each of these roles counts. The administrator's always does: a server that nobody may administer at night is no safer. */
export const RoleTimes = ({
  roles,
  times,
  onChange,
  messageFor,
}: {
  roles: readonly Role[]
  times: readonly TypedTime[]
  onChange: (times: readonly TypedTime[]) => void
  messageFor: (fieldId: string) => string | undefined
}) => {
  const format = useTimeFormat()
  const [open, setOpen] = useState<Role | null>(null)
  const limited: readonly Role[] = roles.filter((role) => role !== 'administrator')
  if (limited.length === 0) return null
  const of = (role: Role): TypedTime => times.find((it) => it.role === role) ?? { role, lastDay: '', days: [], from: '', to: '' }
  const change = (it: TypedTime) => onChange([...times.filter((one) => one.role !== it.role), it])
  return (
    <section aria-label="When roles count">
      <EntryList label="When roles count">
        {limited.map((role) => (
          <Entry key={role} name={roleWords[role]} note={wordsOf(of(role), format.timeZone, format)}>
            <Button
              size="small"
              aria-expanded={open === role}
              aria-label={`${open === role ? 'Done' : 'Limit'}: ${roleWords[role]}`}
              onPress={() => setOpen(open === role ? null : role)}
            >
              {open === role ? 'Done' : 'Limit'}
            </Button>
          </Entry>
        ))}
      </EntryList>
      {open !== null && limited.includes(open) && (
        <div className="people__form">
          <div id={`time-${open}-days`}>
            <CheckboxGroup
              label={`Days on which ${roleWords[open]} counts`}
              isOptional
              value={[...of(open).days]}
              onChange={(chosen) => change({ ...of(open), days: chosen })}
              options={days.map((day, i) => ({ id: String(i + 1), label: day }))}
              errorMessage={messageFor(`time-${open}-days`)}
            />
          </div>
          <TextField
            id={`time-${open}-from`}
            label="From"
            isOptional
            value={of(open).from}
            onChange={(from) => change({ ...of(open), from })}
            isMono
            maxLength={5}
            description="24 hours, by the organisation’s clock."
            errorMessage={messageFor(`time-${open}-from`)}
          />
          <TextField
            label="To"
            isOptional
            value={of(open).to}
            onChange={(to) => change({ ...of(open), to })}
            isMono
            maxLength={5}
            description="Earlier than From: the next morning."
          />
          <TextField
            id={`time-${open}-until`}
            label="Last day"
            isOptional
            value={of(open).lastDay}
            onChange={(lastDay) => change({ ...of(open), lastDay })}
            isMono
            maxLength={10}
            description="Year-month-day. At its end the role is withdrawn."
            errorMessage={messageFor(`time-${open}-until`)}
          />
        </div>
      )}
    </section>
  )
}
