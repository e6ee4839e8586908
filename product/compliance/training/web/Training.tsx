import { useQueryClient } from '@tanstack/react-query'
import type { GivesOf } from '@wardline/platform/contract'
import { useMay } from '@wardline/product/access/provisioning/web'
import { FailedBanner, keyOf, useAct, useAsk } from '@wardline/product/access/sessions/web'
import { Badge, Button, DataTable, Dialog, Panel, Skeleton, TextField, useNow, useTimeFormat } from '@wardline/ui'
import { useState } from 'react'
import { listTraining, ownTraining, recordTraining, requireTraining, trainingNames, trainings, type Training as Name } from '../contract.ts'
import { dayOf, stateWords } from './words.ts'

type Person = GivesOf<typeof listTraining>['people'][number]
type Line = Person['trainings'][number] & { readonly person: string; readonly name: string }

const worst = { 'held-back': 0, overdue: 1, soon: 2, open: 3, done: 4 } as const

/** For officers: what is asked for, and who has done it, who is late first. */
export const Training = () => {
  const page = useAsk(listTraining, {}, { pollMs: 60_000 })
  const format = useTimeFormat()
  const maySet = useMay('training.set').yes
  const mayRecord = useMay('training.record').yes
  const [asked, setAsked] = useState<Name | null>(null)
  const [line, setLine] = useState<Line | null>(null)
  if (page.error) return <FailedBanner failed={page.error} onRetry={() => void page.refetch()} />
  if (!page.data) return <Skeleton label="Reading the trainings" lines={8} shape="rows" />
  const { required, people } = page.data
  const lines = people
    .flatMap(({ person, name, trainings: of }): Line[] => of.map((it) => ({ ...it, person, name })))
    .toSorted((a, b) => worst[a.state] - worst[b.state] || a.due - b.due || a.name.localeCompare(b.name))
  const inForce = (name: Name) => required.find((it) => it.training === name)
  return (
    <>
      <Panel title="What is asked for">
        <DataTable
          caption="Trainings"
          isCaptionHidden
          rows={trainingNames}
          rowKey={(it) => it}
          columns={[
            { id: 'training', title: 'Training', isRowHeader: true, cell: (it) => trainings[it].says },
            {
              id: 'version',
              title: 'Version',
              cell: (it) => {
                const now = inForce(it)
                return now === undefined ? 'Not asked for' : `${now.version}, since ${dayOf(now.since, format)}`
              },
            },
            ...(maySet
              ? [
                  {
                    id: 'act',
                    title: 'Change',
                    isAct: true,
                    cell: (it: Name) => (
                      <Button
                        size="small"
                        aria-label={`${inForce(it) === undefined ? 'Ask for it' : 'Change'}: ${trainings[it].says}`}
                        onPress={() => setAsked(it)}
                      >
                        {inForce(it) === undefined ? 'Ask for it' : 'Change'}
                      </Button>
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Panel>
      <Panel title="Who has done it">
        {lines.length === 0 ? (
          <p>Nothing is asked of anybody yet. HIPAA wants everybody trained who works here (45 CFR 164.530(b)).</p>
        ) : (
          <DataTable
            caption="People and their trainings"
            isCaptionHidden
            rows={lines}
            rowKey={(it) => `${it.person} ${it.training}`}
            columns={[
              { id: 'person', title: 'Person', isRowHeader: true, cell: (it) => it.name },
              { id: 'training', title: 'Training', cell: (it) => trainings[it.training].says },
              { id: 'state', title: 'State', cell: (it) => <Badge tone={stateWords[it.state].tone}>{stateWords[it.state].says}</Badge> },
              { id: 'due', title: 'Due', cell: (it) => dayOf(it.due, format) },
              { id: 'done', title: 'Last done', cell: (it) => (it.done === null ? 'Never' : `${it.done.on}, ${it.done.version}`) },
              ...(mayRecord
                ? [
                    {
                      id: 'act',
                      title: 'Record',
                      isAct: true,
                      cell: (it: Line) => (
                        <Button
                          size="small"
                          aria-label={`Record it: ${it.name}, ${trainings[it.training].says}`}
                          onPress={() => setLine(it)}
                        >
                          Record it
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Panel>
      {asked && <AskDialog training={asked} version={inForce(asked)?.version ?? null} onClose={() => setAsked(null)} />}
      {line && <RecordDialog line={line} onClose={() => setLine(null)} />}
    </>
  )
}

const useAgain = () => {
  const queries = useQueryClient()
  return () => Promise.all([listTraining, ownTraining].map((it) => queries.invalidateQueries({ queryKey: keyOf(it) })))
}

const AskDialog = ({ training, version, onClose }: { training: Name; version: string | null; onClose: () => void }) => {
  const again = useAgain()
  const act = useAct(requireTraining)
  const [typed, setTyped] = useState(version ?? '')
  const submit = async (to: string | null) => {
    if (!(await act.run({ body: { training, version: to } })).ok) return
    await again()
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(it) => !it && onClose()}
      title={trainings[training].says}
      subtitle="A new version is asked of everybody again whose work needs it."
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          {version !== null && (
            <Button variant="danger" onPress={() => void submit(null)} isPending={act.isPending}>
              No longer ask for it
            </Button>
          )}
          <Button
            variant="primary"
            onPress={() => void submit(typed.trim())}
            isPending={act.isPending}
            isDisabled={typed.trim() === '' || typed.trim() === version}
          >
            Ask for it
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      <TextField
        label="Version"
        description="What you call this edition, for instance 2026."
        value={typed}
        onChange={setTyped}
        maxLength={40}
      />
    </Dialog>
  )
}

const RecordDialog = ({ line, onClose }: { line: Line; onClose: () => void }) => {
  const again = useAgain()
  const act = useAct(recordTraining)
  const { timeZone } = useTimeFormat()
  const now = useNow()
  const [completion] = useState(() => crypto.randomUUID())
  const [on, setOn] = useState(() => new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(now))
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(on.trim()) && !Number.isNaN(Date.parse(on.trim()))
  const submit = async () => {
    const { person, training, version } = line
    if (!(await act.run({ body: { completion, person, training, version, on: on.trim() } })).ok) return
    await again()
    onClose()
  }
  return (
    <Dialog
      isOpen
      onOpenChange={(it) => !it && onClose()}
      title={`${line.name} has done a training`}
      subtitle={`${trainings[line.training].says}, version ${line.version}`}
      actions={
        <>
          <Button onPress={onClose}>Cancel</Button>
          <Button variant="primary" onPress={() => void submit()} isPending={act.isPending} isDisabled={!isDay}>
            Record it
          </Button>
        </>
      }
    >
      {act.failed && <FailedBanner failed={act.failed} />}
      <p>It is recorded in your name and stays.</p>
      <TextField label="Day" description="Year-month-day, for example 2026-03-10." value={on} onChange={setOn} isMono />
    </Dialog>
  )
}
