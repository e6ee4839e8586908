import { useQueryClient } from '@tanstack/react-query'
import { FailedBanner, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { bornText, patientName, useToday } from '@wardline/product/patients/roster/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { Banner, Button, ButtonLink, Pane, Skeleton } from '@wardline/ui'
import { useState, type ReactNode } from 'react'
import { askWho, getThread, reasonsSaid } from '../contract.ts'
import { TextLog } from './TextLog.tsx'
import { Waiting } from './Waiting.tsx'
import { useOlderTexts } from './older.ts'
import './texting.css'
import { threadTitle } from './threads.ts'

type SharedNumberProps = { thread: string; hrefOf: (patient: string) => string; onBack: () => void }

/** Texts of a number that several patients share, or that nobody on the roster has: first one finds out whom they are about. */
export const SharedNumber = ({ thread, hrefOf, onBack }: SharedNumberProps): ReactNode => {
  const queries = useQueryClient()
  const today = useToday()
  const { nameOf } = useColleagues()
  const it = useAsk(getThread, { params: { thread } }, { pollMs: 60_000 })
  const older = useOlderTexts(thread, it.data)
  const ask = useAct(askWho)
  const [id] = useState(() => crypto.randomUUID())
  const [said, setSaid] = useState<string | null>(null)
  if (it.error)
    return (
      <Pane title="Texts" onBack={onBack} backLabel="Back to the list">
        <title>Texts · Wardline</title>
        <FailedBanner failed={it.error} onRetry={() => void it.refetch()} />
      </Pane>
    )
  if (!it.data)
    return (
      <Pane title="Texts" onBack={onBack} backLabel="Back to the list">
        <title>Texts · Wardline</title>
        <Skeleton label="Opening the texts" lines={6} />
      </Pane>
    )
  const { candidates } = it.data
  const title = threadTitle(it.data)
  const who = async () => {
    const result = await ask.run({ params: { thread }, body: { text: id } })
    if (!result.ok) return
    const { decision } = result.value
    setSaid(
      decision.kind === 'send' || decision.kind === 'hold'
        ? 'The question goes out. The answer appears here.'
        : reasonsSaid(decision.reasons),
    )
    await queries.invalidateQueries()
  }
  return (
    <Pane title={title} onBack={onBack} backLabel="Back to the list" body="fixed">
      <title>Texts · Wardline</title>
      {it.data.waitingSince !== null && <Waiting thread={thread} />}
      <TextLog
        label={`Texts with the ${title}`}
        patient={`Number ending ${it.data.ending}`}
        texts={[...older.texts, ...it.data.texts]}
        isLoading={false}
        pending={null}
        nameOf={nameOf}
        onOlder={older.more}
      />
      <div className="texting-who">
        {ask.failed && <FailedBanner failed={ask.failed} />}
        {said !== null && (
          <Banner tone="info" live="polite">
            {said}
          </Banner>
        )}
        {candidates.length === 0 ? (
          <p>Nobody on the roster has this number. Add it to the right patient first, then answer there.</p>
        ) : (
          <>
            <p>Several patients share this number. Open the one it is about, or ask.</p>
            <div className="texting-who__choices">
              {candidates.map((one) => (
                <ButtonLink key={one.patient} size="small" href={hrefOf(one.patient)}>
                  {patientName(one)}, born {bornText(one.birthDate, today)}
                </ButtonLink>
              ))}
              <Button size="small" onPress={() => void who()} isPending={ask.isPending}>
                Ask whom it is about
              </Button>
            </div>
          </>
        )}
      </div>
    </Pane>
  )
}
