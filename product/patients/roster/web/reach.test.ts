import { may, roles } from '@wardline/product/access/roles/preview'
import { expect, test } from 'vitest'
import { mayWithPatients } from './reach.ts'

test('patients are a place of work for whoever reaches some without an emergency', () => {
  for (const preset of ['practice', 'hospital'] as const)
    for (const role of roles) {
      const me = { roles: [role], organisation: { id: 'o', name: 'Org', zone: 'UTC', preset } }
      const right = may([role], 'patient.thread.read')
      expect(mayWithPatients(me, 'patient.thread.read').yes, `${role} in a ${preset}`).toBe(
        right.yes && right.reach !== 'opened' && right.reach !== 'own',
      )
    }
  expect(roles.filter((role) => mayWithPatients({ roles: [role], organisation: {} as never }, 'patient.thread.read').yes)).toEqual([
    'clinician',
    'nurse',
    'front-desk',
  ])
})
