import type { Team, TeamState } from '@wardline/product/team/messages/client'
import { Banner } from '@wardline/ui'
import { alarmWords } from './alarm-words.ts'

type AlarmsProps = {
  team: Pick<Team, 'dismissAlarm'>
  alarms: TeamState['alarms']
  nameOf: (person: string) => string
}

/** What this device noticed that honest people and an honest server would not do, as bars over the page. */
export const Alarms = ({ team, alarms, nameOf }: AlarmsProps) => (
  <>
    {alarms.map((it) => (
      <Banner key={it.id} tone="danger" isBar title={alarmWords[it.kind].what} onDismiss={() => void team.dismissAlarm(it.id)}>
        {it.person !== null && <>It is about {nameOf(it.person)}. </>}
        {it.by !== null && <>Found by {nameOf(it.by)}. </>}
        {alarmWords[it.kind].next} <span className="wl-mono">({it.code})</span>
      </Banner>
    ))}
  </>
)
