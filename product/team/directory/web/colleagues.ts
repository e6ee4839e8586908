import type { GivesOf } from '@wardline/platform/contract'
import { useAsk } from '@wardline/product/access/sessions/web'
import { useMemo } from 'react'
import { colleagues } from '../contract.ts'

/** A colleague as lists and pickers show them. */
export type ColleagueLine = GivesOf<typeof colleagues>['colleagues'][number]

/** The people of the organisation, by id and by name. */
export type Colleagues = {
  readonly list: readonly ColleagueLine[]
  readonly isLoading: boolean
  /** The name to show; people who have left keep their messages but not their entry. */
  readonly nameOf: (person: string) => string
  readonly find: (person: string) => ColleagueLine | undefined
}

/** The directory, kept by the query cache and sorted by name. */
export const useColleagues = (): Colleagues => {
  const { data, isLoading } = useAsk(colleagues)
  return useMemo(() => {
    const list = [...(data?.colleagues ?? [])].sort((a, b) => a.name.localeCompare(b.name))
    const byId = new Map(list.map((it) => [it.person, it]))
    return {
      list,
      isLoading,
      nameOf: (person) => byId.get(person)?.name ?? (isLoading ? '…' : 'Former colleague'),
      find: (person) => byId.get(person),
    }
  }, [data, isLoading])
}
