import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { keyOf, useAsk, useCalls } from '@wardline/product/access/sessions/web'
import { Banner, fullTime, TextLink, useTimeFormat } from '@wardline/ui'
import { notices, readNotice } from '../contract.ts'
import { NotMe } from './NotMe.tsx'

type Notice = GivesOf<typeof notices>['notices'][number]

/** What happened, as a sentence. */
export const noticeWords: Readonly<Record<Notice['what'], string>> = {
  'passkey-added': 'A passkey was added.',
  'passkey-removed': 'A passkey was removed.',
  'passkey-copied': 'A passkey was disabled: there is a copy of it.',
  'recovery-codes-made': 'New recovery codes were made.',
  'recovery-code-used': 'A recovery code was used to sign in.',
  'authenticator-replaced': 'The authenticator was replaced.',
  'enrolment-issued': 'A new one-time code was issued.',
  'enrolment-used': 'The sign-in was set up anew by an one-time code.',
  'enrolment-stopped': 'A new one-time code was stopped.',
  'enrolment-approved': 'A second person agreed that a new one-time code counts at once.',
  'enrolment-at-server': 'A new one-time code was made at the server’s machine.',
  'password-guessed':
    'Somebody guessed at the password from unknown browsers. Those are turned away until the next sign-in in a known one.',
  'device-lost': 'A device was reported as lost.',
  'roles-changed': 'The roles were changed.',
  'sso-exemption-used': 'Signed in without the organisation’s provider, as an exempt administrator may.',
  'signed-in-anew': 'Somebody signed in from a browser that was not known.',
  'identity-asked': 'A new identity for messages was asked for.',
  'identity-signed': 'An administrator signed a new identity for messages.',
  'identity-confirmed': 'A second administrator signed a new identity for messages.',
  'identity-stopped': 'A new identity for messages was stopped.',
  'identity-replaced': 'A new identity for messages is in use; every earlier device is cut off.',
  'badge-registered': 'A badge for shared workstations was registered.',
  'badge-revoked': 'A badge for shared workstations was revoked.',
}

/** The newest thing that changed about how one signs in; for officers, how anybody does. `href`: where all that concerns oneself stands. */
export const Notices = ({ href, settings }: { href?: string; settings: string }) => {
  const open = useAsk(notices, {}, { pollMs: 60_000 })
  const queries = useQueryClient()
  const { call } = useCalls()
  const format = useTimeFormat()
  const all = open.data?.notices ?? []
  const [newest] = all
  if (newest === undefined) return null
  const read = async () => {
    await call(readNotice, { params: { notice: newest.id } })
    await queries.invalidateQueries({ queryKey: keyOf(notices) })
  }
  return (
    <Banner
      tone="info"
      isBar
      title={`${newest.mine ? 'Your sign-in' : newest.name}: ${noticeWords[newest.what]}`}
      {...(newest.mine ? { short: noticeWords[newest.what] } : {})}
      onDismiss={() => void read()}
      action={newest.mine && newest.what === 'signed-in-anew' && <NotMe settings={settings} />}
    >
      {fullTime(newest.at, format)}
      {newest.mine ? '. If it was not you, tell your administrator at once.' : '.'}
      {all.length > 1 && ` ${all.length - 1} more.`}
      {newest.mine && href !== undefined && (
        <>
          {' '}
          <TextLink href={href}>All about you</TextLink>
        </>
      )}
    </Banner>
  )
}
