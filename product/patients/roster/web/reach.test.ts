import { roles } from '@wardline/product/access/roles/preview'
import { may } from '@wardline/product/access/roles/preview'
import { reaches } from '@wardline/product/patients/roster/rules'
import { expect, test } from 'vitest'
import { mayWithPatients } from './reach.ts'

test('the page shows patients to whom the server shows them', () => {
  for (const preset of ['practice', 'hospital'] as const)
    for (const role of roles) {
      const me = { roles: [role], organisation: { id: 'o', name: 'Org', zone: 'UTC', preset } }
      const right = may([role], 'patient.thread.read')
      expect(mayWithPatients(me, 'patient.thread.read').yes, `${role} in a ${preset}`).toBe(
        right.yes && reaches({ reach: right.reach, preset }),
      )
    }
})
