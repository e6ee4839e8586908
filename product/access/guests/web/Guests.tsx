import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { deactivate, people } from '@wardline/product/access/provisioning/contract'
import { CodeDialog, useMay, type HandedCode } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  Actions,
  AlertDialog,
  Badge,
  Button,
  DataTable,
  EmptyState,
  fullTime,
  Panel,
  Skeleton,
  useDone,
  useNow,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { listGuests } from '../contract.ts'
import { AddGuest } from './AddGuest.tsx'
import { MoveEnd } from './MoveEnd.tsx'

type Guest = GivesOf<typeof listGuests>['guests'][number]

/** How somebody made sure who a guest is, to stand before "by Dr. Lee". */
const identityWords: Readonly<Record<Guest['identity'], string>> = {
  'seen-in-person': 'seen in person with a document',
  'employer-confirmed': 'confirmed by their employer',
  'video-with-document': 'seen by video with a document',
}

const day = 86_400_000
const leftText = (left: number) => (left <= 0 ? 'ends now' : left < day ? 'ends within a day' : `${Math.ceil(left / day)} days left`)

/** People of other organisations: who, until when, and who made sure who they are. */
export const Guests = () => {
  const queries = useQueryClient()
  const mayAdd = useMay('guest.add').yes
  const mayEnd = useMay('person.deactivate').yes
  const listed = useAsk(listGuests)
  const named = useAsk(people)
  const format = useTimeFormat()
  const now = useNow()
  const { done, say } = useDone()
  const [open, setOpen] = useState<{ readonly what: 'add' } | { readonly what: 'move' | 'end'; readonly guest: Guest } | null>(null)
  const [code, setCode] = useState<HandedCode | null>(null)
  const again = () => [listGuests, people].forEach((it) => void queries.invalidateQueries({ queryKey: keyOf(it) }))
  const close = () => setOpen(null)
  if (listed.error) return <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
  if (!listed.data || !named.data) return <Skeleton label="Guests" lines={3} />
  const nameOf = (person: string | null) => named.data.people.find((it) => it.id === person)?.name
  const guests = listed.data.guests
  // The end is midnight; the last minute before it is the day that people mean.
  const lastMinute = (it: Guest) => fullTime(it.endsAt - 60_000, format)
  const add = (
    <Button size="small" onPress={() => setOpen({ what: 'add' })}>
      Add a guest
    </Button>
  )
  return (
    <Panel title="Guests" actions={mayAdd && guests.length > 0 ? add : null}>
      {done}
      {guests.length === 0 ? (
        <EmptyState title="No guests" level={3} action={mayAdd ? add : null}>
          A clinician of another practice, or a vendor’s person, can be let in until a day. Their name shows that they are a guest, and
          their access ends by itself.
        </EmptyState>
      ) : (
        <DataTable
          caption="Guests"
          isCaptionHidden
          rows={guests}
          rowKey={(it) => it.person}
          columns={[
            { id: 'name', title: 'Name', isRowHeader: true, cell: (it) => nameOf(it.person) ?? `A guest of ${it.from}` },
            {
              id: 'ends',
              title: 'Access until',
              cell: (it) => (
                <>
                  {lastMinute(it)}
                  <br />
                  <Badge tone={it.endsAt - now < 7 * day ? 'urgent' : 'routine'}>{leftText(it.endsAt - now)}</Badge>
                </>
              ),
            },
            {
              id: 'who',
              title: 'Identity',
              cell: (it) => `${identityWords[it.identity]}, says ${nameOf(it.verifiedBy) ?? 'somebody whose access has ended'}`,
            },
            ...(mayAdd || mayEnd
              ? [
                  {
                    id: 'change',
                    title: 'Change',
                    cell: (it: Guest) => (
                      <Actions>
                        {mayAdd && (
                          <Button
                            size="small"
                            aria-label={`Move the end of ${nameOf(it.person) ?? it.from}`}
                            onPress={() => setOpen({ what: 'move', guest: it })}
                          >
                            Move the end
                          </Button>
                        )}
                        {mayEnd && (
                          <Button
                            size="small"
                            aria-label={`End now: ${nameOf(it.person) ?? it.from}`}
                            onPress={() => setOpen({ what: 'end', guest: it })}
                          >
                            End now
                          </Button>
                        )}
                      </Actions>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {open?.what === 'add' && (
        <AddGuest
          onClose={close}
          onAdded={(it) => {
            close()
            setCode(it)
            again()
          }}
        />
      )}
      {open?.what === 'move' && (
        <MoveEnd
          person={open.guest.person}
          name={nameOf(open.guest.person) ?? open.guest.from}
          endsAt={open.guest.endsAt}
          onClose={close}
          onMoved={(endsAt) => {
            close()
            again()
            say(`The access of ${nameOf(open.guest.person) ?? 'the guest'} now ends after ${fullTime(endsAt - 60_000, format)}.`)
          }}
        />
      )}
      {open?.what === 'end' && (
        <EndGuest
          person={open.guest.person}
          name={nameOf(open.guest.person) ?? open.guest.from}
          onClose={close}
          onEnded={() => {
            close()
            again()
            say(`The access of ${nameOf(open.guest.person) ?? 'the guest'} has ended.`)
          }}
        />
      )}
      {code !== null && <CodeDialog code={code} onClose={() => setCode(null)} />}
    </Panel>
  )
}

const EndGuest = ({ person, name, onEnded, onClose }: { person: string; name: string; onEnded: () => void; onClose: () => void }) => {
  const end = useAct(deactivate)
  return (
    <AlertDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`End the access of ${name} now?`}
      actionLabel={`End the access of ${name}`}
      isPending={end.isPending}
      onAction={() => void end.run({ params: { person }, body: {} }).then((it) => it.ok && onEnded())}
    >
      {end.failed ? <FailedBanner failed={end.failed} /> : 'Their sessions end at once. Their name stays on what they wrote.'}
    </AlertDialog>
  )
}
