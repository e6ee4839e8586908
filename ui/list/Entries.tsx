import type { ReactNode } from 'react'

/** A short list of what a person has, in settings: sessions, devices, passkeys. */
export const EntryList = ({ label, children }: { label: string; children: ReactNode }) => (
  <ul className="wl-entries" aria-label={label}>
    {children}
  </ul>
)

/** One of them: its name, a line about it, and at the end its state and what can be done with it. */
export const Entry = ({ name, note, children }: { name: ReactNode; note: ReactNode; children: ReactNode }) => (
  <li className="wl-entries__row">
    <span className="wl-entries__words">
      <strong>{name}</strong>
      <Note>{note}</Note>
    </span>
    <span className="wl-entries__acts">{children}</span>
  </li>
)

/** A quieter word beside or below what it is about. */
export const Note = ({ children }: { children: ReactNode }) => <span className="wl-note">{children}</span>
