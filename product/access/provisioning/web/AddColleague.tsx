import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import { Banner, Button, Dialog, TextField, fullTime, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { addPerson } from '../contract.ts'
import { RolesField } from './RolesField.tsx'

/** A one-time code as it is handed over. */
export type HandedCode = {
  readonly name: string
  readonly signInName?: string
  readonly secret: string
  readonly until: number
  readonly waits: readonly Role[]
  /** From when it counts, where that is not at once; whether a second officer was asked to let it. */
  readonly effectiveAt?: number | null
  readonly second?: boolean
}

/** Shows a one-time code: it is told once, and stands nowhere else. */
export const CodeDialog = ({ code, onClose }: { code: HandedCode; onClose: () => void }) => {
  const format = useTimeFormat()
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`One-time code for ${code.name}`}
      actions={(close) => (
        <Button variant="primary" onPress={close}>
          I have handed it over
        </Button>
      )}
    >
      <div className="people__form">
        <p className="people__code wl-mono">{code.secret}</p>
        {code.signInName !== undefined && (
          <p>
            Sign-in name: <strong>{code.signInName}</strong>
          </p>
        )}
        <p>
          With it they set their password and authenticator on the sign-in page, until {fullTime(code.until, format)}. Hand it over in
          person or by telephone. It is not shown again; a new one ends this one.
        </p>
        {code.effectiveAt != null && (
          <Banner tone="info" title={`It counts from ${fullTime(code.effectiveAt, format)} on.`}>
            {code.name} has signed in before, is told on every device, and can stop it.
            {code.second ? ' A privacy officer or security officer other than you can let it count at once.' : ''}
          </Banner>
        )}
        {code.waits.length > 0 && (
          <Banner tone="info" title={`Waits for a second person: ${code.waits.map((it) => roleWords[it]).join(', ')}`}>
            A privacy officer or security officer other than you must agree within three days.
          </Banner>
        )}
      </div>
    </Dialog>
  )
}

/** Adds a colleague with their roles. */
export const AddColleague = ({ onAdded, onClose }: { onAdded: (code: HandedCode) => void; onClose: () => void }) => {
  const add = useAct(addPerson)
  const [name, setName] = useState('')
  const [title, setTitle] = useState('')
  const [signInName, setSignInName] = useState('')
  const [roles, setRoles] = useState<readonly Role[]>([])
  const [exception, setException] = useState('')
  const needsReason = roles.includes('administrator') && roles.includes('privacy-officer')
  const isWhole = name.trim() !== '' && signInName.trim().length > 1
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Add a colleague"
      actions={(close) => (
        <>
          <Button onPress={close}>Cancel</Button>
          <Button
            variant="primary"
            isPending={add.isPending}
            disabledReason={isWhole ? undefined : 'Enter a name, and a sign-in name of two characters or more.'}
            onPress={async () => {
              const result = await add.run({
                body: {
                  name: name.trim(),
                  title: title.trim(),
                  signInName: signInName.trim().toLowerCase(),
                  roles: [...roles],
                  ...(needsReason && exception.trim() !== '' ? { exception: exception.trim() } : {}),
                },
              })
              if (result.ok) onAdded({ name: name.trim(), signInName: signInName.trim().toLowerCase(), ...result.value })
            }}
          >
            Add colleague
          </Button>
        </>
      )}
    >
      <div className="people__form">
        {add.failed && <FailedBanner failed={add.failed} />}
        <TextField label="Name" value={name} onChange={setName} maxLength={120} autoFocus />
        <TextField
          label="Title"
          isOptional
          value={title}
          onChange={setTitle}
          maxLength={120}
          description="As colleagues see it, for example RN, 4 West."
        />
        <TextField
          label="Sign-in name"
          value={signInName}
          onChange={setSignInName}
          maxLength={64}
          description="Small letters, digits, dots. It is never given to anybody else, also not later."
        />
        <RolesField value={roles} onChange={setRoles} />
        {needsReason && (
          <TextField
            label="Why one person is administrator and privacy officer"
            value={exception}
            onChange={setException}
            maxLength={500}
            description="Signed with your name. Possible in a practice of fewer than 25."
          />
        )}
      </div>
    </Dialog>
  )
}
