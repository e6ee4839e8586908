import { useQueryClient } from '@tanstack/react-query'
import { keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import type { ConversationView, Team } from '@wardline/product/team/messages/client'
import { Banner, Button, fullTime, useTimeFormat } from '@wardline/ui'
import { newIdentities, stopNewIdentity } from '../contract.ts'
import { standingOf } from './words.ts'

type Names = { nameOf: (person: string) => string }

/** On every device of a person: somebody asked for a new identity in their name, and they can stop it. Officers see everybody's. */
export const NewIdentityBar = ({ nameOf }: Names) => {
  const { data } = useAsk(newIdentities, {}, { pollMs: 60_000 })
  const stop = useAct(stopNewIdentity)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const [first, ...others] = (data?.requests ?? []).filter((it) => it.mayStop).toSorted((a, b) => Number(b.mine) - Number(a.mine))
  if (first === undefined) return null
  return (
    <Banner
      tone="warning"
      isBar
      title={first.mine ? 'A new identity was asked for in your name.' : `A new identity was asked for: ${nameOf(first.person)}.`}
      short="A new identity"
      action={
        <Button
          size="small"
          isPending={stop.isPending}
          onPress={() =>
            void stop
              .run({ params: { request: first.request }, body: {} })
              .then(() => queries.invalidateQueries({ queryKey: keyOf(newIdentities) }))
          }
        >
          Stop it
        </Button>
      }
    >
      {standingOf(first, nameOf, format)}
      {first.mine && ' It would cut this device off. If it was not you, stop it and tell your privacy officer.'}
      {others.length > 0 && ` ${others.length} more.`}
    </Banner>
  )
}

type InConversationProps = Names & {
  it: ConversationView
  me: string
  team: Pick<Team, 'acceptIdentity'>
  onCompare: (person: string) => void
}

/** In a conversation: whose identity is being replaced, and whose was, by whom; until I have said that I know. */
export const IdentityNotices = ({ it, me, team, nameOf, onCompare }: InConversationProps) => {
  const { data } = useAsk(newIdentities, {}, { pollMs: 60_000 })
  const format = useTimeFormat()
  const others = it.members.filter((member) => !member.removed && member.person !== me)
  const coming = (data?.requests ?? []).filter(({ person, by }) => by.length > 0 && others.some((member) => member.person === person))
  return (
    <>
      {coming.map((request) => (
        <Banner isBar key={request.request} tone="info" title={`${nameOf(request.person)} is getting a new identity.`}>
          {standingOf(request, nameOf, format)} If you know better, tell your privacy officer now.
        </Banner>
      ))}
      {others.map(({ person, renewed }) =>
        renewed === null || renewed.seen ? null : (
          <Banner
            isBar
            key={person}
            tone="warning"
            title={`${nameOf(person)} has a new identity.`}
            action={
              <>
                <Button size="small" onPress={() => onCompare(person)}>
                  Safety number
                </Button>
                <Button size="small" variant="quiet" onPress={() => void team.acceptIdentity(person)}>
                  I have compared it
                </Button>
              </>
            }
          >
            Confirmed by {renewed.by.map(nameOf).join(' and ')}, since {fullTime(renewed.at, format)}. The safety number that you knew is
            void: compare the new one with {nameOf(person)} before you rely on it.
          </Banner>
        ),
      )}
    </>
  )
}
