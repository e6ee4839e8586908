import { Label, ProgressBar as AriaProgressBar } from 'react-aria-components'

export type ProgressBarProps = {
  label: string
  /** 0 to `max`; absent while the length of the work is unknown. */
  value?: number
  max?: number
  /** What is said instead of a percentage, for instance "412 of 600 texts". */
  valueText?: string
}

/** How far a piece of work has come, in words and as a bar. */
export const ProgressBar = ({ label, value, max = 100, valueText }: ProgressBarProps) => (
  <AriaProgressBar
    className="wl-progress"
    maxValue={max}
    {...(value === undefined ? { isIndeterminate: true } : { value })}
    {...(valueText === undefined ? {} : { valueLabel: valueText })}
  >
    {({ percentage, valueText: words, isIndeterminate }) => (
      <>
        <span className="wl-progress__words">
          <Label>{label}</Label>
          {!isIndeterminate && <span className="wl-progress__value">{words}</span>}
        </span>
        {/* The bar is an SVG attribute, not a style: it works under a CSP without unsafe-inline. */}
        <svg className="wl-progress__bar" width="100%" height="6" aria-hidden="true">
          <rect className="wl-progress__track" width="100%" height="6" rx="3" />
          <rect
            className={isIndeterminate ? 'wl-progress__done wl-progress__done--unknown' : 'wl-progress__done'}
            width={`${isIndeterminate ? 30 : (percentage ?? 0)}%`}
            height="6"
            rx="3"
          />
        </svg>
      </>
    )}
  </AriaProgressBar>
)

/** Grey lines where text will be; `label` says once what is being loaded. */
export const Skeleton = ({ label, lines = 3, shape = 'text' }: { label: string; lines?: number; shape?: 'text' | 'rows' }) => (
  <div className={`wl-skeleton wl-skeleton--${shape}`} role="status">
    <span className="wl-hidden">{label}</span>
    {Array.from({ length: lines }, (_, index) => (
      <span key={index} className="wl-skeleton__line" aria-hidden="true" />
    ))}
  </div>
)
