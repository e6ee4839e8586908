import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useMay, useMe } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import {
  Badge,
  Banner,
  Button,
  DataTable,
  Dialog,
  EmptyState,
  fullTime,
  RadioGroup,
  SearchField,
  Skeleton,
  TextArea,
  TextField,
  useNow,
  useTimeFormat,
} from '@wardline/ui'
import { useState } from 'react'
import { approveChange, policyHistory, proposeChange, refuseChange, securityPolicy, settings, takeBackChange } from '../contract.ts'
import type { Setting } from '../contract.ts'
import { figureText, findSettings, isWeak, limitText } from '../preview.ts'
import './policies.css'

type Figure = GivesOf<typeof securityPolicy>['figures'][number]
type Proposed = GivesOf<typeof securityPolicy>['open'][number]
type Change = GivesOf<typeof policyHistory>['changes'][number]
type NameOf = (person: string) => string

const settingOf = (it: { setting: Figure['setting'] }): Setting => settings[it.setting]
const person = (nameOf: NameOf, id: string | null) => (id === null ? 'The server' : nameOf(id))
/** What counts, in words; `value` for another figure of the same setting. */
const words = (it: { setting: Figure['setting']; value: number }, value = it.value) => figureText(settingOf(it), value)
const day = 86_400_000
/** How long an exception lasts with which an earlier, weaker figure is asked for again, days. */
const takenBackFor = 90

const Weaker = ({ children }: { children: string }) => (
  <Banner tone="warning" title="Weaker than the floor.">
    {children} When that ends, the floor counts again by itself.
  </Banner>
)

/** The figures of the security policy under their headings: what counts, its default and limit, who changed it last; what is proposed; what was. */
export const SecurityPolicy = ({ nameOf }: { nameOf: NameOf }) => {
  const policy = useAsk(securityPolicy, {}, { pollMs: 60_000 })
  const [asked, setAsked] = useState('')
  const [changed, setChanged] = useState<Figure | null>(null)
  if (policy.error) return <FailedBanner failed={policy.error} onRetry={() => void policy.refetch()} />
  if (!policy.data) return <Skeleton label="Reading the policy" lines={8} shape="rows" />
  const { figures, open } = policy.data
  const groups = findSettings(asked).map(({ group, title, names }) => ({
    group,
    title,
    rows: names.flatMap((name) => figures.filter((it) => it.setting === name)),
  }))
  const found = groups.reduce((sum, it) => sum + it.rows.length, 0)
  return (
    <div className="policy">
      {open.map((it) => (
        <Proposal key={it.change} it={it} nameOf={nameOf} />
      ))}
      <div className="policy__find">
        <SearchField label="Find a setting" isLabelHidden={false} value={asked} onChange={setAsked} />
        <span className="policy__found" role="status">
          {asked.trim() !== '' && `${found} of ${figures.length} settings`}
        </span>
      </div>
      {groups.length === 0 && (
        <EmptyState title="No setting has these words">What a setting is, its choices and its reason are looked through.</EmptyState>
      )}
      {groups.map(({ group, title, rows }) => (
        <section key={group} className="policy__group">
          <h2>{title}</h2>
          <Figures title={title} rows={rows} nameOf={nameOf} onChange={setChanged} />
        </section>
      ))}
      <History nameOf={nameOf} />
      {changed && <ProposeDialog it={changed} onClose={() => setChanged(null)} />}
    </div>
  )
}

type FiguresProps = { title: string; rows: readonly Figure[]; nameOf: NameOf; onChange: (it: Figure) => void }

