import { ssoFailures, finish } from '../contract.ts'
import type { GivesOf } from '@wardline/platform/contract'
import { useCalls } from '@wardline/product/access/sessions/web'
import { CodeStep } from '@wardline/product/access/sign-in/web'
import { Banner, Button, Facts, Spinner, TaskPage } from '@wardline/ui'
import { Suspense, useEffect, useState } from 'react'

/** What the provider sent the browser back with; taken out of the address before anything else is done. */
export interface Returned {
  readonly answer?: string
  readonly handover?: string
  readonly problem?: string
}

type Standing = { is: 'asking' } | { is: 'refused'; what: string; next: string } | { is: 'done'; value: GivesOf<typeof finish> }

// A page in development is drawn twice; what is good once must be asked once.
let asked: Promise<Standing> | null = null

/** The way back from the organisation's sign-in service: into a session, to our own second factor, or to where one linked or tested it. */
export const SsoReturn = ({ returned }: { returned: Returned }) => {
  const { call } = useCalls()
  const [standing, setStanding] = useState<Standing>({ is: 'asking' })
  useEffect(() => {
    const { problem, ...body } = returned
    const known = Object.entries(ssoFailures).find(([code]) => code === problem)?.[1]
    asked ??=
      problem === undefined
        ? call(finish, { body }).then((result) =>
            result.ok ? { is: 'done', value: result.value } : { is: 'refused', what: result.what, next: result.next },
          )
        : Promise.resolve({ is: 'refused', ...(known ?? ssoFailures['sso-failed']) } as const)
    void asked.then((now) => {
      if (now.is === 'done' && now.value.is === 'signed-in') location.replace('/')
      else setStanding(now)
    })
  }, [call, returned])
  return (
    <TaskPage brand="Wardline" title="Your organisation’s sign-in">
      <title>Your organisation’s sign-in · Wardline</title>
      {standing.is === 'asking' ? (
        <Spinner label="Signing in" />
      ) : standing.is === 'refused' ? (
        <>
          <Banner tone="danger" title={standing.what} live="assertive">
            {standing.next}
          </Banner>
          <Button variant="primary" isFullWidth onPress={() => location.replace('/')}>
            Back to the sign-in page
          </Button>
        </>
      ) : (
        <Done value={standing.value} />
      )}
    </TaskPage>
  )
}

const Done = ({ value }: { value: GivesOf<typeof finish> }) => {
  if (value.is === 'second-factor')
    return (
      <Suspense fallback={null}>
        <CodeStep ticket={value.ticket} onSignedIn={() => location.replace('/')} onBack={() => location.replace('/')} />
      </Suspense>
    )
  if (value.is === 'tested')
    return (
      <>
        <Banner tone="info" title="It works." live="polite">
          No session was begun by this.
        </Banner>
        <Facts
          facts={[
            { label: 'The provider’s name for you', value: value.trial.name === '' ? 'none' : value.trial.name },
            { label: 'How it says you proved yourself', value: value.trial.proof },
            { label: 'Two factors there', value: value.trial.secondFactor ? 'yes' : 'no: ours will be asked for' },
            { label: 'Linked to somebody here', value: value.trial.linkedTo === null ? 'no' : 'yes' },
          ]}
        />
        <Button variant="primary" isFullWidth onPress={() => location.replace('/admin/sign-in')}>
          Back to sign-in connections
        </Button>
      </>
    )
  return (
    <>
      <Banner tone="info" title="Linked." live="polite">
        From now on you can sign in with your organisation.
      </Banner>
      <Button variant="primary" isFullWidth onPress={() => location.replace('/settings')}>
        Back to settings
      </Button>
    </>
  )
}
