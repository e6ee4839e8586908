import type { ReactNode } from 'react'
import { Button as AriaButton } from 'react-aria-components'
import { IconButton } from '../actions/Button.tsx'
import { ArrowLeftIcon, ClockIcon, SearchIcon, WifiIcon, WifiOffIcon } from '../icons.tsx'
import { KeyHint } from '../text/KeyHint.tsx'

/** The row at the head of the window: where one is, the way to commands, connection and person. */
export const TopBar = ({ start, middle, end }: { start?: ReactNode; middle?: ReactNode; end?: ReactNode }) => (
  <div className="wl-topbar">
    <div className="wl-topbar__start">{start}</div>
    {middle}
    <div className="wl-topbar__end">{end}</div>
  </div>
)

/** A button that looks like a search field and opens the command palette. */
export const CommandButton = ({ label, keys = 'Mod+K', onPress }: { label: string; keys?: string; onPress: () => void }) => (
  <AriaButton className="wl-command" onPress={onPress}>
    <SearchIcon />
    <span className="wl-command__words">{label}</span>
    <KeyHint keys={keys} />
  </AriaButton>
)

export type PaneProps = {
  title: ReactNode
  /** 1 where the pane is a view of its own (each view has its h1), 2 inside one. */
  level?: 1 | 2
  /** Beside the title: a count, a badge. */
  beside?: ReactNode
  /** Under the title in quiet type. */
  subtitle?: ReactNode
  /** Buttons at the end of the head. */
  actions?: ReactNode
  /** Goes back to the list; shown on phones only. */
  onBack?: () => void
  backLabel?: string
  /** Under the head and above the content, always in view: filters, a banner, tabs. */
  toolbar?: ReactNode
  /** `fixed`: the children do their own scrolling (a MessageLog with a Composer). */
  body?: 'scroll' | 'fixed'
  children: ReactNode
}

/** A column: a head that stays, content that scrolls. */
export const Pane = ({
  title,
  level = 1,
  beside,
  subtitle,
  actions,
  onBack,
  backLabel = 'Back to list',
  toolbar,
  body = 'scroll',
  children,
}: PaneProps) => {
  const Heading = level === 1 ? 'h1' : 'h2'
  return (
    <section className="wl-pane">
      <div className="wl-pane__head">
        {onBack !== undefined && (
          <span className="wl-pane__back">
            <IconButton label={backLabel} onPress={onBack}>
              <ArrowLeftIcon size={20} />
            </IconButton>
          </span>
        )}
        <div className="wl-pane__titles">
          <div className="wl-pane__line">
            <Heading className="wl-pane__title" tabIndex={-1}>
              {title}
            </Heading>
            {beside}
          </div>
          {subtitle !== undefined && <div className="wl-pane__subtitle">{subtitle}</div>}
        </div>
        {actions !== undefined && <div className="wl-pane__actions">{actions}</div>}
      </div>
      {toolbar !== undefined && <div className="wl-pane__toolbar">{toolbar}</div>}
      <div className={`wl-pane__body wl-pane__body--${body}`}>{children}</div>
    </section>
  )
}

/** A block of a page with its own heading. */
export const Panel = ({
  title,
  level = 2,
  actions,
  children,
}: {
  title: string
  level?: 2 | 3
  actions?: ReactNode
  children: ReactNode
}) => {
  const Heading = level === 2 ? 'h2' : 'h3'
  return (
    <section className="wl-panel">
      <div className="wl-panel__head">
        <Heading className="wl-panel__title">{title}</Heading>
        {actions}
      </div>
      {children}
    </section>
  )
}

export type ConnectionState =
  | { kind: 'online' }
  | { kind: 'connecting' }
  /** Without connection; `queued` messages wait. */
  | { kind: 'offline'; queued?: number }
  /** Connected or not, what is shown is older than it should be; `at` is written by the caller ("14:02:10"). */
  | { kind: 'as-of'; at: string }

/** How fresh what one sees is, in words. */
export const ConnectionChip = ({ state, onPress }: { state: ConnectionState; onPress?: () => void }) => {
  const [Shape, words] =
    state.kind === 'online'
      ? [WifiIcon, 'Connected']
      : state.kind === 'connecting'
        ? [WifiIcon, 'Connecting…']
        : state.kind === 'offline'
          ? [WifiOffIcon, state.queued === undefined || state.queued === 0 ? 'Offline' : `Offline, ${state.queued} waiting`]
          : [ClockIcon, `As of ${state.at}`]
  const className = `wl-connection wl-connection--${state.kind}`
  const content = (
    <>
      <Shape />
      <span className="wl-connection__words">{words}</span>
    </>
  )
  return onPress === undefined ? (
    <span className={className}>{content}</span>
  ) : (
    <AriaButton className={`${className} wl-connection--button`} onPress={onPress}>
      {content}
    </AriaButton>
  )
}
