import type { GivesOf } from '@wardline/platform/contract'
import { fullTime } from '@wardline/ui'
import type { newIdentities } from '../contract.ts'
import { isStuck } from '../preview.ts'

/** A new identity that is under way. */
export type Request = GivesOf<typeof newIdentities>['requests'][number]

/** How far it is, as a sentence: who has signed, and from when it counts. */
export function standingOf(it: Request, nameOf: (person: string) => string, format: Parameters<typeof fullTime>[1]): string {
  const [first, second] = it.by.map(nameOf)
  const from = it.effectiveAt === null ? '' : fullTime(it.effectiveAt, format)
  if (isStuck(it))
    return it.state === 'signed'
      ? `Signed by ${first}. Nobody else can sign: the signed list of administrators names no other. It cannot count yet.`
      : it.couldSign === 0
        ? 'Nobody can sign: two must, and the signed list of administrators names nobody else. It cannot count yet.'
        : 'Only one person can sign: two must, and the signed list of administrators names one other. It cannot count yet.'
  switch (it.state) {
    case 'asked':
      return 'Waits for two administrators.'
    case 'signed':
      return `Signed by ${first}; a second administrator must sign. Counts from ${from} at the earliest.`
    case 'waits':
      return `Signed by ${first} and ${second}. Counts from ${from}.`
    case 'ready':
      return `Signed by ${first} and ${second}. It can be used.`
  }
}

/** Digits in groups of five. */
export const groupsOf = (digits: string): readonly string[] => digits.match(/\d{5}/g) ?? []

/** What speaks for and against the loss: devices of theirs that hold keys, when the last one was here, and what was reported as lost. */
export function devicesOf({ askedAt, devices }: Pick<Request, 'askedAt' | 'devices'>, format: Parameters<typeof fullTime>[1]): string {
  if (devices === null) return ''
  const { holding, seen, lost, lostAt } = devices
  const when = seen === null ? '' : `${fullTime(seen.at, format)}, ${seen.at > askedAt ? 'after' : 'before'} they asked.`
  const held =
    seen === null
      ? 'No device of theirs holds keys any more.'
      : holding === 0
        ? `No device of theirs keeps keys. ${seen.name}, which opens them anew each time, was here last, ${when}`
        : holding === 1
          ? `One device of theirs still holds keys: ${seen.name}, last here ${when}`
          : `${holding} devices of theirs still hold keys. ${seen.name} was here last, ${when}`
  const gone =
    lostAt === null
      ? ''
      : lost === 1
        ? ` One was reported as lost, ${fullTime(lostAt, format)}.`
        : ` ${lost} were reported as lost, the last one ${fullTime(lostAt, format)}.`
  return held + gone
}
