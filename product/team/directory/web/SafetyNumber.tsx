import { teamFailures, type Team } from '@wardline/product/team/messages/client'
import { Banner, Dialog, Prose, Skeleton } from '@wardline/ui'
import { useEffect, useState } from 'react'
import './directory.css'

type SafetyNumberProps = { team: Pick<Team, 'safetyNumber'>; person: string; name: string; onClose: () => void }

/** The 60 digits that two colleagues compare aloud, in groups of five. */
export const SafetyNumber = ({ team, person, name, onClose }: SafetyNumberProps) => {
  const [result, setResult] = useState<Awaited<ReturnType<Team['safetyNumber']>> | null>(null)
  useEffect(() => {
    let isOver = false
    void team.safetyNumber(person).then((it) => !isOver && setResult(it))
    return () => {
      isOver = true
    }
  }, [team, person])
  return (
    <Dialog title={`Safety number with ${name}`} isOpen onOpenChange={(isOpen) => !isOpen && onClose()} size="small">
      <Prose>
        <p>Compare these digits with {name}, face to face or by a call. If they are the same, nobody has put other keys in between.</p>
        {result === null ? (
          <Skeleton label="Computing the safety number" lines={4} />
        ) : result.ok ? (
          <p className="safety-number">
            {(result.value.digits.match(/\d{5}/g) ?? []).map((group, index) => (
              <span key={index}>{group} </span>
            ))}
          </p>
        ) : (
          <Banner tone="warning" title={teamFailures[result.code].what}>
            {teamFailures[result.code].next}
          </Banner>
        )}
      </Prose>
    </Dialog>
  )
}