/** The settings under one heading. */
const Figures = ({ title, rows, nameOf, onChange }: FiguresProps) => {
  const format = useTimeFormat()
  const mayPropose = useMay('security-policy.propose').yes
  return (
    <DataTable
      caption={title}
      isCaptionHidden
      onPhones="stack"
      rows={rows}
      rowKey={(it) => it.setting}
      columns={[
        { id: 'says', title: 'Setting', isRowHeader: true, cell: (it) => settingOf(it).says },
        {
          id: 'value',
          title: 'Now',
          isNumber: true,
          cell: (it) => (
            <>
              <strong>{words(it)}</strong> {it.weak && <Badge tone="urgent">Exception</Badge>}
            </>
          ),
        },
        { id: 'default', title: 'Default', isNumber: true, cell: (it) => figureText(settingOf(it), settingOf(it).value) },
        { id: 'floor', title: 'Limit', isNumber: true, cell: (it) => limitText(settingOf(it)) },
        {
          id: 'last',
          title: 'Last change',
          cell: (it) =>
            it.last === null
              ? 'Never'
              : `${person(nameOf, it.last.proposedBy)} ${it.last.decidedBy === null ? 'alone' : `and ${nameOf(it.last.decidedBy)}`}, ${fullTime(it.last.decidedAt ?? 0, format)}`,
        },
        ...(mayPropose
          ? [
              {
                id: 'act',
                title: 'Change',
                isAct: true,
                cell: (it: Figure) => (
                  <Button size="small" aria-label={`Change: ${settingOf(it).says}`} onPress={() => onChange(it)}>
                    Change
                  </Button>
                ),
              },
            ]
          : []),
      ]}
    />
  )
}

const useChanged = () => {
  const queries = useQueryClient()
  return () => Promise.all([securityPolicy, policyHistory].map((it) => queries.invalidateQueries({ queryKey: keyOf(it) })))
}

/** A proposal that waits for a second person. */
const Proposal = ({ it, nameOf }: { it: Proposed; nameOf: NameOf }) => {
  const me = useMe()
  const format = useTimeFormat()
  const isApprover = useMay('security-policy.approve').yes && it.proposedBy !== me.person
  const mayRefuse = useMay('security-policy.propose').yes
  const changed = useChanged()
  const approve = useAct(approveChange)
  const refuse = useAct(refuseChange)
  const failed = approve.failed ?? refuse.failed
  const act = async (which: typeof approve | typeof refuse) => {
    if ((await which.run({ params: { change: it.change }, body: {} })).ok) await changed()
  }
  return (
    <>
      {failed && <FailedBanner failed={failed} />}
      <Banner
        tone="info"
        title={`${person(nameOf, it.proposedBy)} proposes: ${settingOf(it).says.toLowerCase()}, ${words(it)} instead of ${words(it, it.before)}.`}
        action={
          <>
            {isApprover && it.decidable === true && (
              <Button size="small" variant="primary" onPress={() => void act(approve)} isPending={approve.isPending}>
                Approve {words(it)}
              </Button>
            )}
            {mayRefuse && (
              <Button size="small" onPress={() => void act(refuse)} isPending={refuse.isPending}>
                {it.proposedBy === me.person ? 'Take it back' : 'Refuse'}
              </Button>
            )}
          </>
        }
      >
        “{it.reason}”{it.exceptionUntil !== null && ` Weaker than the floor, until ${fullTime(it.exceptionUntil, format)}.`}
        {` It waits until ${fullTime(it.expiresAt, format)}.`}
        {isApprover && it.decidable !== true && ` ${it.decidable}`}
      </Banner>
    </>
  )
}

/** Decided changes, newest first, each of which can be taken back. */
const History = ({ nameOf }: { nameOf: NameOf }) => {
  const format = useTimeFormat()
  const { data } = useAsk(policyHistory)
  const mayPropose = useMay('security-policy.propose').yes
  const [back, setBack] = useState<Change | null>(null)
  if (data === undefined || data.changes.length === 0) return null
  return (
    <>
      <DataTable
        caption="History"
        onPhones="stack"
        rows={data.changes}
        rowKey={(it) => it.change}
        columns={[
          { id: 'n', title: 'Version', isNumber: true, cell: (it) => it.version ?? it.state },
          {
            id: 'what',
            title: 'Setting',
            isRowHeader: true,
            cell: (it) => `${settingOf(it).says}: ${words(it, it.before)} → ${words(it)}`,
          },
          { id: 'why', title: 'Why', cell: (it) => it.reason },
          {
            id: 'who',
            title: 'Who',
            cell: (it) =>
              `${person(nameOf, it.proposedBy)}, ${it.state === 'expired' ? 'nobody decided within three days' : it.decidedBy === null ? 'with nobody to ask' : `decided by ${nameOf(it.decidedBy)}`}, ${fullTime(it.decidedAt ?? 0, format)}`,
          },
          ...(mayPropose
            ? [
                {
                  id: 'act',
                  title: 'Take back',
                  isAct: true,
                  cell: (it: Change) =>
                    it.version !== null && (
                      <Button size="small" aria-label={`Take back version ${it.version}`} onPress={() => setBack(it)}>
                        Take back
                      </Button>
                    ),
                },
              ]
            : []),
        ]}
      />
      {back && <TakeBackDialog it={back} onClose={() => setBack(null)} />}
    </>
  )
}

