import type { ReactNode } from 'react'
import type { Icon } from '../icons.tsx'

export type EmptyStateProps = {
  icon?: Icon
  /** What this place is, or that nothing waits: "Nothing waits for you". */
  title: string
  /** Why it is empty. */
  children: ReactNode
  /** One thing to do about it. */
  action?: ReactNode
  /** Heading level in the page's outline. */
  level?: 2 | 3
}

/** A place without content: what it is, why it is empty, one action. */
export const EmptyState = ({ icon: Shape, title, children, action, level = 2 }: EmptyStateProps) => {
  const Heading = level === 2 ? 'h2' : 'h3'
  return (
    <div className="wl-empty">
      {Shape !== undefined && <Shape size={20} className="wl-empty__icon" />}
      <Heading className="wl-empty__title">{title}</Heading>
      <p className="wl-empty__why">{children}</p>
      {action}
    </div>
  )
}
