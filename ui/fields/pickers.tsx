import type { ReactNode } from 'react'
import {
  Button as AriaButton,
  ComboBox as AriaComboBox,
  Group,
  Input,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
  type ComboBoxProps as AriaComboBoxProps,
  type SelectProps as AriaSelectProps,
} from 'react-aria-components'
import { CheckIcon, ChevronDownIcon } from '../icons.tsx'
import { FieldHead, FieldProblem, type FieldWords } from './parts.tsx'

/** One thing to pick. `text` is matched and shown; `leading` (an avatar, an icon) is decoration. */
export type Option = { id: string; text: string; description?: string; leading?: ReactNode; isDisabled?: boolean }

type Reserved =
  | 'className'
  | 'style'
  | 'children'
  | 'render'
  | 'isInvalid'
  | 'validate'
  | 'validationBehavior'
  | 'selectionMode'
  | 'items'
  | 'defaultItems'

const OptionRow = (option: Option) => (
  <ListBoxItem id={option.id} textValue={option.text} isDisabled={option.isDisabled ?? false} className="wl-option">
    {option.leading}
    <span className="wl-option__words">
      <span className="wl-option__text">{option.text}</span>
      {option.description !== undefined && <span className="wl-option__description"> {option.description}</span>}
    </span>
    <CheckIcon className="wl-option__check" />
  </ListBoxItem>
)

export type SelectProps = Omit<AriaSelectProps<Option>, Reserved> & FieldWords & { options: readonly Option[] }

/** One of a known, short list. `value` and `onChange` speak of option ids. */
export const Select = ({
  label,
  isLabelHidden,
  description,
  errorMessage,
  isOptional,
  options,
  placeholder = 'Choose',
  ...props
}: SelectProps) => (
  <AriaSelect {...props} placeholder={placeholder} className="wl-field" validationBehavior="aria" isInvalid={errorMessage !== undefined}>
    <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
    <AriaButton className="wl-box wl-select">
      <SelectValue className="wl-select__value">
        {({ selectedText, isPlaceholder }) => (isPlaceholder ? placeholder : selectedText)}
      </SelectValue>
      <ChevronDownIcon />
    </AriaButton>
    <FieldProblem errorMessage={errorMessage} />
    <Popover className="wl-popover" offset={4}>
      <ListBox className="wl-options" items={options}>
        {OptionRow}
      </ListBox>
    </Popover>
  </AriaSelect>
)

export type ComboBoxProps = Omit<AriaComboBoxProps<Option>, Reserved> &
  FieldWords & {
    options: readonly Option[]
    placeholder?: string
    /** Said in the list when nothing matches. */
    emptyText?: string
    /** Set where the caller searches by itself (on `onInputChange`): what it gives is shown as it is. */
    isFilteredByCaller?: boolean
  }

/** One of many, found by typing. `value` and `onChange` speak of option ids. */
export const ComboBox = ({
  label,
  isLabelHidden,
  description,
  errorMessage,
  isOptional,
  options,
  placeholder = '',
  emptyText = 'Nothing found',
  isFilteredByCaller = false,
  ...props
}: ComboBoxProps) => (
  <AriaComboBox
    {...props}
    {...(isFilteredByCaller ? { items: options, defaultFilter: () => true } : { defaultItems: options })}
    allowsEmptyCollection
    className="wl-field"
    validationBehavior="aria"
    isInvalid={errorMessage !== undefined}
  >
    <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
    <Group className="wl-box" isInvalid={errorMessage !== undefined}>
      <Input className="wl-box__input" placeholder={placeholder} />
      <AriaButton className="wl-button wl-button--quiet wl-button--small wl-button--icon">
        <ChevronDownIcon />
      </AriaButton>
    </Group>
    <FieldProblem errorMessage={errorMessage} />
    <Popover className="wl-popover" offset={4}>
      <ListBox<Option> className="wl-options" renderEmptyState={() => <span className="wl-options__empty">{emptyText}</span>}>
        {OptionRow}
      </ListBox>
    </Popover>
  </AriaComboBox>
)
