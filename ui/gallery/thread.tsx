import * as ui from '../index.ts'
import { ago, format, now } from './data.ts'

const at = (minutes: number) => <ui.TimeOfDay at={ago(minutes)} format={format} />

export const TeamMessages = () => (
  <>
    <ui.DaySeparator>{ui.dayText(ago(1500), now, format)}</ui.DaySeparator>
    <ui.Message author="Lee Kim" authorNote="RN, 4 West" time={at(1501)}>
      Mrs Rivera is back from the cath lab. Sheath is out, groin is soft, no hematoma.
    </ui.Message>
    <ui.Message author="Lee Kim" time={at(1499)} isContinued>
      Next check at 22:00.
    </ui.Message>
    <ui.LogEvent icon={<ui.CalendarIcon />} time={at(720)}>
      Dr Okafor took over cardiology on call from Dr Patel
    </ui.LogEvent>
    <ui.DaySeparator>{ui.dayText(now, now, format)}</ui.DaySeparator>
    <ui.Message author="Dr Chidi Okafor" authorNote="Cardiology on call" time={at(41)}>
      Thank you. Keep her on telemetry tonight, and please repeat troponin and potassium at 14:00.{'\n'}Call me if she has pain again.
    </ui.Message>
    <ui.NewSeparator />
    <ui.Message
      author="Lee Kim"
      authorNote="RN, 4 West"
      time={at(3)}
      tone="stat"
      badges={<ui.Badge tone="stat" />}
      marks={
        <ui.StateMark state={{ kind: 'delivered', count: 4, of: 4 }} onPress={() => {}}>
          , read 1, acknowledged 0
        </ui.StateMark>
      }
      actions={
        <>
          <ui.Button variant="primary">Acknowledge</ui.Button>
          <ui.Button>I cannot, pass on</ui.Button>
        </>
      }
    >
      Troponin 2.4, chest pain since 13:40, BP 92/58. ECG is in the chart.
    </ui.Message>
    <ui.Message author="Sam Osei" authorNote="You" time={at(2)} isOwn marks={<ui.StateMark state={{ kind: 'sent', at: '14:12' }} />}>
      I am two minutes away.
    </ui.Message>
    <ui.Message author="Sam Osei" time={at(1)} isOwn isContinued marks={<ui.StateMark state={{ kind: 'waiting' }} />}>
      Please call rapid response if the pressure drops further.
    </ui.Message>
  </>
)

export const PatientMessages = () => (
  <>
    <ui.DaySeparator>{ui.dayText(now, now, format)}</ui.DaySeparator>
    <ui.Message
      author="Maple Street Clinic"
      layout="bubble"
      isOwn
      tone="unsecure"
      time={at(95)}
      badges={<ui.Badge tone="unsecure">SMS</ui.Badge>}
      marks={<ui.StateMark state={{ kind: 'delivered', count: 1, of: 1 }} />}
    >
      You have an appointment on Thursday at 9:00. Reply C to confirm or M to move it.
    </ui.Message>
    <ui.Message author="RIVERA, Ana" layout="bubble" time={at(90)} tone="unsecure" badges={<ui.Badge tone="unsecure">SMS</ui.Badge>}>
      C, and is it ok to eat before?
    </ui.Message>
    <ui.Message
      author="Kim Admin"
      authorNote="Front desk"
      layout="bubble"
      isOwn
      tone="internal"
      time={at(60)}
      badges={
        <ui.Badge tone="routine" icon={ui.NoteIcon}>
          Staff only
        </ui.Badge>
      }
    >
      Fasting labs are on the order. Asked Dr Osei for the wording.
    </ui.Message>
    <ui.Message
      author="Maple Street Clinic"
      layout="bubble"
      isOwn
      time={at(10)}
      badges={<ui.Badge tone="secure">Secure link</ui.Badge>}
      marks={<ui.StateMark state={{ kind: 'not-sent', why: 'carrier refused' }} />}
      actions={<ui.Button size="small">Try again</ui.Button>}
    >
      Please do not eat or drink anything but water after midnight.
    </ui.Message>
  </>
)
