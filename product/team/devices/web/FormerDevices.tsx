import type { GivesOf } from '@wardline/platform/contract'
import { Badge, Button, Entry, EntryList, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import type { myDevices } from '../contract.ts'

type Shown = GivesOf<typeof myDevices>['devices'][number]

/** Devices that were: when, and how each one ended; none read anything any more. Folded away until they are asked for. */
export const FormerDevices = ({ label, devices }: { label: string; devices: readonly Shown[] }) => {
  const format = useTimeFormat()
  const [isOpen, setOpen] = useState(false)
  if (devices.length === 0) return null
  return (
    <>
      <div>
        <Button size="small" variant="quiet" aria-expanded={isOpen} onPress={() => setOpen(!isOpen)}>
          {isOpen ? 'Hide' : 'Show'} {devices.length === 1 ? '1 earlier device' : `${devices.length} earlier devices`}
        </Button>
      </div>
      {isOpen && (
        <EntryList label={label}>
          {devices.map((it) => (
            <Entry
              key={it.device}
              name={it.name}
              note={`${it.lostAt === null ? '' : `Lost ${fullTime(it.lostAt, format)}. `}Added ${fullTime(it.enrolledAt, format)}, last here ${fullTime(it.seenAt, format)}`}
            >
              {it.wipedAt === null ? <Badge tone="expired">Removed</Badge> : <Badge tone="ok">Wiped {fullTime(it.wipedAt, format)}</Badge>}
            </Entry>
          ))}
        </EntryList>
      )}
    </>
  )
}
