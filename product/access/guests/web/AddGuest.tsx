import { roleWords, type Role } from '@wardline/product/access/roles/preview'
import type { HandedCode } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import {
  Button,
  CheckboxGroup,
  Dialog,
  ErrorSummary,
  Form,
  RadioGroup,
  TextField,
  useNow,
  useTimeFormat,
  type FormProblem,
} from '@wardline/ui'
import { useState } from 'react'
import { addGuest } from '../contract.ts'
import { guestName, guestRoles, type GuestKind } from '../preview.ts'
import { endOf, lastDayOf } from './last-day.ts'

type Identity = 'seen-in-person' | 'employer-confirmed' | 'video-with-document'
const month = 30 * 86_400_000

/** Lets a person of another organisation in: who, until when, and how one made sure who they are. */
export const AddGuest = ({ onAdded, onClose }: { onAdded: (code: HandedCode) => void; onClose: () => void }) => {
  const { timeZone } = useTimeFormat()
  const now = useNow()
  const add = useAct(addGuest)
  const [it, setIt] = useState({ name: '', from: '', title: '', signInName: '', lastDay: lastDayOf(now + month, timeZone) })
  const [kind, setKind] = useState<GuestKind>('clinician')
  const [roles, setRoles] = useState<readonly Role[]>([])
  const [identity, setIdentity] = useState<Identity | ''>('')
  const [problems, setProblems] = useState<readonly FormProblem[]>([])
  const change = (part: Partial<typeof it>) => setIt((before) => ({ ...before, ...part }))
  const messageFor = (id: string) => problems.find((problem) => problem.fieldId === id)?.message
  const submit = async () => {
    const endsAt = endOf(it.lastDay, timeZone, now)
    const signInName = it.signInName.trim().toLowerCase()
    const wrong: FormProblem[] = [
      ...(it.name.trim() === '' ? [{ fieldId: 'guest-name', message: 'Enter the guest’s name.' }] : []),
      ...(it.from.trim() === '' ? [{ fieldId: 'guest-from', message: 'Enter where they come from.' }] : []),
      ...(/^[a-z0-9][a-z0-9._@+-]{1,63}$/.test(signInName)
        ? []
        : [{ fieldId: 'guest-sign-in', message: 'Enter a sign-in name of small letters, digits and dots.' }]),
      ...(roles.length === 0 ? [{ fieldId: 'guest-roles', message: 'Choose at least one role.' }] : []),
      ...(typeof endsAt === 'string' ? [{ fieldId: 'guest-last-day', message: endsAt }] : []),
      ...(identity === '' ? [{ fieldId: 'guest-identity', message: 'Say how you made sure who they are.' }] : []),
    ]
    setProblems(wrong)
    if (wrong.length > 0 || typeof endsAt === 'string' || identity === '') return
    const body = {
      name: it.name.trim(),
      from: it.from.trim(),
      title: it.title.trim(),
      signInName,
      kind,
      roles: [...roles],
      endsAt,
      identity,
    }
    const result = await add.run({ body })
    if (result.ok) onAdded({ name: guestName(body.name, body.from), ...result.value, waits: [] })
    else if (result.code === 'name-taken') setProblems([{ fieldId: 'guest-sign-in', message: result.what, next: result.next }])
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      isDismissable={it.name === '' && it.from === ''}
      title="Add a guest"
      subtitle="Somebody of another organisation, for a time."
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" isPending={add.isPending} onPress={() => void submit()}>
            Add the guest
          </Button>
        </>
      }
    >
      {add.failed && add.failed.code !== 'name-taken' && <FailedBanner failed={add.failed} />}
      <ErrorSummary problems={problems} />
      <Form label="Guest" onSubmit={() => void submit()}>
        <TextField
          id="guest-name"
          label="Name"
          value={it.name}
          onChange={(name) => change({ name })}
          maxLength={60}
          autoFocus
          errorMessage={messageFor('guest-name')}
        />
        <TextField
          id="guest-from"
          label="Comes from"
          description={`Part of the name that everybody sees: ${guestName(it.name.trim() || 'Dr. Kim', it.from.trim() || 'Elm Imaging')}.`}
          value={it.from}
          onChange={(from) => change({ from })}
          maxLength={40}
          errorMessage={messageFor('guest-from')}
        />
        <TextField label="Title" isOptional value={it.title} onChange={(title) => change({ title })} maxLength={120} />
        <TextField
          id="guest-sign-in"
          label="Sign-in name"
          description="Small letters, digits, dots. It is never given to anybody else, also not later."
          value={it.signInName}
          onChange={(name) => change({ signInName: name })}
          maxLength={64}
          autoComplete="off"
          errorMessage={messageFor('guest-sign-in')}
        />
        <RadioGroup
          label="What they are here for"
          value={kind}
          onChange={(id) => {
            const next: GuestKind = id === 'vendor' ? 'vendor' : 'clinician'
            setKind(next)
            setRoles(roles.filter((role) => guestRoles[next].includes(role)))
          }}
          options={[
            { id: 'clinician', label: 'They treat patients with us' },
            { id: 'vendor', label: 'They look after a system, or audit it', description: 'A vendor’s person does not reach patients.' },
          ]}
        />
        <div id="guest-roles">
          <CheckboxGroup
            label="Roles"
            description="No guest administers, also not later."
            value={[...roles]}
            onChange={(held) => setRoles(guestRoles[kind].filter((role) => held.includes(role)))}
            options={guestRoles[kind].map((role) => ({ id: role, label: roleWords[role] }))}
            errorMessage={messageFor('guest-roles')}
          />
        </div>
        <TextField
          id="guest-last-day"
          label="Last day"
          description="Year-month-day. Access ends by itself at the end of this day."
          value={it.lastDay}
          onChange={(lastDay) => change({ lastDay })}
          inputMode="numeric"
          isMono
          autoComplete="off"
          errorMessage={messageFor('guest-last-day')}
        />
        <div id="guest-identity">
          <RadioGroup
            label="How you made sure who they are"
            description="Recorded with your name."
            value={identity}
            onChange={(id) => setIdentity(id as Identity)}
            options={[
              { id: 'seen-in-person', label: 'I saw them and a document of theirs' },
              { id: 'video-with-document', label: 'I saw them by video with a document of theirs' },
              { id: 'employer-confirmed', label: 'Their employer confirmed it, called at a number that I knew' },
            ]}
            errorMessage={messageFor('guest-identity')}
          />
        </div>
      </Form>
    </Dialog>
  )
}
