import { useState } from 'react'
import { TextField, type TextFieldProps } from './TextField.tsx'

/** The digits of a typed or pasted code; spaces and hyphens are accepted and dropped. */
export const codeDigits = (text: string): string => text.replace(/[\s\u2010-\u2015-]/g, '')

export type CodeFieldProps = Omit<
  TextFieldProps,
  'value' | 'defaultValue' | 'onChange' | 'type' | 'inputMode' | 'autoComplete' | 'prefix' | 'suffix' | 'isMono'
> & {
  /** What was typed without spaces and hyphens; may hold wrong characters until `onComplete`. */
  onChange?: (code: string) => void
  /** Called once each time the field comes to hold exactly six digits. */
  onComplete?: (code: string) => void
}

/**
 * A one-time code of six digits in one field: the phone may fill it in (autocomplete one-time-code), it can be pasted,
 * spaces and hyphens do no harm. Give it a new `key` to empty it.
 */
export const CodeField = ({ onChange, onComplete, ...props }: CodeFieldProps) => {
  const [text, setText] = useState('')
  const change = (next: string) => {
    const before = codeDigits(text)
    const code = codeDigits(next)
    setText(next)
    onChange?.(code)
    if (code !== before && /^\d{6}$/.test(code)) onComplete?.(code)
  }
  return (
    <div className="wl-code">
      <TextField
        {...props}
        value={text}
        onChange={change}
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        spellCheck="false"
        maxLength={12}
        isMono
      />
    </div>
  )
}
