import { useEffect, useId, useRef, type MouseEvent } from 'react'
import { WarningIcon } from '../icons.tsx'

export type FormProblem = {
  /** The `id` given to the field; absent for a problem of the whole form. */
  fieldId?: string
  /** What happened: the line that leads to the field, and what stands at the field. */
  message: string
  /** What was kept and what to do next, in quiet type under the line. */
  next?: string
}

/**
 * All problems of a form in one place (GOV.UK pattern): takes the focus when it appears, each line leads to its field.
 * Set the same messages as `errorMessage` on the fields, and begin the document title with "Error: ".
 */
export const ErrorSummary = ({ problems, title = 'There is a problem' }: { problems: readonly FormProblem[]; title?: string }) => {
  const box = useRef<HTMLDivElement>(null)
  const titleId = useId()
  const isShown = problems.length > 0
  useEffect(() => {
    if (isShown) box.current?.focus()
  }, [isShown])
  if (!isShown) return null
  const goToField = (event: MouseEvent, fieldId: string) => {
    const named = document.getElementById(fieldId)
    if (named === null) return
    event.preventDefault()
    const field = named.matches('input, textarea, select, button')
      ? named
      : named.querySelector<HTMLElement>('input, textarea, select, button')
    field?.scrollIntoView({ block: 'center' })
    field?.focus()
  }
  return (
    <div className="wl-problems" role="alert" aria-labelledby={titleId} tabIndex={-1} ref={box}>
      <h2 className="wl-problems__title" id={titleId}>
        <WarningIcon size={20} />
        {title}
      </h2>
      <ul className="wl-problems__list">
        {problems.map(({ fieldId, message, next }) => (
          <li key={`${fieldId ?? ''} ${message}`}>
            {fieldId === undefined ? (
              <strong>{message}</strong>
            ) : (
              <a href={`#${fieldId}`} onClick={(event) => goToField(event, fieldId)}>
                {message}
              </a>
            )}
            {next !== undefined && <p className="wl-problems__next">{next}</p>}
          </li>
        ))}
      </ul>
    </div>
  )
}
