import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, keyOf, useAct, useAsk, useCalls } from '@wardline/product/access/sessions/web'
import {
  Actions,
  AlertDialog,
  Badge,
  Banner,
  Button,
  Dialog,
  Entry,
  EntryList,
  Form,
  Note,
  Prose,
  Skeleton,
  TextField,
  fullTime,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { addPasskey, beginPasskey, changePasskey, myPasskeys, removePasskey } from '../contract.ts'
import { askSecret, hasPasskeys, makePasskey } from './webauthn.ts'

/** The person's sealed keys, which a passkey may open on other devices. Each answers whether it was done. */
export interface VaultOfPasskeys {
  readonly add: (passkey: string, prf: Uint8Array) => Promise<boolean>
  readonly remove: (passkey: string) => Promise<boolean>
}

type Told = { readonly tone: 'info' | 'warning'; readonly title: string; readonly says: string }

/** The person's own passkeys: what each is, and adding and removing them. */
export const MyPasskeys = ({ vault }: { vault: VaultOfPasskeys | null }) => {
  const own = useAsk(myPasskeys)
  const queries = useQueryClient()
  const format = useTimeFormat()
  const remove = useAct(removePasskey)
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<{ id: string; name: string } | null>(null)
  const [told, setTold] = useState<Told | null>(null)
  if (own.error) return <FailedBanner failed={own.error} onRetry={() => void own.refetch()} />
  if (!own.data) return <Skeleton label="Your passkeys" lines={2} />
  const { passkeys, demand, possible } = own.data
  const refresh = () => queries.invalidateQueries({ queryKey: keyOf(myPasskeys) })
  const leave = async (it: { id: string }) => {
    const result = await remove.run({ params: { passkey: it.id } })
    if (result.ok && vault !== null && !(await vault.remove(it.id)))
      setTold({
        tone: 'warning',
        title: 'It still opens your messages.',
        says: 'It signs nobody in any more. Remove it again when the connection is back.',
      })
    setLeaving(null)
    await refresh()
  }
  const canAdd = possible && hasPasskeys()
  return (
    <>
      {remove.failed && <FailedBanner failed={remove.failed} />}
      {told !== null && (
        <Banner tone={told.tone} title={told.title} live="polite">
          {told.says}
        </Banner>
      )}
      {!demand.met && (
        <Banner tone="danger" title={`Your role needs ${demand.required === 1 ? 'a passkey' : `${demand.required} passkeys`}.`}>
          {demand.deviceBound && 'Only those count that never leave their device, such as security keys. '}
          {canAdd
            ? passkeys.length === 0
              ? 'Add one now; it takes a minute.'
              : 'Add another one.'
            : possible
              ? 'This browser has none: add one in another browser.'
              : 'Passkeys need an address with a name, such as chat.example.org: ask whoever runs the server for one.'}
        </Banner>
      )}
      {passkeys.length === 0 ? (
        <Prose>
          <p>
            With a passkey you sign in by fingerprint, face or PIN, without password and code. It can also open your messages on a new
            device.
          </p>
        </Prose>
      ) : (
        <EntryList label="Your passkeys">
          {passkeys.map((it) => (
            <Entry
              key={it.id}
              name={it.name}
              note={
                <>
                  {it.maySync
                    ? it.synced
                      ? 'Copied to your other devices by its maker'
                      : 'May be copied by its maker'
                    : 'Stays on its device'}
                  . {it.opensVault ? 'Opens your messages.' : 'Signs in only.'} Added {fullTime(it.addedAt, format)}
                  {it.usedAt === null ? '' : `, used ${fullTime(it.usedAt, format)}`}
                </>
              }
            >
              {it.copied && <Badge tone="fail">There is a copy: disabled</Badge>}
              <Button size="small" aria-label={`Remove ${it.name}`} onPress={() => setLeaving(it)}>
                Remove
              </Button>
            </Entry>
          ))}
        </EntryList>
      )}
      {canAdd ? (
        <div>
          <Button size="small" onPress={() => setAdding(true)}>
            Add a passkey
          </Button>
        </div>
      ) : (
        demand.met && (
          <Note>
            {possible
              ? 'This browser has no passkeys.'
              : 'Passkeys do not work at this address: they need a name, such as chat.example.org.'}
          </Note>
        )
      )}
      {isAdding && (
        <AddPasskey
          vault={vault}
          onClose={() => setAdding(false)}
          onAdded={async (it) => {
            setAdding(false)
            setTold(it)
            await refresh()
          }}
        />
      )}
      {leaving !== null && (
        <AlertDialog
          isOpen
          onOpenChange={(isOpen) => !isOpen && setLeaving(null)}
          title={`Remove ${leaving.name}?`}
          actionLabel={`Remove ${leaving.name}`}
          onAction={() => void leave(leaving)}
          isPending={remove.isPending}
        >
          It signs nobody in from now on and opens your messages nowhere. Your password and code go on working. Delete it on its device too.
        </AlertDialog>
      )}
    </>
  )
}

type AddPasskeyProps = { vault: VaultOfPasskeys | null; onClose: () => void; onAdded: (told: Told) => Promise<void> }

const AddPasskey = ({ vault, onClose, onAdded }: AddPasskeyProps) => {
  const { call } = useCalls()
  const [name, setName] = useState('')
  const [isPending, setPending] = useState(false)
  const [failed, setFailed] = useState<{ what: string; next: string } | null>(null)
  const stop = (it: { what: string; next: string }) => {
    setPending(false)
    setFailed(it)
  }
  const add = async () => {
    setPending(true)
    setFailed(null)
    const begun = await call(beginPasskey)
    if (!begun.ok) return stop(begun)
    const made = await makePasskey(begun.value)
    if (made === null)
      return stop({ what: 'No passkey was made.', next: 'Nothing was changed. Try again; the device may have one for you already.' })
    const added = await call(addPasskey, { body: { name: name.trim() || 'Passkey', credential: made.credential } })
    if (!added.ok) return stop(added)
    const { passkey } = added.value
    const { relyingParty } = begun.value
    const prf = vault === null || !made.hasPrf ? null : (made.prf ?? (await askSecret({ id: made.credential.id, relyingParty })))
    const opens = prf !== null && vault !== null && (await vault.add(passkey, prf))
    prf?.fill(0)
    if (opens) await call(changePasskey, { params: { passkey }, body: { opensVault: true } })
    await onAdded(
      opens
        ? { tone: 'info', title: 'The passkey is added.', says: 'It signs you in, and opens your messages on a new device.' }
        : {
            tone: 'info',
            title: 'The passkey is added.',
            says: 'It signs you in. It cannot open your messages on a new device: keep your recovery key.',
          },
    )
  }
  return (
    <Dialog title="Add a passkey" isOpen onOpenChange={(isOpen) => !isOpen && onClose()}>
      {failed !== null && (
        <Banner tone="danger" title={failed.what} live="polite">
          {failed.next}
        </Banner>
      )}
      <Form label="New passkey" onSubmit={() => void add()}>
        <TextField
          id="passkey-name"
          label="Name"
          description="For instance “My phone” or “Blue security key”. Your device asks for the rest."
          value={name}
          onChange={(it) => setName(it.slice(0, 60))}
          autoFocus
        />
        <Actions>
          <Button onPress={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isPending={isPending} pendingLabel="Waiting for your device">
            Make the passkey
          </Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
