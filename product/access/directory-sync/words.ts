/** Roles that a directory's group can give. Offices are given by people (separation of duties, NIST SP 800-53 AC-5). */
export const mappable = ['clinician', 'nurse', 'front-desk', 'operator'] as const
export type MappedRole = (typeof mappable)[number]
