import { useState, type ReactNode } from 'react'
import * as ui from '../index.ts'
import { ago, commands, format, now, roles, units } from './data.ts'
import { FieldsSection } from './FieldsSection.tsx'

const { Button, IconButton, Badge, StateMark, Banner, Avatar } = ui

export const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="gallery__section">
    <h2>{title}</h2>
    {children}
  </section>
)

const variants = ['primary', 'secondary', 'quiet', 'danger'] as const
const tones: readonly ui.Tone[] = ['stat', 'urgent', 'routine', 'secure', 'unsecure', 'expired', 'ok', 'fail', 'pending']
const states: readonly ui.DeliveryState[] = [
  { kind: 'waiting' },
  { kind: 'sending' },
  { kind: 'sent', at: '14:02' },
  { kind: 'delivered', count: 3, of: 4 },
  { kind: 'read', count: 1, of: 4 },
  { kind: 'acknowledged', by: 'Dr Okafor', at: '14:03' },
  { kind: 'not-sent', why: 'number not in service' },
  { kind: 'unknown' },
  { kind: 'expired' },
  { kind: 'disputed' },
]

const Actions = () => (
  <Section title="Buttons">
    <div className="gallery__row">
      {variants.map((variant) => (
        <Button key={variant} variant={variant}>
          {variant === 'danger' ? 'Wipe Ana’s phone' : 'Send message'}
        </Button>
      ))}
      <Button variant="primary" icon={<ui.SendIcon />} keys="Mod+Enter">
        Send
      </Button>
      <Button icon={<ui.PlusIcon />} keys="C">
        New message
      </Button>
      <ui.ButtonLink href="#there">A link as button</ui.ButtonLink>
    </div>
    <div className="gallery__row">
      {variants.map((variant) => (
        <Button key={variant} variant={variant} size="small">
          Small {variant}
        </Button>
      ))}
    </div>
    <div className="gallery__row">
      {variants.map((variant) => (
        <Button key={variant} variant={variant} isPending pendingLabel="Sending">
          Send message
        </Button>
      ))}
    </div>
    <div className="gallery__row">
      <Button variant="primary" disabledReason="No consent for texts. Send a secure link instead.">
        Send SMS
      </Button>
      <Button isDisabled>Disabled</Button>
      <Button variant="quiet" disabledReason="Nothing to undo.">
        Undo
      </Button>
    </div>
    <div className="gallery__row">
      <IconButton label="Search" keys="/">
        <ui.SearchIcon />
      </IconButton>
      <IconButton label="Side pane" isPressed>
        <ui.PaneIcon />
      </IconButton>
      <IconButton label="Call" variant="secondary">
        <ui.PhoneIcon />
      </IconButton>
      <IconButton label="More" size="small">
        <ui.DotsIcon />
      </IconButton>
      <IconButton label="Archive" disabledReason="A legal hold is open on this thread.">
        <ui.ArchiveIcon />
      </IconButton>
      <ui.KeyHint keys="Mod+K" />
      <ui.KeyHint keys="G I" />
      <ui.TextLink href="#there">A link in text</ui.TextLink>
    </div>
  </Section>
)

const Overlays = () => {
  const [isPaletteOpen, setPaletteOpen] = useState(false)
  return (
    <Section title="Dialogs, menus, palette">
      <div className="gallery__row">
        <ui.DialogTrigger>
          <Button>Open dialog</Button>
          <ui.Dialog
            title="New message"
            subtitle="Recipients see the role you write as."
            actions={(close) => (
              <>
                <Button onPress={close}>Cancel</Button>
                <Button variant="primary" onPress={close}>
                  Open conversation
                </Button>
              </>
            )}
          >
            <ui.ComboBox label="To" options={roles} placeholder="Role or person" />
            <ui.RadioGroup
              label="Priority"
              defaultValue="routine"
              options={[
                { id: 'routine', label: 'Routine' },
                { id: 'urgent', label: 'Urgent', description: 'Rings until it is read.' },
                { id: 'stat', label: 'STAT', description: 'Escalates until someone acknowledges.' },
              ]}
            />
          </ui.Dialog>
        </ui.DialogTrigger>
        <ui.DialogTrigger>
          <Button>Open alert</Button>
          <ui.AlertDialog
            title="Wipe Ana Rivera’s phone?"
            actionLabel="Wipe Ana Rivera’s phone"
            typedConfirmation="wipe"
            onAction={() => {}}
          >
            <p>Its keys and messages are erased the next time it connects. This cannot be undone.</p>
          </ui.AlertDialog>
        </ui.DialogTrigger>
        <ui.Menu label="Thread actions" trigger={<Button icon={<ui.DotsIcon />}>Open menu</Button>}>
          <ui.MenuItem id="done" icon={<ui.CheckIcon />} keys="E">
            Done
          </ui.MenuItem>
          <ui.MenuItem id="snooze" icon={<ui.ClockIcon />} keys="S">
            Snooze
          </ui.MenuItem>
          <ui.MenuItem id="hold" icon={<ui.ArchiveIcon />} isDisabled description="A legal hold is open.">
            Archive
          </ui.MenuItem>
          <ui.MenuSection title="Density" selection={{ mode: 'single', ids: ['normal'], onChange: () => {} }}>
            <ui.MenuItem id="normal">Normal</ui.MenuItem>
            <ui.MenuItem id="compact">Compact</ui.MenuItem>
          </ui.MenuSection>
          <ui.MenuSeparator />
          <ui.MenuItem id="leave" tone="danger" icon={<ui.SignOutIcon />}>
            Leave conversation
          </ui.MenuItem>
        </ui.Menu>
        <Button onPress={() => setPaletteOpen(true)} keys="Mod+K">
          Open palette
        </Button>
        <ui.CommandPalette isOpen={isPaletteOpen} onOpenChange={setPaletteOpen} commands={commands} onAction={() => {}} />
      </div>
      <ui.Tabs
        label="Details"
        items={[
          { id: 'people', label: 'People and receipts', count: 4, countWords: '4 people', content: <p>Panel of people.</p> },
          { id: 'escalation', label: 'Escalation', content: <p>Panel of steps.</p> },
          { id: 'files', label: 'Files', content: <p>Panel of files.</p> },
          { id: 'audit', label: 'Audit', isDisabled: true, content: null },
        ]}
      />
      <ui.Tabs
        label="Filters"
        look="filter"
        items={[
          { id: 'needs', label: 'Needs me', count: 3, countWords: '3 need you', content: null },
          { id: 'mine', label: 'Mine', content: null },
          { id: 'patients', label: 'Patients', content: null },
          { id: 'snoozed', label: 'Snoozed', content: null },
        ]}
      />
    </Section>
  )
}

