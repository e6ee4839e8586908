import { useState, type KeyboardEvent, type ReactNode, type Ref } from 'react'
import {
  Button as AriaButton,
  Group,
  Input,
  SearchField as AriaSearchField,
  TextField as AriaTextField,
  type SearchFieldProps as AriaSearchFieldProps,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components'
import { IconButton } from '../actions/Button.tsx'
import { CrossIcon, EyeIcon, EyeOffIcon, SearchIcon } from '../icons.tsx'
import { KeyHint } from '../text/KeyHint.tsx'
import { FieldHead, FieldProblem, type FieldWords } from './parts.tsx'

type Reserved = 'className' | 'style' | 'children' | 'render' | 'isInvalid' | 'validate' | 'validationBehavior'

export type TextFieldProps = Omit<AriaTextFieldProps, Reserved> &
  FieldWords & {
    placeholder?: string
    /** Drawn inside the field before the text, for instance a unit or an icon. */
    prefix?: ReactNode
    /** Drawn inside the field after the text. */
    suffix?: ReactNode
    inputRef?: Ref<HTMLInputElement> | undefined
    /** Ids, numbers and codes in tabular figures. */
    isMono?: boolean
  }

/** One line of text. `id` names the input, for an ErrorSummary's link. */
export const TextField = ({
  label,
  isLabelHidden,
  description,
  errorMessage,
  isOptional,
  placeholder = '',
  prefix,
  suffix,
  inputRef,
  isMono = false,
  ...props
}: TextFieldProps) => (
  <AriaTextField {...props} className="wl-field" validationBehavior="aria" isInvalid={errorMessage !== undefined}>
    <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
    <Group className="wl-box" isInvalid={errorMessage !== undefined} isDisabled={props.isDisabled ?? false}>
      {prefix !== undefined && <span className="wl-box__side">{prefix}</span>}
      <Input className={isMono ? 'wl-box__input wl-mono' : 'wl-box__input'} placeholder={placeholder} ref={inputRef} />
      {suffix !== undefined && <span className="wl-box__side">{suffix}</span>}
    </Group>
    <FieldProblem errorMessage={errorMessage} />
  </AriaTextField>
)

export type PasswordFieldProps = Omit<TextFieldProps, 'type' | 'autoComplete' | 'prefix' | 'suffix' | 'isMono' | 'onKeyUp'> & {
  /** Tells password managers which one is meant. */
  autoComplete: 'current-password' | 'new-password'
}

/** A password, with a way to see it and a word when Caps Lock is on. Pasting is never prevented. */
export const PasswordField = ({ description, ...props }: PasswordFieldProps) => {
  const [isShown, setShown] = useState(false)
  const [hasCapsLock, setCapsLock] = useState(false)
  const words = hasCapsLock ? 'Caps Lock is on.' : description
  return (
    <TextField
      {...props}
      description={words}
      type={isShown ? 'text' : 'password'}
      spellCheck="false"
      onKeyUp={(event) => setCapsLock((event as unknown as KeyboardEvent).getModifierState?.('CapsLock') ?? false)}
      suffix={
        <IconButton label={isShown ? 'Hide password' : 'Show password'} size="small" onPress={() => setShown(!isShown)}>
          {isShown ? <EyeOffIcon /> : <EyeIcon />}
        </IconButton>
      }
    />
  )
}

export type SearchFieldProps = Omit<AriaSearchFieldProps, Reserved> &
  Omit<FieldWords, 'errorMessage' | 'isOptional'> & {
    placeholder?: string
    /** The shortcut that comes here, shown while the field is empty. */
    keys?: string
    inputRef?: Ref<HTMLInputElement>
  }

/** A search; Escape empties it. The label is hidden unless `isLabelHidden={false}`, and then stands in the empty field. */
export const SearchField = ({ label, isLabelHidden = true, description, placeholder, keys, inputRef, ...props }: SearchFieldProps) => (
  <AriaSearchField {...props} className="wl-field wl-search">
    {({ isEmpty }) => (
      <>
        <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} />
        <Group className="wl-box">
          <span className="wl-box__side">
            <SearchIcon />
          </span>
          <Input
            className="wl-box__input"
            placeholder={placeholder ?? (isLabelHidden ? label : '')}
            {...(inputRef === undefined ? {} : { ref: inputRef })}
          />
          {isEmpty && keys !== undefined && (
            <span className="wl-box__side">
              <KeyHint keys={keys} />
            </span>
          )}
          <AriaButton className="wl-button wl-button--quiet wl-button--small wl-button--icon wl-search__clear">
            <CrossIcon />
          </AriaButton>
        </Group>
      </>
    )}
  </AriaSearchField>
)
