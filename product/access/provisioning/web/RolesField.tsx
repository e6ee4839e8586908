import { roles, roleWords, type Role } from '@wardline/product/access/roles/preview'
import { CheckboxGroup } from '@wardline/ui'

/** What a role is for, to choose by; the matrix under "Who can do what" has every act. */
const useOf: Readonly<Record<Role, string>> = {
  administrator: 'Adds people, gives roles, connects systems. Reads no messages and no patients.',
  'privacy-officer': 'Reads the audit log, reviews emergency openings, asks for the archive to be opened.',
  'security-officer': 'Keeps the security policy, looks into unusual access, ends anybody’s access.',
  clinician: 'Writes to colleagues, and texts patients in their care.',
  nurse: 'Writes to colleagues, texts patients in their care, says who cares for whom.',
  'front-desk': 'Writes to colleagues, adds patients, books visits, texts the patients of their location.',
  operator: 'Writes to colleagues, keeps units and rosters, finds a patient by name and birth date. Reads no texts.',
  auditor: 'Reads the audit log and the reviews. Changes nothing.',
}

/** Roles as a list begins with them: "Privacy officer, clinician". Empty for none. */
export function rolesText(held: readonly Role[]): string {
  const words = held.map((it) => roleWords[it]).join(', ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Which roles somebody has. Which go together is said by the server, with the reason. */
export const RolesField = ({ value, onChange }: { value: readonly Role[]; onChange: (roles: Role[]) => void }) => (
  <CheckboxGroup
    label="Roles"
    description="Rights of several roles add up."
    value={[...value]}
    onChange={(held) => onChange(roles.filter((it) => held.includes(it)))}
    options={roles.map((role) => ({ id: role, label: rolesText([role]), description: useOf[role] }))}
  />
)