const ProposeDialog = ({ it, onClose }: { it: Figure; onClose: () => void }) => {
  const setting = settingOf(it)
  const now = useNow()
  const changed = useChanged()
  const [value, setValue] = useState(String(it.value))
  const [months, setMonths] = useState('3')
  const [reason, setReason] = useState('')
  const act = useAct(proposeChange)
  const figure = /^\d{1,5}$/.test(value.trim()) ? Number(value) : null
  const weak = figure !== null && isWeak(setting, figure)
  const submit = async () => {
    if (figure === null) return
    const exceptionUntil = weak ? { exceptionUntil: now + Math.min(12, Math.max(1, Number(months) || 1)) * 30 * day } : {}
    const result = await act.run({ body: { setting: it.setting, value: figure, reason, ...exceptionUntil } })
    if (!result.ok) return
    await changed()
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(open) => !open && onClose()}
      title={setting.choices === undefined ? 'Propose another figure' : 'Propose another choice'}
      subtitle={setting.says}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            variant="primary"
            onPress={() => void submit()}
            isPending={act.isPending}
            isDisabled={figure === null || reason.trim().length < 10}
          >
            Propose it
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      <p>{setting.why}</p>
      {setting.choices === undefined ? (
        <TextField
          label={`New figure, ${setting.unit}`}
          inputMode="numeric"
          value={value}
          onChange={setValue}
          description={`From ${setting.least} to ${setting.most}. Default ${setting.value}, floor ${setting.weaker === 'above' ? 'at most' : 'at least'} ${setting.floor}.`}
        />
      ) : (
        <RadioGroup
          label="New choice"
          value={value}
          onChange={setValue}
          options={setting.choices.map((label, i) => ({ id: `${i}`, label }))}
        />
      )}
      {weak && (
        <>
          <Weaker>Who approves it signs an exception.</Weaker>
          <TextField
            label="Months of the exception"
            inputMode="numeric"
            value={months}
            onChange={setMonths}
            description="At most twelve."
          />
        </>
      )}
      <TextArea
        label="Why"
        value={reason}
        onChange={setReason}
        limit={500}
        description={`At least ten characters. A second person reads it and decides.${weak ? '' : ' Where there is nobody to ask it counts at once.'}`}
      />
    </Dialog>
  )
}

const TakeBackDialog = ({ it, onClose }: { it: Change; onClose: () => void }) => {
  const setting = settingOf(it)
  const now = useNow()
  const changed = useChanged()
  const [reason, setReason] = useState('')
  const act = useAct(takeBackChange)
  const weak = isWeak(setting, it.before)
  const submit = async () => {
    const body = { reason, ...(weak ? { exceptionUntil: now + takenBackFor * day } : {}) }
    if (!(await act.run({ params: { change: it.change }, body })).ok) return
    await changed()
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(open) => !open && onClose()}
      title={`Propose ${words(it, it.before)} again`}
      subtitle={setting.says}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={act.isPending} isDisabled={reason.trim().length < 10}>
            Propose it
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      {weak && <Weaker>{`Who approves it signs an exception of ${takenBackFor} days.`}</Weaker>}
      <TextArea
        label="Why"
        value={reason}
        onChange={setReason}
        limit={500}
        description={`At least ten characters. A second person reads it and decides.${weak ? '' : ' Where there is nobody to ask it counts at once.'}`}
      />
    </Dialog>
  )
}
