import { lazy, Suspense, useState, type ReactNode } from 'react'
import type { Place } from '@wardline/product/access/sessions/web'
import { Button, TaskPage } from '@wardline/ui'
import type { GivesOf } from '@wardline/platform/contract'
import type { signIn } from '../contract.ts'
import { lastPlace } from './last-place.ts'
import { PasswordStep } from './PasswordStep.tsx'
import type { Session } from './session.ts'

// The first page is a name and a password; the rest comes when it is needed.
const CodeStep = lazy(async () => ({ default: (await import('./CodeStep.tsx')).CodeStep }))
const EnrolSteps = lazy(async () => ({ default: (await import('./EnrolSteps.tsx')).EnrolSteps }))

type Ticket = GivesOf<typeof signIn>['ticket']
type Step = { at: 'password'; notice?: string } | { at: 'code'; ticket: Ticket } | { at: 'enrol' }

type SignInProps = {
  onSignedIn: (session: Session) => void
  /** Signing in without name and password: the application puts the passkey's button here. */
  passkey?: (place: Place) => ReactNode
  /** Why one is here again: "Your session has ended. What you were writing is kept." */
  notice?: ReactNode
  banners?: ReactNode
}

/** Signing in: by passkey, or by name and password and then the authenticator's code; or the first sign-in with a one-time code. */
export const SignIn = ({ onSignedIn, passkey, notice, banners }: SignInProps) => {
  const [step, setStep] = useState<Step>({ at: 'password' })
  const isEnrolment = step.at === 'enrol'
  return (
    <TaskPage
      brand="Wardline"
      title={isEnrolment ? 'Set up your sign-in' : 'Sign in'}
      banners={banners}
      foot={
        <Button variant="quiet" size="small" onPress={() => setStep({ at: isEnrolment ? 'password' : 'enrol' })}>
          {isEnrolment ? 'Back to signing in' : 'I have a one-time code from my administrator'}
        </Button>
      }
    >
      {notice}
      <Suspense fallback={null}>
        {step.at === 'password' ? (
          <>
            {passkey?.(lastPlace())}
            <PasswordStep notice={step.notice} onTicket={(ticket) => setStep({ at: 'code', ticket })} />
          </>
        ) : step.at === 'code' ? (
          <CodeStep
            ticket={step.ticket}
            onSignedIn={onSignedIn}
            onBack={(why) => setStep({ at: 'password', ...(why === undefined ? {} : { notice: why }) })}
          />
        ) : (
          <EnrolSteps onSignedIn={onSignedIn} />
        )}
      </Suspense>
    </TaskPage>
  )
}
