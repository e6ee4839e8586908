import { useMemo, useState, type ReactNode } from 'react'
import { Autocomplete, Dialog as AriaDialog, Header, Input, Menu, MenuItem, MenuSection, SearchField } from 'react-aria-components'
import { SearchIcon } from '../icons.tsx'
import { KeyHint } from '../text/KeyHint.tsx'
import { Modal } from './Modal.tsx'
import { findCommands, inSections, type Command } from './palette.ts'

export type CommandPaletteProps = {
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
  commands: readonly Command[]
  /** Called with the chosen id after the palette has closed. */
  onAction: (id: string) => void
  /** Set where the caller searches by itself: what it gives is shown as it is. */
  isFilteredByCaller?: boolean
  onQuery?: (query: string) => void
  label?: string
  placeholder?: string
  emptyText?: string
  /** A line at the foot, for instance where the results come from. */
  footer?: ReactNode
}

/** Every command and place of the application behind one key, with its shortcut beside it. */
export const CommandPalette = ({ isOpen, onOpenChange, label = 'Commands', ...rest }: CommandPaletteProps) => (
  <Modal isOpen={isOpen} onOpenChange={onOpenChange} align="top">
    <AriaDialog className="wl-palette" aria-label={label}>
      {({ close }) => <PaletteContent label={label} close={close} {...rest} />}
    </AriaDialog>
  </Modal>
)

type ContentProps = Omit<CommandPaletteProps, 'isOpen' | 'onOpenChange' | 'label'> & { label: string; close: () => void }

// Mounted with the dialog: each opening begins with an empty query.
const PaletteContent = ({
  commands,
  onAction,
  isFilteredByCaller = false,
  onQuery,
  label,
  placeholder = 'Type a command, person or patient',
  emptyText = 'Nothing found',
  footer,
  close,
}: ContentProps) => {
  const [query, setQuery] = useState('')
  const sections = useMemo(
    () => inSections(isFilteredByCaller ? commands : findCommands(commands, query)),
    [commands, query, isFilteredByCaller],
  )
  return (
    <Autocomplete
      inputValue={query}
      onInputChange={(next) => {
        setQuery(next)
        onQuery?.(next)
      }}
    >
      <SearchField aria-label={label} autoFocus className="wl-palette__search">
        <SearchIcon size={20} />
        <Input className="wl-palette__input" placeholder={placeholder} />
      </SearchField>
      {/* The items have the focus in name only: what scrolls must take it to be scrolled by key. */}
      <div className="wl-palette__list" role="group" aria-label="Found" tabIndex={0}>
        <Menu
          aria-label={label}
          className="wl-palette__menu"
          renderEmptyState={() => <p className="wl-palette__empty">{emptyText}</p>}
          onAction={(id) => {
            close()
            onAction(String(id))
          }}
        >
          {sections.map(({ section, commands: found }) => (
            <MenuSection key={section} id={`section ${section}`} className="wl-menu__section">
              <Header className="wl-menu__title">{section}</Header>
              {found.map((command) => (
                <MenuItem key={command.id} id={command.id} textValue={command.label} className="wl-menu__item">
                  {command.icon}
                  <span className="wl-menu__words wl-menu__words--line">
                    <span>{command.label}</span>
                    {command.description !== undefined && <span className="wl-menu__description"> {command.description}</span>}
                  </span>
                  {command.keys !== undefined && <KeyHint keys={command.keys} />}
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </Menu>
      </div>
      <footer className="wl-palette__foot">
        <span>{footer}</span>
        <span className="wl-palette__hints">
          <KeyHint keys="↑ ↓" /> move <KeyHint keys="Enter" /> choose <KeyHint keys="Esc" /> close
        </span>
      </footer>
    </Autocomplete>
  )
}
