import type { ReactNode } from 'react'
import {
  CheckboxButton,
  CheckboxField,
  CheckboxGroup as AriaCheckboxGroup,
  RadioButton,
  RadioField,
  RadioGroup as AriaRadioGroup,
  SwitchButton,
  SwitchField,
  Text,
  type CheckboxFieldProps,
  type CheckboxGroupProps as AriaCheckboxGroupProps,
  type RadioGroupProps as AriaRadioGroupProps,
  type SwitchFieldProps,
} from 'react-aria-components'
import { CheckIcon, MinusIcon } from '../icons.tsx'
import { FieldHead, FieldProblem, type FieldWords } from './parts.tsx'

type Reserved = 'className' | 'style' | 'children' | 'render' | 'isInvalid' | 'validate' | 'validationBehavior'

export type CheckboxProps = Omit<CheckboxFieldProps, Reserved> & {
  children: ReactNode
  description?: ReactNode
  errorMessage?: string | undefined
}

/** One thing that is so or not, sent with the rest of a form. */
export const Checkbox = ({ children, description, errorMessage, ...props }: CheckboxProps) => (
  <CheckboxField {...props} className="wl-choice" validationBehavior="aria" isInvalid={errorMessage !== undefined}>
    <CheckboxButton className="wl-choice__button">
      {({ isIndeterminate }) => (
        <>
          <span className="wl-choice__mark wl-choice__mark--box">
            {isIndeterminate ? <MinusIcon size={12} /> : <CheckIcon size={12} />}
          </span>
          <span className="wl-choice__words">{children}</span>
        </>
      )}
    </CheckboxButton>
    <Hint>{description}</Hint>
    <FieldProblem errorMessage={errorMessage} />
  </CheckboxField>
)

export type SwitchProps = Omit<SwitchFieldProps, Reserved> & { children: ReactNode; description?: ReactNode }

/** A setting that takes effect at once. */
export const Switch = ({ children, description, ...props }: SwitchProps) => (
  <SwitchField {...props} className="wl-choice">
    <SwitchButton className="wl-choice__button">
      <span className="wl-choice__track">
        <span className="wl-choice__thumb" />
      </span>
      <span className="wl-choice__words">{children}</span>
    </SwitchButton>
    <Hint>{description}</Hint>
  </SwitchField>
)

const Hint = ({ children }: { children: ReactNode }) =>
  children === undefined ? null : (
    <Text slot="description" className="wl-choice__hint">
      {children}
    </Text>
  )

/** One of several answers. */
export type Choice = { id: string; label: ReactNode; description?: ReactNode; isDisabled?: boolean }

export type RadioGroupProps = Omit<AriaRadioGroupProps, Reserved> & FieldWords & { options: readonly Choice[] }

/** Exactly one of a few answers, all in view. */
export const RadioGroup = ({ label, isLabelHidden, description, errorMessage, isOptional, options, ...props }: RadioGroupProps) => (
  <AriaRadioGroup {...props} className="wl-field wl-choices" validationBehavior="aria" isInvalid={errorMessage !== undefined}>
    <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
    <div className="wl-choices__list">
      {options.map((option) => (
        <RadioField key={option.id} value={option.id} isDisabled={option.isDisabled ?? false} className="wl-choice">
          <RadioButton className="wl-choice__button">
            <span className="wl-choice__mark wl-choice__mark--dot" />
            <span className="wl-choice__words">{option.label}</span>
          </RadioButton>
          <Hint>{option.description}</Hint>
        </RadioField>
      ))}
    </div>
    <FieldProblem errorMessage={errorMessage} />
  </AriaRadioGroup>
)

export type CheckboxGroupProps = Omit<AriaCheckboxGroupProps, Reserved> & FieldWords & { options: readonly Choice[] }

/** Any number of a few answers, all in view. */
export const CheckboxGroup = ({ label, isLabelHidden, description, errorMessage, isOptional, options, ...props }: CheckboxGroupProps) => (
  <AriaCheckboxGroup {...props} className="wl-field wl-choices" validationBehavior="aria" isInvalid={errorMessage !== undefined}>
    <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
    <div className="wl-choices__list">
      {options.map((option) => (
        <Checkbox key={option.id} value={option.id} isDisabled={option.isDisabled ?? false} description={option.description}>
          {option.label}
        </Checkbox>
      ))}
    </div>
    <FieldProblem errorMessage={errorMessage} />
  </AriaCheckboxGroup>
)
