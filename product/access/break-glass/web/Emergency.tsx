import { useQueryClient } from '@tanstack/react-query'
import { useMay } from '@wardline/product/access/provisioning/web'
import { FailedBanner, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Banner, Button, ButtonLink, countdownText, Dialog, RadioGroup, TextArea, useNow } from '@wardline/ui'
import { useEffect, useState, type ReactNode } from 'react'
import { closeRecord, myOpenings, openRecord, reasonCodes, reasonWords, shortestExplanation } from '../contract.ts'
import type { ReasonCode } from '../contract.ts'

/** One's own emergency openings that last. */
export const useOpenings = () => {
  const { data } = useAsk(myOpenings, {}, { enabled: useMay('break-glass.open').yes, pollMs: 30_000 })
  return data?.openings ?? []
}

/** Over every screen while a record is open in an emergency: how long still, and the way to end it. */
export const EmergencyBars = ({ hrefOf }: { hrefOf: (patient: string) => string }) => {
  const openings = useOpenings()
  return openings.map((it) => <EmergencyBar key={it.opening} it={it} href={hrefOf(it.patient)} />)
}

type Opening = ReturnType<typeof useOpenings>[number]

const EmergencyBar = ({ it, href }: { it: Opening; href: string }) => {
  const now = useNow(1_000)
  const queries = useQueryClient()
  const close = useAct(closeRecord)
  const left = it.until - now
  const isOver = left <= 0
  useEffect(() => {
    // What was read under it leaves the page with it.
    if (isOver) void queries.resetQueries()
  }, [isOver, queries])
  if (isOver) return null
  const end = async () => {
    if ((await close.run({ params: { opening: it.opening }, body: {} })).ok) await queries.resetQueries()
  }
  return (
    <Banner
      tone="danger"
      isBar
      title={`Emergency access to a patient’s record: ${countdownText(left)} left.`}
      short={`Emergency: ${countdownText(left)}`}
      action={
        <>
          <ButtonLink size="small" href={href}>
            To the record
          </ButtonLink>
          <Button size="small" onPress={() => void end()} isPending={close.isPending}>
            Close it now
          </Button>
        </>
      }
    >
      The officers have been told, and everything you open is noted.
    </Banner>
  )
}

type EmergencyOfferProps = {
  patient: string
  says: string
  /** A lighter way in, offered first where there is one. */
  other?: ReactNode
}

/** Where a record is closed to somebody who may open it in an emergency. */
export const EmergencyOffer = ({ patient, says, other }: EmergencyOfferProps) => {
  const may = useMay('break-glass.open')
  const [isOpen, setOpen] = useState(false)
  if (!may.yes) return null
  return (
    <>
      <Banner
        tone="warning"
        title={says}
        action={
          <>
            {other}
            <Button size="small" onPress={() => setOpen(true)}>
              Open in an emergency
            </Button>
          </>
        }
      >
        In an emergency you can open it for an hour. The privacy officer is told at once.
      </Banner>
      {isOpen && <EmergencyDialog patient={patient} onClose={() => setOpen(false)} />}
    </>
  )
}

const EmergencyDialog = ({ patient, onClose }: { patient: string; onClose: () => void }) => {
  const queries = useQueryClient()
  const [opening] = useState(() => crypto.randomUUID())
  const [reason, setReason] = useState<ReasonCode | null>(null)
  const [explanation, setExplanation] = useState('')
  const open = useAct(openRecord)
  const isTold = explanation.trim().length >= shortestExplanation
  const submit = async () => {
    if (reason === null) return
    const result = await open.run({ body: { opening, patient, reason, explanation } })
    if (!result.ok) return
    await queries.resetQueries()
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(it) => !it && onClose()}
      title="Open this record in an emergency?"
      subtitle="For one hour, for you alone."
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="danger" onPress={() => void submit()} isPending={open.isPending} isDisabled={reason === null || !isTold}>
            Open the record for one hour
          </Button>
        </>
      }
    >
      {open.failed && <FailedBanner failed={open.failed} />}
      <p>
        The officers are told now, the care team tomorrow morning, and another officer reviews it. The patient can see role, unit and
        reason.
      </p>
      <RadioGroup
        label="Reason"
        value={reason}
        onChange={(it) => setReason(it as ReasonCode)}
        options={reasonCodes.map((id) => ({ id, label: reasonWords[id] }))}
      />
      <TextArea
        label="Why you need it now"
        description={`At least ${shortestExplanation} characters. Officers read it; the patient does not.`}
        value={explanation}
        onChange={setExplanation}
        limit={500}
      />
    </Dialog>
  )
}
