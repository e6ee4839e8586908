import type { ReactNode } from 'react'

/** `size` is the drawn square in CSS px at the usual text size: 12 inside badges, 16 beside text (the default), 20 alone. */
export type IconProps = { size?: 12 | 16 | 20; className?: string }

/** A drawing on a 16 px grid with a 1.5 px stroke in the current text colour. Decorative: the word beside it carries the meaning. */
export type Icon = (props: IconProps) => ReactNode

const draw =
  (shape: ReactNode): Icon =>
  ({ size = 16, className }) => (
    <svg
      className={`wl-icon wl-icon--${size}${className === undefined ? '' : ` ${className}`}`}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      {shape}
    </svg>
  )

const stroke = (d: string): Icon => draw(<path d={d} />)

const bubble =
  'M3.25 2.75h9.5a1.5 1.5 0 0 1 1.5 1.5v5.5a1.5 1.5 0 0 1-1.5 1.5H7.75L4.75 14v-2.75h-1.5a1.5 1.5 0 0 1-1.5-1.5v-5.5a1.5 1.5 0 0 1 1.5-1.5z'
const lockBody = 'M4.25 7.25h7.5a1 1 0 0 1 1 1v4.5a1 1 0 0 1-1 1h-7.5a1 1 0 0 1-1-1v-4.5a1 1 0 0 1 1-1z'
const eye = 'M1.5 8S3.75 3.75 8 3.75 14.5 8 14.5 8 12.25 12.25 8 12.25 1.5 8 1.5 8z'
const disc = 'M8 1.75a6.25 6.25 0 1 1 0 12.5 6.25 6.25 0 0 1 0-12.5z'

