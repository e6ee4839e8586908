import type { ColleagueLine } from '@wardline/product/team/directory/web'
import { Avatar, CheckboxGroup, CrossIcon, findCommands, IconButton, SearchField } from '@wardline/ui'
import { useMemo, useState } from 'react'
import './conversations.css'

type PeoplePickerProps = {
  label: string
  /** Whom one may choose. */
  people: readonly ColleagueLine[]
  chosen: readonly string[]
  onChange: (chosen: readonly string[]) => void
  errorMessage?: string | undefined
}

/** Several people: typing narrows the list, Enter takes the first. Who has no keys yet is shown and cannot be chosen. */
export const PeoplePicker = ({ label, people, chosen, onChange, errorMessage }: PeoplePickerProps) => {
  const [query, setQuery] = useState('')
  const found = useMemo(() => {
    const lines = people.map((it) => ({ id: it.person, label: it.name, section: '', description: it.title }))
    const ids = findCommands(lines, query).map((it) => it.id)
    return ids.flatMap((id) => people.find((it) => it.person === id) ?? [])
  }, [people, query])
  const takeFirst = () => {
    const first = found.find((it) => it.keys !== null && !chosen.includes(it.person))
    if (query.trim() === '' || first === undefined) return
    onChange([...chosen, first.person])
    setQuery('')
  }
  return (
    <div className="people-picker">
      <SearchField
        label={label}
        isLabelHidden={false}
        placeholder="Type a name or a title"
        value={query}
        onChange={setQuery}
        onSubmit={takeFirst}
        autoComplete="off"
        autoFocus
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
      <div className="people-picker__list">
        <CheckboxGroup
          label="Colleagues"
          isLabelHidden
          errorMessage={errorMessage}
          value={[...chosen]}
          onChange={(shown) =>
            onChange([
              ...chosen.filter((it) => shown.includes(it) || !found.some((one) => one.person === it)),
              ...shown.filter((it) => !chosen.includes(it)),
            ])
          }
          options={found.map((it) => ({
            id: it.person,
            label: (
              <span className="people-picker__person">
                <Avatar name={it.name} id={it.person} size={24} />
                <span>
                  {it.name} <span className="people__note">{it.keys === null ? `${it.title}, has not set up a device yet` : it.title}</span>
                </span>
              </span>
            ),
            isDisabled: it.keys === null,
          }))}
        />
        {found.length === 0 && <p className="people__note">Nobody with this name.</p>}
      </div>
    </div>
  )
}