const Feedback = () => (
  <Section title="Meaning: badges, states, banners">
    <div className="gallery__row">
      {tones.map((tone) => (
        <Badge key={tone} tone={tone} />
      ))}
      <Badge tone="unsecure" icon={ui.PhoneIcon}>
        Call, not secure
      </Badge>
      <ui.CountMark count={3} words="3 unread" />
      <ui.CountMark count={120} words="120 unread" tone="accent" />
      <ui.CountMark count={1} words="1 STAT" tone="stat" />
    </div>
    <div className="gallery__row">
      {states.map((state) => (
        <StateMark key={state.kind} state={state} />
      ))}
      <StateMark state={{ kind: 'delivered', count: 4, of: 4 }} onPress={() => {}}>
        , read 1, acknowledged 0
      </StateMark>
    </div>
    <div className="gallery__row">
      <ui.ConnectionChip state={{ kind: 'online' }} />
      <ui.ConnectionChip state={{ kind: 'connecting' }} />
      <ui.ConnectionChip state={{ kind: 'offline', queued: 3 }} />
      <ui.ConnectionChip state={{ kind: 'as-of', at: '14:02:10' }} onPress={() => {}} />
    </div>
    <div className="gallery__stack">
      <Banner tone="info" title="You are covering cardiology until 19:00." action={<Button size="small">Hand over</Button>} />
      <Banner tone="demo" title="Demo." onDismiss={() => {}}>
        Nothing here reaches a real phone.
      </Banner>
      <Banner tone="warning" title="Similar name:" action={<Button size="small">Compare</Button>}>
        RIVERA, Anna, born 14-Jul-1987, is on the same unit.
      </Banner>
      <Banner tone="danger" title="STAT not delivered after 15 s." action={<Button size="small">Call 555-0142</Button>}>
        Dr Okafor’s phone has not answered.
      </Banner>
      <Banner tone="warning" isBar title="Continuity mode." live="polite">
        The database does not answer. What you see is as of 14:02:10; what you send waits.
      </Banner>
    </div>
    <div className="gallery__columns">
      <div className="gallery__box">
        <ui.EmptyState icon={ui.InboxIcon} title="Nothing waits for you" action={<Button size="small">New message</Button>}>
          Everything is read and acknowledged. Next hand-off 19:00.
        </ui.EmptyState>
      </div>
      <div className="gallery__stack">
        <ui.ProgressBar label="Sending" value={412} max={600} valueText="412 of 600 texts" />
        <ui.ProgressBar label="Verifying the chain" />
        <ui.Skeleton label="Loading the conversation" />
        <ui.Spinner label="Loading" size={20} />
      </div>
      <div className="gallery__row">
        {['Ana Rivera', 'Dr Chidi Okafor', 'Lee Kim', 'Mara Lindqvist', 'Jo Mbeki', 'Priya Patel', 'Sam Osei'].map((name) => (
          <Avatar key={name} name={name} />
        ))}
        <Avatar name="Cardiology on call" shape="role" />
        <Avatar name="Ana Rivera" size={20} />
        <Avatar name="Ana Rivera" size={24} />
        <Avatar name="Ana Rivera" size={40} />
        <Avatar name="Emergency Department" shape="role" size={40} />
      </div>
    </div>
  </Section>
)

