import { TextField, type FormProblem } from '@wardline/ui'

/** Who a patient is, as somebody types it. */
export type TypedPatient = { readonly family: string; readonly given: string; readonly birthDate: string }

const bornExample = 'year-month-day, for example 1981-07-14.'

/** What is missing. `prefix` begins the ids of the fields. */
export const patientProblems = (prefix: string, it: TypedPatient, isBornOptional: boolean): FormProblem[] => [
  ...(it.family.trim() === '' ? [{ fieldId: `${prefix}-family`, message: 'Enter the family name.' }] : []),
  ...(it.given.trim() === '' ? [{ fieldId: `${prefix}-given`, message: 'Enter the given name.' }] : []),
  ...((isBornOptional && it.birthDate.trim() === '') || /^\d{4}-\d{2}-\d{2}$/.test(it.birthDate.trim())
    ? []
    : [{ fieldId: `${prefix}-born`, message: `Enter the birth date as ${bornExample}` }]),
]

type PatientFieldsProps = {
  prefix: string
  value: TypedPatient
  isBornOptional?: boolean
  onChange: (part: Partial<TypedPatient>) => void
  messageFor: (id: string) => string | undefined
}

/** Family name, given name and birth date; the browser offers none that were typed before. */
export const PatientFields = ({ prefix, value, isBornOptional = false, onChange, messageFor }: PatientFieldsProps) => (
  <>
    <TextField
      id={`${prefix}-family`}
      label="Family name"
      value={value.family}
      onChange={(family) => onChange({ family })}
      autoComplete="off"
      autoFocus
      errorMessage={messageFor(`${prefix}-family`)}
    />
    <TextField
      id={`${prefix}-given`}
      label="Given name"
      value={value.given}
      onChange={(given) => onChange({ given })}
      autoComplete="off"
      errorMessage={messageFor(`${prefix}-given`)}
    />
    <TextField
      id={`${prefix}-born`}
      label="Birth date"
      isOptional={isBornOptional}
      description={`${bornExample.slice(0, 1).toUpperCase()}${bornExample.slice(1)}`}
      value={value.birthDate}
      onChange={(birthDate) => onChange({ birthDate })}
      autoComplete="off"
      inputMode="numeric"
      isMono
      errorMessage={messageFor(`${prefix}-born`)}
    />
  </>
)
