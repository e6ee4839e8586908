import { useState, type Ref } from 'react'
import { TextArea as AriaTextArea, TextField as AriaTextField, type TextFieldProps as AriaTextFieldProps } from 'react-aria-components'
import { FieldHead, FieldProblem, type FieldWords } from './parts.tsx'

export type TextAreaProps = Omit<
  AriaTextFieldProps,
  'className' | 'style' | 'children' | 'render' | 'isInvalid' | 'validate' | 'validationBehavior' | 'type' | 'pattern'
> &
  FieldWords & {
    placeholder?: string
    /** Height before anything is typed, in lines. */
    rows?: number
    textAreaRef?: Ref<HTMLTextAreaElement>
    /** Characters allowed, told while fewer than a tenth are left. The text is never cut. */
    limit?: number
  }

/** Several lines of text; grows with what is typed, up to two fifths of the window. */
export const TextArea = ({
  label,
  isLabelHidden,
  description,
  errorMessage,
  isOptional,
  placeholder,
  rows = 3,
  textAreaRef,
  limit,
  value,
  defaultValue,
  onChange,
  ...props
}: TextAreaProps) => {
  const [typed, setTyped] = useState(defaultValue ?? '')
  const text = value ?? typed
  const left = limit === undefined ? undefined : limit - text.length
  return (
    <AriaTextField
      {...props}
      className="wl-field"
      validationBehavior="aria"
      isInvalid={errorMessage !== undefined}
      value={text}
      onChange={(next) => {
        setTyped(next)
        onChange?.(next)
      }}
    >
      <FieldHead label={label} isLabelHidden={isLabelHidden} description={description} isOptional={isOptional} />
      <GrowingArea text={text} rows={rows} placeholder={placeholder} areaRef={textAreaRef} className="wl-box wl-area" />
      {left !== undefined && limit !== undefined && left < limit / 10 && (
        <span className="wl-field__count" role="status">
          {left >= 0 ? `${left} characters left` : `${-left} characters too many`}
        </span>
      )}
      <FieldProblem errorMessage={errorMessage} />
    </AriaTextField>
  )
}

type GrowingAreaProps = {
  text: string
  rows: number
  placeholder: string | undefined
  areaRef: Ref<HTMLTextAreaElement> | undefined
  className: string
}

/**
 * A textarea as high as its text: an invisible copy of the text in the same grid cell sets the height, so no script
 * measures anything and no inline style is written.
 */
export const GrowingArea = ({ text, rows, placeholder, areaRef, className }: GrowingAreaProps) => (
  <div className={className}>
    <AriaTextArea className="wl-area__input" rows={rows} placeholder={placeholder} ref={areaRef ?? null} />
    <div className="wl-area__copy" aria-hidden="true">
      {`${text}\n`}
    </div>
  </div>
)
