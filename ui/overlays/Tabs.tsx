import type { ReactNode } from 'react'
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from 'react-aria-components'
import { CountMark } from '../feedback/Badge.tsx'

export type TabItem = {
  id: string
  label: string
  icon?: ReactNode
  /** Things that wait there; `countWords` is what is read ("3 unread"). */
  count?: number
  countWords?: string
  isDisabled?: boolean
  /** Content; absent where the caller draws it elsewhere from `selected`. */
  content?: ReactNode
}

export type TabsProps = {
  /** Accessible name of the row of tabs. */
  label: string
  items: readonly TabItem[]
  /** The chosen tab; uncontrolled (first tab) where absent. */
  selected?: string
  onSelect?: (id: string) => void
  /** `filter` is a row of small pills over a list. */
  look?: 'line' | 'filter'
}

/** Views of one thing, one at a time; arrow keys move, the row scrolls sideways where it is too narrow. */
export const Tabs = ({ label, items, selected, onSelect, look = 'line' }: TabsProps) => (
  <AriaTabs
    className={`wl-tabs wl-tabs--${look}`}
    keyboardActivation="automatic"
    {...(selected === undefined ? {} : { selectedKey: selected })}
    onSelectionChange={(id) => onSelect?.(String(id))}
  >
    <TabList className="wl-tabs__list" aria-label={label}>
      {items.map((item) => (
        <Tab key={item.id} id={item.id} isDisabled={item.isDisabled ?? false} className="wl-tabs__tab">
          {item.icon}
          {item.label}
          {item.count !== undefined && <CountMark count={item.count} words={item.countWords ?? String(item.count)} />}
        </Tab>
      ))}
    </TabList>
    {items.map((item) => (
      <TabPanel key={item.id} id={item.id} className="wl-tabs__panel">
        {item.content}
      </TabPanel>
    ))}
  </AriaTabs>
)
