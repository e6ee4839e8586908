import { FailedBanner } from '@wardline/product/access/sessions/web'
import { Actions, Button } from '@wardline/ui'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { steps } from '../contract.ts'
import type { Step } from '../contract.ts'
import { CeremonyStep, type HoldCeremony } from './CeremonyStep.tsx'
import { Checklist } from './Checklist.tsx'
import { OfficersStep } from './OfficersStep.tsx'
import { OrganisationStep } from './OrganisationStep.tsx'
import { PeopleStep } from './PeopleStep.tsx'
import { ConsentStep, OwnKeysStep, SignInStep } from './SmallSteps.tsx'
import { useMark, type Standing } from './standing.ts'
import { stepTitles } from './step-words.ts'
import { TextingStep } from './TextingStep.tsx'
import './first-run.css'

/** What stands around a step: a page of its own in the first run, a pane afterwards. */
export interface Surroundings {
  readonly title: string
  readonly subtitle: string
  readonly children: ReactNode
  /** All steps, to go to one. */
  readonly foot: ReactNode
}

type SetUpProps = {
  standing: Standing
  hold: HoldCeremony
  /** Opens the page on which one makes one's own keys. */
  onMakeKeys: () => void
  frame: (parts: Surroundings) => ReactNode
  /** Where to begin: at the first open step, or at the checklist. */
  begin: 'next' | 'checklist'
}

/** The steps of the set-up and its checklist. Where one is follows from the server: another browser, or this one reloaded, goes on there. */
export const SetUp = ({ standing, hold, onMakeKeys, frame, begin }: SetUpProps) => {
  // Null: wherever the server says. A step that one went to stays until it is done.
  const [chosen, setChosen] = useState<Step | 'checklist' | null>(begin === 'checklist' ? 'checklist' : null)
  const [held, setHeld] = useState(standing.next)
  const mark = useMark()
  const at = chosen ?? held ?? 'checklist'
  // One's own keys are made on a page of their own: whoever comes back from it goes on.
  const hasKeys = standing.items.some((it) => it.item === 'own-keys' && it.state === 'done')
  useEffect(() => {
    if (hasKeys) setHeld((before) => (before === 'own-keys' ? standing.next : before))
  }, [hasKeys, standing.next])
  const place = useRef<string>(at)
  useEffect(() => {
    if (place.current === at) return
    place.current = at
    document.querySelector<HTMLElement>('main h1, .wl-pane h1')?.focus()
  }, [at])
  const next = (after: Step) => {
    if (begin === 'checklist') return setChosen('checklist')
    // The answer of the server is on its way; until then the way is known.
    const open = steps.find((it) => it !== after && standing.items.some((item) => item.item === it && item.state === 'open'))
    setHeld(open ?? null)
    setChosen(null)
  }
  const go = (step: Step | 'checklist') => setChosen(step)
  const isOpen = at !== 'checklist' && standing.items.some((it) => it.item === at && it.state === 'open')
  const putOff = async (step: Step) => {
    if (await mark.set(step, 'later')) next(step)
  }
  const count = steps.length
  const title = at === 'checklist' ? 'What is still unsafe' : stepTitles[at]
  return frame({
    title,
    subtitle: at === 'checklist' ? standing.organisation.name : `Step ${steps.indexOf(at) + 1} of ${count}, ${standing.organisation.name}`,
    children: (
      <>
        <title>{`${title} · Wardline`}</title>
        {mark.failed && <FailedBanner failed={mark.failed} />}
        {at === 'checklist' ? (
          <Checklist standing={standing} onGo={go} />
        ) : (
          <StepBody key={at} step={at} standing={standing} hold={hold} onMakeKeys={onMakeKeys} onDone={() => next(at)} />
        )}
        {isOpen && (
          <Actions>
            <Button variant="quiet" isPending={mark.isPending} onPress={() => void putOff(at)}>
              Put this off; it stays in the checklist
            </Button>
          </Actions>
        )}
      </>
    ),
    foot: (
      <nav aria-label="Steps" className="first-run__steps">
        {([...steps, 'checklist'] as const).map((step) => (
          <Button
            key={step}
            size="small"
            variant="quiet"
            onPress={() => go(step)}
            {...(step === at ? { 'aria-current': 'step' as const } : {})}
          >
            {step === 'checklist' ? 'Checklist' : `${stepTitles[step]}${stateMark(standing, step)}`}
          </Button>
        ))}
      </nav>
    ),
  })
}

const stateMark = (standing: Standing, step: Step): string => {
  const state = standing.items.find((it) => it.item === step)?.state
  return state === 'done' ? ': done' : state === 'later' ? ': put off' : ''
}

type BodyProps = { step: Step; standing: Standing; hold: HoldCeremony; onMakeKeys: () => void; onDone: () => void }

const StepBody = ({ step, standing, hold, onMakeKeys, onDone }: BodyProps) => {
  const props = { standing, onDone }
  switch (step) {
    case 'sign-in':
      return <SignInStep {...props} />
    case 'organisation':
      return <OrganisationStep {...props} />
    case 'people':
      return <PeopleStep {...props} />
    case 'officers':
      return <OfficersStep {...props} />
    case 'archive-key':
      return <CeremonyStep {...props} hold={hold} />
    case 'own-keys':
      return <OwnKeysStep {...props} onMake={onMakeKeys} />
    case 'texting':
      return <TextingStep {...props} />
    case 'consent':
      return <ConsentStep {...props} />
  }
}
