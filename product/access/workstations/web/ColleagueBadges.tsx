import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { AlertDialog, Badge, Button, Dialog, Entry, EntryList, Note, Skeleton, fullTime, useDone, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { addBadgeFor, badgesOf, removeBadgeOf } from '../contract.ts'
import { mostBadges } from '../preview.ts'
import { BadgeDialog } from './BadgeDialog.tsx'

type ColleagueProps = { person: string; name: string }

/** A colleague's badges for shared workstations, opened on demand: seeing them asks for a fresh proof. */
export const ColleagueBadges = ({ person, name }: ColleagueProps) => {
  const [isOpen, setOpen] = useState(false)
  return (
    <div>
      <Button size="small" onPress={() => setOpen(true)} aria-label={`Badges of ${name}`}>
        Badges
      </Button>
      {isOpen && (
        <Dialog isOpen onOpenChange={setOpen} title={`Badges of ${name}`} subtitle="For shared workstations. Alone a badge opens nothing.">
          <Badges person={person} name={name} />
        </Dialog>
      )}
    </div>
  )
}

const Badges = ({ person, name }: ColleagueProps) => {
  const params = { person }
  const queries = useQueryClient()
  const listed = useAsk(badgesOf, { params })
  const add = useAct(addBadgeFor)
  const revoke = useAct(removeBadgeOf)
  const format = useTimeFormat()
  const { done, say } = useDone()
  const [open, setOpen] = useState<'add' | { readonly badge: string; readonly called: string } | null>(null)
  if (listed.error) return <FailedBanner failed={listed.error} onRetry={() => void listed.refetch()} />
  if (!listed.data) return <Skeleton label="Badges" lines={2} />
  const { badges } = listed.data
  const changed = async (said: string) => {
    setOpen(null)
    await queries.invalidateQueries({ queryKey: keyOf(badgesOf, { params }) })
    say(said)
  }
  const register = async (badge: string) => {
    if ((await add.run({ params, body: { badge } })).ok)
      await changed(`Registered. It counts once ${name} has held it to a reader while signed in.`)
  }
  const end = async ({ badge, called }: { badge: string; called: string }) => {
    const result = await revoke.run({ params: { person, badge } })
    setOpen(null)
    if (result.ok) await changed(`${called} is revoked.`)
  }
  return (
    <>
      {done}
      {revoke.failed && <FailedBanner failed={revoke.failed} />}
      {badges.length === 0 ? (
        <Note>{`${name} has no badge.`}</Note>
      ) : (
        <EntryList label={`Badges of ${name}`}>
          {badges.map((it, i) => (
            <Entry key={it.badge} name={`Badge ${i + 1}`} note={`Registered ${fullTime(it.registeredAt, format)}.`}>
              {it.waits && <Badge tone="pending">Waits for {name}</Badge>}
              <Button
                size="small"
                aria-label={`Revoke badge ${i + 1}`}
                onPress={() => setOpen({ badge: it.badge, called: `Badge ${i + 1}` })}
              >
                Revoke
              </Button>
            </Entry>
          ))}
        </EntryList>
      )}
      <div>
        <Button
          size="small"
          onPress={() => setOpen('add')}
          disabledReason={badges.length >= mostBadges ? 'There are three badges already.' : undefined}
        >
          Register a badge
        </Button>
      </div>
      {open === 'add' && (
        <BadgeDialog
          title={`A badge for ${name}`}
          isPending={add.isPending}
          failed={add.failed}
          onBadge={register}
          onClose={() => setOpen(null)}
        >
          It waits for {name}: until they have held it to a reader themselves, signed in, it is nobody’s.
        </BadgeDialog>
      )}
      {open !== null && open !== 'add' && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setOpen(null)}
          title={`Revoke ${open.called.toLowerCase()} of ${name}?`}
          actionLabel={`Revoke ${open.called.toLowerCase()}`}
          isPending={revoke.isPending}
          onAction={() => void end(open)}
        >
          It is nobody’s from then on, and a screen that {name} opened with a badge is locked. Their PIN works on.
        </AlertDialog>
      )}
    </>
  )
}
