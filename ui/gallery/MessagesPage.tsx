import { useState } from 'react'
import * as ui from '../index.ts'
import { PatientMessages, TeamMessages } from './thread.tsx'

const audiences = ['team', 'secure', 'unsecure', 'internal'] as const

const Writing = ({ audience }: { audience: (typeof audiences)[number] }) => {
  const [text, setText] = useState(audience === 'unsecure' ? 'Your result is back.\nPlease call us.' : '')
  const isSms = audience === 'unsecure'
  return (
    <div className="gallery__box">
      <ui.Composer
        label={`Message, ${audience}`}
        value={text}
        onChange={setText}
        onSend={() => setText('')}
        audience={audience}
        sendLabel={isSms ? 'Send SMS to mobile ending 4417' : audience === 'internal' ? 'Add note' : 'Send'}
        disabledReason={isSms ? 'This text may name a result. Remove it or send a secure link.' : undefined}
        strip={
          isSms ? (
            <>
              <ui.Badge tone="unsecure" /> Reminders allowed, results not.
            </>
          ) : audience === 'internal' ? (
            <>
              <ui.Badge tone="routine" icon={ui.NoteIcon}>
                Staff only
              </ui.Badge>
              The patient never sees this.
            </>
          ) : (
            <>
              <ui.Badge tone="secure" /> Cardiology on call: Dr Okafor until 19:00
            </>
          )
        }
        tools={
          <>
            <ui.IconButton label="Attach a file">
              <ui.AttachIcon />
            </ui.IconButton>
            <ui.IconButton label="Template" keys="T">
              <ui.NoteIcon />
            </ui.IconButton>
          </>
        }
      />
    </div>
  )
}

export const MessagesPage = () => (
  <main className="gallery">
    <h1>Conversations</h1>
    <section className="gallery__section">
      <h2>Colleagues</h2>
      <div className="gallery__box gallery__box--log">
        <ui.MessageLog label="Messages about RIVERA, Ana" newestKey="8">
          <TeamMessages />
        </ui.MessageLog>
      </div>
    </section>
    <section className="gallery__section">
      <h2>Practice and patient</h2>
      <div className="gallery__box gallery__box--log">
        <ui.MessageLog label="Messages with RIVERA, Ana" newestKey="4">
          <PatientMessages />
        </ui.MessageLog>
      </div>
    </section>
    <section className="gallery__section">
      <h2>Composers</h2>
      <div className="gallery__stack">
        {audiences.map((audience) => (
          <Writing key={audience} audience={audience} />
        ))}
      </div>
    </section>
  </main>
)
