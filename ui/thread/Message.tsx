import { useId, type ReactNode } from 'react'
import { Avatar } from '../feedback/Avatar.tsx'

export type MessageProps = {
  author: string
  /** What the author's tint follows. */
  authorId?: string
  /** Beside the name in quiet type: the role one wrote as. */
  authorNote?: ReactNode
  /** A `TimeOfDay`. */
  time: ReactNode
  /** The text; line breaks are kept. */
  children: ReactNode
  /** Written by the person at this screen. */
  isOwn?: boolean
  /** The same author as the message before, within a few minutes: no second name. Readers still hear who. */
  isContinued?: boolean
  /** `row` for colleagues, `bubble` for two sides (practice and patient). */
  layout?: 'row' | 'bubble'
  /** Marks the channel of a bubble or an internal note; the word stands in `badges`. */
  tone?: 'plain' | 'unsecure' | 'internal' | 'stat' | 'urgent'
  /** Priority, channel, "Staff only". */
  badges?: ReactNode
  /** Files and images. */
  attachments?: ReactNode
  /** Delivery states. */
  marks?: ReactNode
  /** Buttons such as Acknowledge; always in view, so that nothing hides behind hover. */
  actions?: ReactNode
  id?: string
}

/** One message. Readers hear author, time, kind, text, attachments, state, in this order. */
export const Message = ({
  author,
  authorId = author,
  authorNote,
  time,
  children,
  isOwn = false,
  isContinued = false,
  layout = 'row',
  tone = 'plain',
  badges,
  attachments,
  marks,
  actions,
  id,
}: MessageProps) => {
  const headId = useId()
  const className = `wl-message wl-message--${layout} wl-message--${tone}${isOwn ? ' wl-message--own' : ''}${isContinued ? ' wl-message--continued' : ''}`
  // What the eye takes from the place (same author as above, own side), readers still hear.
  const isAuthorHidden = isContinued || (layout === 'bubble' && isOwn)
  const isHeadHidden = isContinued && badges === undefined
  return (
    <li className={className} {...(id === undefined ? {} : { id })}>
      {layout === 'row' && (
        <span className="wl-message__gutter">
          {isContinued ? <span aria-hidden="true">{time}</span> : <Avatar name={author} id={authorId} />}
        </span>
      )}
      <article className="wl-message__main" aria-labelledby={headId}>
        <header className={isHeadHidden ? 'wl-hidden' : 'wl-message__head'} id={headId}>
          <span className={isAuthorHidden ? 'wl-hidden' : 'wl-message__author'}>{author}</span>
          {authorNote !== undefined && !isContinued && <span className="wl-message__note">{authorNote}</span>}
          <span className={isContinued && layout === 'row' ? 'wl-hidden' : 'wl-message__time'}>{time}</span>
          {badges}
        </header>
        <div className="wl-message__body">{children}</div>
        {attachments !== undefined && <div className="wl-message__attachments">{attachments}</div>}
        {marks !== undefined && <footer className="wl-message__foot">{marks}</footer>}
        {actions !== undefined && <div className="wl-message__actions">{actions}</div>}
      </article>
    </li>
  )
}
