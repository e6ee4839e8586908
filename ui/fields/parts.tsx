import type { ReactNode } from 'react'
import { FieldError, Label, Text } from 'react-aria-components'
import { WarningIcon } from '../icons.tsx'

/** The words around a field. */
export type FieldWords = {
  /** Always present; a placeholder is no label. */
  label: string
  /** Drawn for screen readers only, where the place makes the meaning plain (a search field in a list). */
  isLabelHidden?: boolean | undefined
  /** Help under the label, always visible. */
  description?: ReactNode
  /** What is wrong and how to mend it. Its presence makes the field invalid; the caller decides when (on submit, not on blur). */
  errorMessage?: string | undefined
  /** Adds "(optional)" to the label. */
  isOptional?: boolean | undefined
}

/** Label and description of a field; belongs inside a React Aria field part. */
export const FieldHead = ({ label, isLabelHidden = false, description, isOptional = false }: Omit<FieldWords, 'errorMessage'>) => (
  <>
    <Label className={isLabelHidden ? 'wl-hidden' : 'wl-field__label'}>
      {label}
      {isOptional && <span className="wl-field__optional"> (optional)</span>}
    </Label>
    {description !== undefined && (
      <Text slot="description" className="wl-field__description">
        {description}
      </Text>
    )}
  </>
)

/** The error of a field, with a shape beside the words; nothing while there is none. */
export const FieldProblem = ({ errorMessage }: { errorMessage: string | undefined }) => (
  <FieldError className="wl-field__error">
    <WarningIcon />
    <span>{errorMessage}</span>
  </FieldError>
)
