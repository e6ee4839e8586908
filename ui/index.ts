// The design system's door. It knows no feature: words, times and data come from the caller. Styles: './styles.css'.
export {
  Button,
  ButtonLink,
  IconButton,
  TextLink,
  type ButtonLinkProps,
  type ButtonProps,
  type ButtonVariant,
  type IconButtonProps,
} from './actions/Button.tsx'
export { Tooltip, type TooltipProps } from './actions/Tooltip.tsx'
export {
  announceEveryMs,
  AnnouncerProvider,
  StatusAnnouncer,
  useAnnounce,
  type After,
  type Announce,
  type AnnouncerProviderProps,
  type Spoken,
  type StatusAnnouncerProps,
} from './feedback/announcer.tsx'
export { Avatar, initials, type AvatarProps } from './feedback/Avatar.tsx'
export { Badge, CountMark, type BadgeProps, type Tone } from './feedback/Badge.tsx'
export { Banner, type BannerProps, type BannerTone } from './feedback/Banner.tsx'
export { useDone } from './feedback/done.tsx'
export { EmptyState, type EmptyStateProps } from './feedback/EmptyState.tsx'
export { ProgressBar, Skeleton, type ProgressBarProps } from './feedback/progress.tsx'
export { Spinner } from './feedback/Spinner.tsx'
export { StateMark, stateWords, type DeliveryState, type StateMarkProps } from './feedback/StateMark.tsx'
export {
  Checkbox,
  CheckboxGroup,
  RadioGroup,
  Switch,
  type CheckboxGroupProps,
  type CheckboxProps,
  type Choice,
  type RadioGroupProps,
  type SwitchProps,
} from './fields/choices.tsx'
export { codeDigits, CodeField, type CodeFieldProps } from './fields/CodeField.tsx'
export { ErrorSummary, type FormProblem } from './fields/ErrorSummary.tsx'
export { type FieldWords } from './fields/parts.tsx'
export { ComboBox, Select, type ComboBoxProps, type Option, type SelectProps } from './fields/pickers.tsx'
export { TextArea, type TextAreaProps } from './fields/TextArea.tsx'
export {
  PasswordField,
  SearchField,
  TextField,
  type PasswordFieldProps,
  type SearchFieldProps,
  type TextFieldProps,
} from './fields/TextField.tsx'
export * from './icons.tsx'
export { DataTable, Facts, type Column, type DataTableProps, type Fact } from './list/Facts.tsx'
export { Entry, EntryList, Note } from './list/Entries.tsx'
export { LongList, type LongListProps } from './list/LongList.tsx'
export { List, ListHeading, ListRow, type ListProps, type ListRowProps } from './list/List.tsx'
export { CommandPalette, type CommandPaletteProps } from './overlays/CommandPalette.tsx'
export { AlertDialog, Dialog, DialogTrigger, type AlertDialogProps, type DialogProps } from './overlays/Dialog.tsx'
export { Menu, MenuItem, MenuSection, MenuSeparator, type MenuItemProps, type MenuProps, type MenuSectionProps } from './overlays/Menu.tsx'
export { Modal, type ModalProps } from './overlays/Modal.tsx'
export { findCommands, type Command } from './overlays/palette.ts'
export { Tabs, type TabItem, type TabsProps } from './overlays/Tabs.tsx'
export { AppLink, UiProvider, type LinkParts, type RenderLink, type UiProviderProps } from './provider.tsx'
export { CommandButton, ConnectionChip, Pane, Panel, TopBar, type ConnectionState, type PaneProps } from './shell/parts.tsx'
export { Rail, type RailItem, type RailProps } from './shell/Rail.tsx'
export { useHasSide, useIsPhone } from './shell/is-phone.ts'
export { Shell, type ShellProps } from './shell/Shell.tsx'
export { Actions, Form, Prose, TaskPage, type TaskPageProps } from './shell/TaskPage.tsx'
export { Age, TimeOfDay } from './text/Age.tsx'
export { ClockProvider, useClock, useNow, useTimeFormat, type Clock } from './text/clock.tsx'
export { KeyHint } from './text/KeyHint.tsx'
export { setTheme, type Theme } from './theme.ts'
export { ageText, countdownText, dayText, fullTime, spokenCountdownSeconds, timeOfDay, type TimeFormat } from './text/time.ts'
export { dayAfter, momentAt } from './text/zoned.ts'
export { VisuallyHidden } from './text/VisuallyHidden.tsx'
export { Composer, type ComposerProps } from './thread/Composer.tsx'
export { Message, type MessageProps } from './thread/Message.tsx'
export { DaySeparator, LogEvent, MessageLog, NewSeparator, type MessageLogProps } from './thread/MessageLog.tsx'
