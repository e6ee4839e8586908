import type { GivesOf } from '@wardline/platform/contract'
import { useAsk } from '@wardline/product/access/sessions/web'
import { useEffect, useMemo } from 'react'
import { colleagues } from '../contract.ts'

/** A colleague as lists and pickers show them. */
export type ColleagueLine = GivesOf<typeof colleagues>['colleagues'][number]

/** The people of the organisation, by id and by name. */
export type Colleagues = {
  readonly list: readonly ColleagueLine[]
  /** The name to show; people who have left keep their messages but not their entry. */
  readonly nameOf: (person: string) => string
  readonly find: (person: string) => Pick<ColleagueLine, 'name' | 'title'> | undefined
}

// Names and titles of colleagues, so that threads can be read without a connection. No keys: those are the engine's, who verifies them.
const key = 'wl-colleagues'
const most = 2_000
type Kept = Readonly<Record<string, readonly [name: string, title: string]>>

let keeps = true

/** From now on no name is kept in this browser, and none is left. */
export function keepNoColleagues(): void {
  keeps = false
  forgetColleagues()
}

function readKept(): Kept {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as Kept
  } catch {
    return {}
  }
}

function keep(list: readonly ColleagueLine[]): void {
  if (!keeps) return
  try {
    localStorage.setItem(key, JSON.stringify(Object.fromEntries(list.slice(0, most).map((it) => [it.person, [it.name, it.title]]))))
  } catch {
    // Then names are missing while there is no connection.
  }
}

/** Forgets the names that were kept for times without connection: the session has ended. */
export function forgetColleagues(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Nothing was kept.
  }
}

/** The directory, kept by the query cache and sorted by name. */
export const useColleagues = (): Colleagues => {
  const { data, isLoading } = useAsk(colleagues)
  useEffect(() => {
    if (data !== undefined) keep(data.colleagues)
  }, [data])
  return useMemo(() => {
    const list = [...(data?.colleagues ?? [])].sort((a, b) => a.name.localeCompare(b.name))
    const kept = data === undefined ? readKept() : {}
    const byId = new Map<string, Pick<ColleagueLine, 'name' | 'title'>>([
      ...Object.entries(kept).map(([person, [name, title]]) => [person, { name, title }] as const),
      ...list.map((it) => [it.person, it] as const),
    ])
    return {
      list,
      nameOf: (person) => byId.get(person)?.name ?? (isLoading ? '…' : data === undefined ? 'Colleague' : 'Former colleague'),
      find: (person) => byId.get(person),
    }
  }, [data, isLoading])
}
