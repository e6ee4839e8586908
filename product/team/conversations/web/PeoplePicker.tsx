import type { ColleagueLine } from '@wardline/product/team/directory/web'
import { Avatar, ComboBox, IconButton, CrossIcon } from '@wardline/ui'
import { useState } from 'react'
import './conversations.css'

type PeoplePickerProps = {
  label: string
  /** Whom one may choose. */
  people: readonly ColleagueLine[]
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
  errorMessage?: string | undefined
  autoFocus?: boolean
}

/** Several people, found by typing; who has no keys yet is shown and cannot be chosen. */
export const PeoplePicker = ({ label, people, chosen, onChange, errorMessage, autoFocus = false }: PeoplePickerProps) => {
  // A new key after each choice empties the field.
  const [turn, setTurn] = useState(0)
  const left = people.filter((it) => !chosen.includes(it.person))
  return (
    <div className="people-picker">
      <ComboBox
        key={turn}
        id="people-picker"
        label={label}
        placeholder="Type a name"
        emptyText="Nobody with this name"
        autoFocus={autoFocus || turn > 0}
        menuTrigger="input"
        errorMessage={errorMessage}
        options={left.map((it) => ({
          id: it.person,
          text: it.name,
          description: it.keys === null ? `${it.title}, has not set up a device yet` : it.title,
          leading: <Avatar name={it.name} id={it.person} size={24} />,
          isDisabled: it.keys === null,
        }))}
        onChange={(person) => {
          if (person === null) return
          onChange([...chosen, String(person)])
          setTurn((before) => before + 1)
        }}
      />
      {chosen.length > 0 && (
        <ul className="people-picker__chosen" aria-label="Chosen">
          {chosen.map((person) => {
            const name = people.find((it) => it.person === person)?.name ?? ''
            return (
              <li key={person} className="people-picker__one">
                <Avatar name={name} id={person} size={20} />
                <span>{name}</span>
                <IconButton label={`Take ${name} off`} size="small" onPress={() => onChange(chosen.filter((it) => it !== person))}>
                  <CrossIcon size={12} />
                </IconButton>
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
