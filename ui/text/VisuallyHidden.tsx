import type { ReactNode } from 'react'

/** Text for screen readers only. */
export const VisuallyHidden = ({ id, children }: { id?: string; children: ReactNode }) => (
  <span className="wl-hidden" {...(id === undefined ? {} : { id })}>
    {children}
  </span>
)
