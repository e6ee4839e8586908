import { FailedBanner, useAsk, useCalls } from '@wardline/product/access/sessions/web'
import { Avatar, Banner, Button, Skeleton, TaskPage } from '@wardline/ui'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { thisWorkstation, whoseBadge } from '../contract.ts'
import type { StationFlag } from './flag.ts'
import { PinForm, type Whose } from './PinForm.tsx'
import { nfcReader, useBadge } from './useBadge.ts'
import './workstations.css'

type LockScreenProps = {
  flag: StationFlag
  /** Somebody has come back by PIN. */
  onOpened: () => void
  /** Somebody wants to sign in with all they have. */
  onFull: () => void
  /** The server says that this is no shared workstation any more. */
  onRemoved: () => void
  /** What must be said first: that the one before is not signed out yet. */
  notice?: ReactNode
  banners?: ReactNode
}

/** A covered workstation: who can come back here, and nothing of anybody's work. */
export const LockScreen = ({ flag, onOpened, onFull, onRemoved, notice, banners }: LockScreenProps) => {
  const { quietly } = useCalls()
  const here = useAsk(thisWorkstation, {}, { pollMs: 30_000 })
  const [whose, setWhose] = useState<Whose>(null)
  const [step, setStep] = useState<'who' | 'pin' | 'name'>('who')
  const [problem, setProblem] = useState<{ what: string; next: string } | null>(null)
  const [isReading, setReading] = useState(false)
  const endReading = useRef<(() => void) | null>(null)
  const nfc = nfcReader()
  const isRemoved = here.error?.code === 'not-a-workstation'
  useEffect(() => {
    if (isRemoved) onRemoved()
  }, [isRemoved, onRemoved])
  useEffect(() => () => endReading.current?.(), [])

  const byBadge = async (badge: string) => {
    const result = await quietly(whoseBadge, { body: { badge } })
    if (!result.ok) {
      setStep('who')
      return setProblem(result)
    }
    setProblem(null)
    setWhose({ ...result.value, badge })
    setStep('pin')
  }
  useBadge((badge) => void byBadge(badge))
  const back = () => {
    setStep('who')
    setWhose(null)
    setProblem(null)
    void here.refetch()
  }
  const people = here.data?.people ?? []
  return (
    <TaskPage
      brand="Wardline"
      title={step === 'who' ? 'Who is here?' : whose === null ? 'Your name and PIN' : whose.name}
      subtitle={`${flag.name}, ${flag.organisation}`}
      banners={banners}
    >
      <title>Wardline</title>
      {notice}
      {step !== 'who' ? (
        <PinForm key={whose?.badge ?? whose?.person ?? ''} whose={whose} onOpened={onOpened} onBack={back} onFull={onFull} />
      ) : (
        <>
          {problem !== null && (
            <Banner tone="warning" title={problem.what} live="assertive">
              {problem.next}
            </Banner>
          )}
          {here.error && !isRemoved ? (
            <FailedBanner
              failed={{ ...here.error, next: 'Nobody can be opened here until the connection is back. Nothing of anybody is shown.' }}
              onRetry={() => void here.refetch()}
            />
          ) : here.data === undefined ? (
            <Skeleton label="People of this shift" lines={3} />
          ) : people.length > 0 ? (
            <ul className="station__people" aria-label="People of this shift">
              {people.map((it) => (
                <li key={it.person}>
                  <Button
                    isFullWidth
                    icon={<Avatar name={it.name} id={it.person} size={32} />}
                    onPress={() => {
                      setWhose(it)
                      setStep('pin')
                    }}
                  >
                    {it.name}
                  </Button>
                </li>
              ))}
            </ul>
          ) : (
            <p className="station__quiet">
              Nobody has begun a shift here. Sign in fully once; after that a PIN is enough until your shift ends.
            </p>
          )}
          <div className="station__ways">
            <Button variant={people.length === 0 ? 'primary' : 'secondary'} isFullWidth onPress={onFull}>
              {people.length === 0 ? 'Sign in fully' : 'I’m someone else: full sign-in'}
            </Button>
            <Button variant="quiet" isFullWidth onPress={() => setStep('name')}>
              My shift began elsewhere
            </Button>
            {nfc !== null && !isReading && (
              <Button
                variant="quiet"
                isFullWidth
                onPress={() =>
                  void nfc((badge) => void byBadge(badge)).then(
                    (end) => {
                      endReading.current = end
                      setReading(true)
                    },
                    () => setProblem({ what: 'This browser may not read badges.', next: 'Allow NFC for this page, or use your PIN.' }),
                  )
                }
              >
                Read badges with this phone
              </Button>
            )}
          </div>
        </>
      )}
    </TaskPage>
  )
}
