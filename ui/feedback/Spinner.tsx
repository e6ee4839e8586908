import { ProgressBar as AriaProgressBar } from 'react-aria-components'

/** The turning arc alone, where words beside it say what goes on. */
export const Turning = ({ size = 16 }: { size?: 12 | 16 | 20 }) => (
  <span className="wl-spinner">
    <svg className={`wl-icon wl-icon--${size}`} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 2a6 6 0 1 1-6 6" />
    </svg>
  </span>
)

/** Work of unknown length, as a turning arc with a spoken label. */
export const Spinner = ({ label, size = 16 }: { label: string; size?: 16 | 20 }) => (
  <AriaProgressBar isIndeterminate aria-label={label}>
    <Turning size={size} />
  </AriaProgressBar>
)