const Lists = () => (
  <Section title="Lists, facts, tables">
    <div className="gallery__columns">
      {(['normal', 'compact'] as const).map((density) => (
        <div key={density} className="gallery__box gallery__box--list">
          <ui.List label={`Inbox, ${density}`} density={density}>
            <ui.ListRow
              href="#1"
              title="Cardiology on call"
              subtitle="RIVERA A."
              preview="Troponin 2.4, chest pain since 13:40, ECG is up"
              age={<ui.Age at={ago(0.4)} now={now} format={format} />}
              leading={<Avatar name="Cardiology on call" shape="role" />}
              badges={<Badge tone="stat" />}
              isUnread
            />
            <ui.ListRow
              href="#2"
              title="Dr Mara Lindqvist"
              preview="Can go home after the film, I will sign"
              age={<ui.Age at={ago(14)} now={now} format={format} />}
              leading={<Avatar name="Mara Lindqvist" />}
              badges={<Badge tone="urgent" />}
              isCurrent
            />
            <ui.ListRow
              href="#3"
              title="RIVERA, Ana"
              subtitle="0147"
              preview="Ok, I will be there at nine"
              age={<ui.Age at={ago(190)} now={now} format={format} />}
              leading={<Avatar name="RIVERA, Ana" />}
              badges={<Badge tone="unsecure">SMS</Badge>}
            />
            <ui.ListRow
              href="#4"
              title="Night shift 4 West and everyone who covers for it"
              preview="You: hand-over is in the note, two pending labs"
              age={<ui.Age at={ago(1500)} now={now} format={format} />}
              leading={<Avatar name="Night shift" shape="role" />}
              badges={<Badge tone="fail" />}
              isUnread
            />
          </ui.List>
        </div>
      ))}
      <ui.EntryList label="Sessions">
        <ui.Entry name="Own workstation" note="Since 14:02, last active 3 min">
          <Badge tone="ok">This one</Badge>
        </ui.Entry>
        <ui.Entry name="Hallway, 4 West, beside the medication room and its very long name" note="Since 07:10, last active 2 h">
          <Badge tone="pending" />
          <ui.Button size="small">End session</ui.Button>
        </ui.Entry>
      </ui.EntryList>
      <ui.Facts
        facts={[
          { label: 'Born', value: '14-Jul-1981 (45 y)' },
          { label: 'Number', value: <span className="wl-mono">MRN 0147-2291</span> },
          { label: 'Allergies', value: 'Not known' },
        ]}
      />
    </div>
    <ui.Facts
      layout="inline"
      facts={[
        { label: 'Born', value: '14-Jul-1981 (45 y)' },
        { label: 'Gender', value: 'Female' },
        { label: 'MRN', value: '0147-2291' },
        { label: 'Bed', value: '4W-12' },
      ]}
    />
    <ui.DataTable
      caption="Acknowledgement by unit"
      rowKey={(row) => row.unit}
      rows={[
        { unit: '4 West', p50: '1:12', p90: '4:40', count: 212 },
        { unit: 'Emergency department', p50: '0:48', p90: '2:05', count: 1340 },
      ]}
      columns={[
        { id: 'unit', title: 'Unit', cell: (row) => row.unit, isRowHeader: true },
        { id: 'p50', title: 'Median', cell: (row) => row.p50, isNumber: true },
        { id: 'p90', title: '90th percentile', cell: (row) => row.p90, isNumber: true },
        { id: 'count', title: 'Messages', cell: (row) => row.count, isNumber: true },
      ]}
    />
  </Section>
)

const icons = Object.entries(ui).filter((entry): entry is [string, ui.Icon] => entry[0].endsWith('Icon'))

const Icons = () => (
  <Section title="Icons">
    <div className="gallery__icons">
      {icons.map(([name, Shape]) => (
        <span key={name}>
          <span>
            <Shape size={12} /> <Shape /> <Shape size={20} />
          </span>
          {name.replace(/Icon$/, '')}
        </span>
      ))}
    </div>
  </Section>
)

// Speaks on each press, for the test of the announcer.
const Announcing = () => {
  const announce = ui.useAnnounce()
  const [count, setCount] = useState(1)
  return (
    <Section title="Announcements">
      <div className="gallery__row">
        <Button
          onPress={() => {
            announce.polite(`Message ${count}`)
            setCount(count + 1)
          }}
        >
          Announce
        </Button>
        <Button variant="danger" onPress={() => announce.alert('STAT from cardiology on call')}>
          Alert
        </Button>
      </div>
    </Section>
  )
}

export const PartsPage = () => (
  <main className="gallery">
    <h1>Wardline UI gallery</h1>
    <Actions />
    <FieldsSection units={units} />
    <Overlays />
    <Feedback />
    <Lists />
    <Icons />
    <Announcing />
  </main>
)
