import type { ReactNode } from 'react'
import {
  Header,
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  MenuSection as AriaMenuSection,
  MenuTrigger,
  Popover,
  Separator,
  type Placement,
} from 'react-aria-components'
import { CheckIcon } from '../icons.tsx'
import { KeyHint } from '../text/KeyHint.tsx'

export type MenuProps = {
  /** The button that opens it: a Button or IconButton. */
  trigger: ReactNode
  /** Accessible name of the menu. */
  label: string
  /** Called with the id of the chosen item. */
  onAction?: (id: string) => void
  placement?: Placement
  /** MenuItem, MenuSection and MenuSeparator. */
  children: ReactNode
}

/** Actions behind a button. */
export const Menu = ({ trigger, label, onAction, placement = 'bottom start', children }: MenuProps) => (
  <MenuTrigger>
    {trigger}
    <Popover className="wl-popover wl-popover--menu" placement={placement} offset={4}>
      <AriaMenu className="wl-menu" aria-label={label} onAction={(id) => onAction?.(String(id))}>
        {children}
      </AriaMenu>
    </Popover>
  </MenuTrigger>
)

export type MenuItemProps = {
  id: string
  children: string
  icon?: ReactNode
  description?: string
  /** Its shortcut, taught here. */
  keys?: string
  tone?: 'danger'
  /** Goes there by the application's router. */
  href?: string
  /** Not usable; `description` should say why. */
  isDisabled?: boolean
  onAction?: () => void
}

/** One action of a menu. */
export const MenuItem = ({ children, icon, description, keys, tone, ...props }: MenuItemProps) => (
  <AriaMenuItem {...props} textValue={children} className={tone === 'danger' ? 'wl-menu__item wl-menu__item--danger' : 'wl-menu__item'}>
    {({ isSelected, selectionMode }) => (
      <>
        {selectionMode !== 'none' && <span className="wl-menu__check">{isSelected && <CheckIcon />}</span>}
        {icon}
        <span className="wl-menu__words">
          <span>{children}</span>
          {description !== undefined && <span className="wl-menu__description"> {description}</span>}
        </span>
        {keys !== undefined && <KeyHint keys={keys} />}
      </>
    )}
  </AriaMenuItem>
)

export type MenuSectionProps = {
  title: string
  children: ReactNode
  /** For a section whose items are choices rather than actions. */
  selection?: { mode: 'single' | 'multiple'; ids: readonly string[]; onChange: (ids: string[]) => void }
}

/** Items under a heading; with `selection` they are choices with a tick. */
export const MenuSection = ({ title, children, selection }: MenuSectionProps) => (
  <AriaMenuSection
    className="wl-menu__section"
    {...(selection === undefined
      ? {}
      : {
          selectionMode: selection.mode,
          selectedKeys: selection.ids,
          disallowEmptySelection: selection.mode === 'single',
          onSelectionChange: (keys) => selection.onChange(keys === 'all' ? [] : Array.from(keys, String)),
        })}
  >
    <Header className="wl-menu__title">{title}</Header>
    {children}
  </AriaMenuSection>
)

/** A line between items. */
export const MenuSeparator = () => <Separator className="wl-menu__separator" />
