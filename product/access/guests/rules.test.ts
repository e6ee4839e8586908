import fc from 'fast-check'
import { expect, test } from 'vitest'
import { may, roles } from '@wardline/product/access/roles/preview'
import { guestName, guestRoles, judgeGuest, mostDays } from './rules.ts'

const day = 86_400_000

test('a guest has an end, within a year, and only roles of their kind', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('clinician' as const, 'vendor' as const),
      fc.subarray([...roles]),
      fc.integer({ min: -400, max: 800 }),
      (kind, held, days) => {
        const fine = held.length > 0 && held.every((role) => guestRoles[kind].includes(role)) && days > 0 && days <= mostDays
        expect(judgeGuest({ kind, roles: held, endsAt: days * day, now: 0 }) === null).toBe(fine)
      },
    ),
  )
})

test('no guest administers, and no vendor reaches patients', () => {
  const all = [...guestRoles.clinician, ...guestRoles.vendor]
  for (const action of ['person.create', 'role.grant', 'role.approve', 'switch.set', 'security-policy.propose', 'archive.approve'] as const)
    expect(may(all, action).yes, action).toBe(false)
  for (const action of ['patient.roster.read', 'patient.thread.read', 'break-glass.open'] as const)
    expect(may(guestRoles.vendor, action).yes, action).toBe(false)
})

test('the mark is part of the name', () => {
  expect(guestName('Dr. Kim', 'Elm Imaging')).toBe('Dr. Kim (guest, Elm Imaging)')
})