/** Encrypted, secure channel. */
export const LockIcon = stroke(`${lockBody}M5.25 7.25V5a2.75 2.75 0 0 1 5.5 0v2.25`)
/** Not locked. */
export const LockOpenIcon = stroke(`${lockBody}M5.25 7.25V5a2.75 2.75 0 0 1 5.2-1.25`)
/** E-mail, or any channel that is not secure. */
export const EnvelopeIcon = stroke(
  'M3.25 3.25h9.5a1.5 1.5 0 0 1 1.5 1.5v6.5a1.5 1.5 0 0 1-1.5 1.5h-9.5a1.5 1.5 0 0 1-1.5-1.5v-6.5a1.5 1.5 0 0 1 1.5-1.5zM2.25 4.75 8 9l5.75-4.25',
)
/** Text message (SMS). */
export const SmsIcon = draw(
  <>
    <path d={bubble} />
    <path className="wl-icon__dot" d="M5.25 7h.01M8 7h.01M10.75 7h.01" />
  </>,
)
/** Conversation. */
export const ChatIcon = stroke(bubble)
/** Inbox. */
export const InboxIcon = stroke(
  'M1.75 9.25 3.6 3.7a1.5 1.5 0 0 1 1.42-1.03h5.96A1.5 1.5 0 0 1 12.4 3.7l1.85 5.55v2.5a1.5 1.5 0 0 1-1.5 1.5h-9.5a1.5 1.5 0 0 1-1.5-1.5zM1.75 9.25h3.5l1 1.75h3.5l1-1.75h3.5',
)
/** People, patients. */
export const PeopleIcon = stroke(
  'M6 2.75a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM1.75 13.25c0-2.3 1.8-3.75 4.25-3.75s4.25 1.45 4.25 3.75M10.5 2.95a2.4 2.4 0 0 1 0 4.6M12.25 9.85c1.25.6 2 1.8 2 3.4',
)
/** One person. */
export const UserIcon = stroke('M8 2.25a2.75 2.75 0 1 1 0 5.5 2.75 2.75 0 0 1 0-5.5zM2.75 13.75c.35-2.55 2.5-4 5.25-4s4.9 1.45 5.25 4')
/** Telephone. */
export const PhoneIcon = stroke(
  'M5.2 2.25 6.5 5.3 5.05 6.55c.85 1.95 2.45 3.55 4.4 4.4L10.7 9.5l3.05 1.3v1.9a1.35 1.35 0 0 1-1.45 1.3C6.85 13.65 2.35 9.15 2 3.7a1.35 1.35 0 0 1 1.3-1.45z',
)
/** Time, expiry. */
export const ClockIcon = stroke(`${disc}M8 4.5V8l2.25 1.5`)
/** Done, delivered. */
export const CheckIcon = stroke('M3 8.5l3.25 3.25L13 4.75')
/** Read. */
export const DoubleCheckIcon = stroke('M1.25 8.75 4 11.5l6-6.75M7.75 11.25l.25.25 6.5-6.75')
/** Close, failed. */
export const CrossIcon = stroke('M4 4l8 8M12 4l-8 8')
/** Urgent. */
export const BangIcon = draw(<path className="wl-icon__bold" d="M8 2.75v6.5M8 13h.01" />)
/** STAT. */
export const DoubleBangIcon = draw(<path className="wl-icon__bold" d="M5 2.75v6.5M5 13h.01M11 2.75v6.5M11 13h.01" />)
/** Search. */
export const SearchIcon = stroke('M7 2.25a4.75 4.75 0 1 1 0 9.5 4.75 4.75 0 0 1 0-9.5zM10.5 10.5 14 14')
/** Send. */
export const SendIcon = stroke('M14 2 7.25 8.75M14 2 9.75 14l-2.5-5.25L2 6.25z')
/** Add. */
export const PlusIcon = stroke('M8 3v10M3 8h10')
/** Routine, indeterminate. */
export const MinusIcon = stroke('M3 8h10')
export const ChevronUpIcon = stroke('M4 10l4-4 4 4')
export const ChevronDownIcon = stroke('M4 6l4 4 4-4')
export const ChevronLeftIcon = stroke('M10 4 6 8l4 4')
export const ChevronRightIcon = stroke('M6 4l4 4-4 4')
/** Back. */
export const ArrowLeftIcon = stroke('M13 8H3M7 4 3 8l4 4')
/** Newest, download. */
export const ArrowDownIcon = stroke('M8 3v10M4 9l4 4 4-4')
/** Settings. */
export const SettingsIcon = stroke(
  'M2 4.5h6.75M12.25 4.5H14M10.5 2.75a1.75 1.75 0 1 1 0 3.5 1.75 1.75 0 0 1 0-3.5zM2 11.5h1.75M7.25 11.5H14M5.5 9.75a1.75 1.75 0 1 1 0 3.5 1.75 1.75 0 0 1 0-3.5z',
)
/** Protection, administration. */
export const ShieldIcon = stroke('M8 1.75 13 3.5v4.25c0 3-2 5.25-5 6.5-3-1.25-5-3.5-5-6.5V3.5z')
/** Key, passkey. */
export const KeyIcon = stroke('M5.25 7.75a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM7.4 8.6l6.1-6.1M10.75 5.25l2 2')
/** Sign out. */
export const SignOutIcon = stroke('M6 2.25H3.75a1.5 1.5 0 0 0-1.5 1.5v8.5a1.5 1.5 0 0 0 1.5 1.5H6M10.25 4.75 13.5 8l-3.25 3.25M13.25 8H6')
/** More actions. */
export const DotsIcon = draw(<path className="wl-icon__dot" d="M3.5 8h.01M8 8h.01M12.5 8h.01" />)
/** Caution. */
export const WarningIcon = stroke('M8 2.25 14.5 13.5h-13zM8 6.5v3M8 11.5h.01')
/** Connected. */
export const WifiIcon = stroke('M1.75 6.3a9.1 9.1 0 0 1 12.5 0M4.05 8.9a5.8 5.8 0 0 1 7.9 0M6.3 11.4a2.5 2.5 0 0 1 3.4 0M8 13.5h.01')
/** Not connected. */
export const WifiOffIcon = stroke(
  'M2 2l12 12M1.75 6.3A9 9 0 0 1 4.6 4.45M7.6 3.8a9 9 0 0 1 6.65 2.5M4.05 8.9a5.8 5.8 0 0 1 3-1.45M10.6 7.95c.5.25.95.55 1.35.95M6.3 11.4a2.5 2.5 0 0 1 3.4 0M8 13.5h.01',
)
/** Calendar, on call. */
export const CalendarIcon = stroke(
  'M3.75 3.25h8.5a1.5 1.5 0 0 1 1.5 1.5v7.5a1.5 1.5 0 0 1-1.5 1.5h-8.5a1.5 1.5 0 0 1-1.5-1.5v-7.5a1.5 1.5 0 0 1 1.5-1.5zM2.25 6.75h11.5M5.25 1.75v3M10.75 1.75v3',
)
/** Link. */
export const LinkIcon = stroke(
  'M6.75 9.25a2.5 2.5 0 0 0 3.55 0l2.4-2.4a2.5 2.5 0 0 0-3.55-3.55l-.9.9M9.25 6.75a2.5 2.5 0 0 0-3.55 0l-2.4 2.4a2.5 2.5 0 0 0 3.55 3.55l.9-.9',
)
/** Copy. */
export const CopyIcon = stroke(
  'M6.75 5.25h5.5a1.5 1.5 0 0 1 1.5 1.5v5.5a1.5 1.5 0 0 1-1.5 1.5h-5.5a1.5 1.5 0 0 1-1.5-1.5v-5.5a1.5 1.5 0 0 1 1.5-1.5zM10.75 5.25v-1.5a1.5 1.5 0 0 0-1.5-1.5h-5.5a1.5 1.5 0 0 0-1.5 1.5v5.5a1.5 1.5 0 0 0 1.5 1.5h1.5',
)
/** Information. */
export const InfoIcon = stroke(`${disc}M8 7.25v3.75M8 5h.01`)
/** Unknown, help. */
export const QuestionIcon = stroke(`${disc}M6.25 6.4A1.8 1.8 0 0 1 8 4.9c1 0 1.8.65 1.8 1.6 0 1.3-1.8 1.4-1.8 2.6M8 11.4h.01`)
/** Dark theme. */
export const MoonIcon = stroke('M13.5 9.6A5.75 5.75 0 1 1 6.4 2.5a4.75 4.75 0 0 0 7.1 7.1z')
/** Light theme. */
export const SunIcon = stroke(
  'M8 5.25a2.75 2.75 0 1 1 0 5.5 2.75 2.75 0 0 1 0-5.5zM8 1.25v1.5M8 13.25v1.5M1.25 8h1.5M13.25 8h1.5M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1',
)
/** Filter. */
export const FilterIcon = stroke('M2.25 4h11.5M4.5 8h7M6.75 12h2.5')
/** Archive. */
export const ArchiveIcon = stroke(
  'M2.75 2.75h10.5a1 1 0 0 1 1 1v1a1 1 0 0 1-1 1H2.75a1 1 0 0 1-1-1v-1a1 1 0 0 1 1-1zM2.75 5.75v6a1.5 1.5 0 0 0 1.5 1.5h7.5a1.5 1.5 0 0 0 1.5-1.5v-6M6.5 8.5h3',
)
/** Show. */
export const EyeIcon = stroke(`${eye}M8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4z`)
/** Hide. */
export const EyeOffIcon = stroke(`${eye}M2.5 13.5l11-11`)
/** Attachment. */
export const AttachIcon = stroke(
  'M13.25 7.4 8 12.65a3.15 3.15 0 0 1-4.45-4.45l5.5-5.5a2.1 2.1 0 0 1 2.95 2.95L6.6 11.1a1.05 1.05 0 0 1-1.5-1.5l4.9-4.85',
)
/** Notification, page. */
export const BellIcon = stroke('M3 11.5c1-.9 1.5-2 1.5-4.25a3.5 3.5 0 0 1 7 0c0 2.25.5 3.35 1.5 4.25zM6.5 14h3')
/** Try again. */
export const RefreshIcon = stroke('M13.25 8a5.25 5.25 0 1 1-1.6-3.75l1.6 1.55M13.25 2.5v3.3h-3.3')
/** Side pane. */
export const PaneIcon = stroke(
  'M3.25 2.75h9.5a1.5 1.5 0 0 1 1.5 1.5v7.5a1.5 1.5 0 0 1-1.5 1.5h-9.5a1.5 1.5 0 0 1-1.5-1.5v-7.5a1.5 1.5 0 0 1 1.5-1.5zM10.25 2.75v10.5',
)
/** Internal note, template. */
export const NoteIcon = stroke(
  'M4.25 1.75h5l4 4v7a1.5 1.5 0 0 1-1.5 1.5h-7.5a1.5 1.5 0 0 1-1.5-1.5v-9.5a1.5 1.5 0 0 1 1.5-1.5zM9.25 1.75v4h4M5.5 8.75h5M5.5 11.25h3.5',
)
/** Edit. */
export const EditIcon = stroke('M10.5 3 13 5.5 5.5 13H3v-2.5zM9 4.5 11.5 7')
/** Delete. */
export const TrashIcon = stroke(
  'M2.5 4.25h11M6.25 4.25v-2h3.5v2M3.75 4.25l.6 8.6a1.4 1.4 0 0 0 1.4 1.4h4.5a1.4 1.4 0 0 0 1.4-1.4l.6-8.6M6.5 7v4.5M9.5 7v4.5',
)
/** Device. */
export const DeviceIcon = stroke(
  'M5.25 1.75h5.5a1.25 1.25 0 0 1 1.25 1.25v10a1.25 1.25 0 0 1-1.25 1.25h-5.5A1.25 1.25 0 0 1 4 13V3a1.25 1.25 0 0 1 1.25-1.25zM7.25 12h1.5',
)
/** Work to do. */
export const TaskIcon = stroke(
  'M3.75 2.25h8.5a1.5 1.5 0 0 1 1.5 1.5v8.5a1.5 1.5 0 0 1-1.5 1.5h-8.5a1.5 1.5 0 0 1-1.5-1.5v-8.5a1.5 1.5 0 0 1 1.5-1.5zM5 8.25l2.25 2.25L11 5.75',
)
/** Demonstration, test. */
export const FlaskIcon = stroke(
  'M6 1.75h4M6.75 1.75v4.5L3 12.6a1.1 1.1 0 0 0 .95 1.65h8.1a1.1 1.1 0 0 0 .95-1.65L9.25 6.25v-4.5M4.75 10h6.5',
)
