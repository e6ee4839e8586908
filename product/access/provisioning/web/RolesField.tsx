import { cellOf, matrix, roles, roleWords, type Action, type Role } from '@wardline/product/access/roles/preview'
import { CheckboxGroup } from '@wardline/ui'

/** What a role is for, in the words of the matrix: a few of the acts that it alone or almost alone may do. */
const gist = (role: Role): string => {
  const acts = (Object.keys(matrix) as Action[])
    .filter((action) => cellOf(role, action) !== '-')
    .map((action) => ({ says: matrix[action].says, holders: roles.filter((it) => cellOf(it, action) !== '-').length }))
    .toSorted((a, b) => a.holders - b.holders)
  return acts
    .slice(0, 2)
    .map((it) => it.says)
    .join('; ')
}

/** Which roles somebody has. Which go together is said by the server, with the reason. */
export const RolesField = ({ value, onChange }: { value: readonly Role[]; onChange: (roles: Role[]) => void }) => (
  <CheckboxGroup
    label="Roles"
    description="Rights of several roles add up."
    value={[...value]}
    onChange={(held) => onChange(roles.filter((it) => held.includes(it)))}
    options={roles.map((role) => ({ id: role, label: roleWords[role], description: `May, among others: ${gist(role)}.` }))}
  />
)
