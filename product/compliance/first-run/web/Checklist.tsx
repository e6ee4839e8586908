import { FailedBanner, useAct } from '@wardline/product/access/sessions/web'
import { Actions, Badge, Banner, Button } from '@wardline/ui'
import { finishFirstRun } from '../contract.ts'
import type { Step } from '../contract.ts'
import { useLookAgain, type Standing } from './standing.ts'
import { itemWords, stepOf } from './step-words.ts'
import './first-run.css'

type ChecklistProps = { standing: Standing; onGo: (step: Step) => void }

/** What is still unsafe, as the server finds it, each with its one action; then what is so. */
export const Checklist = ({ standing, onGo }: ChecklistProps) => {
  const finish = useAct(finishFirstRun)
  const lookAgain = useLookAgain()
  const unsafe = standing.items.filter((it) => it.state !== 'done')
  const safe = standing.items.filter((it) => it.state === 'done')
  return (
    <>
      {finish.failed && <FailedBanner failed={finish.failed} />}
      {unsafe.length === 0 ? (
        <Banner tone="info" title="Nothing on this list is unsafe." />
      ) : (
        <Banner tone="warning" title={unsafe.length === 1 ? '1 thing is still unsafe.' : `${unsafe.length} things are still unsafe.`}>
          This list is found out from the system each time. It stays under Settings.
        </Banner>
      )}
      <ul className="first-run__items" aria-label="Checklist">
        {[...unsafe, ...safe].map(({ item, state }) => (
          <li key={item} className="first-run__item">
            <span className="first-run__words">
              <span className="first-run__title">
                <strong>{itemWords[item].title}</strong>
                <Badge tone={state === 'done' ? 'ok' : 'fail'}>
                  {state === 'done' ? 'Done' : state === 'later' ? 'Put off' : 'Unsafe'}
                </Badge>
              </span>
              {state !== 'done' && <span className="first-run__note">{itemWords[item].unsafe}</span>}
            </span>
            {state !== 'done' && (
              <Button size="small" aria-label={`${itemWords[item].act}: ${itemWords[item].title}`} onPress={() => onGo(stepOf(item))}>
                {itemWords[item].act}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {standing.begun && !standing.finished && (
        <Actions>
          <Button
            variant="primary"
            isPending={finish.isPending}
            onPress={() => void finish.run().then((result) => (result.ok ? lookAgain() : undefined))}
          >
            Open Wardline
          </Button>
        </Actions>
      )}
    </>
  )
}
