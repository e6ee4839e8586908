import { useState } from 'react'
import * as ui from '../index.ts'
import { ago, commands, format, now } from './data.ts'
import { TeamMessages } from './thread.tsx'

const people = [
  {
    title: 'Cardiology on call',
    subtitle: 'RIVERA A.',
    preview: 'Troponin 2.4, chest pain since 13:40',
    minutes: 3,
    tone: 'stat',
    isRole: true,
  },
  { title: 'Dr Mara Lindqvist', subtitle: 'CHEN W.', preview: 'Can go home after the film, I will sign', minutes: 14, tone: 'urgent' },
  { title: 'Pharmacy', subtitle: 'OKONKWO B.', preview: 'Vancomycin trough is back, dose unchanged', minutes: 38, isRole: true },
  { title: 'Lee Kim', preview: 'Bed 12 is ready', minutes: 52 },
  { title: 'RIVERA, Ana', subtitle: '0147', preview: 'Ok, I will be there at nine', minutes: 190, tone: 'unsecure' },
  { title: 'Night shift 4 West', preview: 'You: hand-over is in the note', minutes: 700, isRole: true },
  { title: 'Jo Mbeki', preview: 'Swapped with Priya for Friday', minutes: 1600 },
  { title: 'Orthopedics on call', subtitle: 'HALE T.', preview: 'Film reviewed, no fracture', minutes: 3000, isRole: true },
  { title: 'Priya Patel', preview: 'Thank you', minutes: 13000 },
] as const

const Inbox = () => (
  <ui.Pane
    title="Inbox"
    beside={<ui.CountMark count={3} words="3 unread" />}
    actions={
      <ui.IconButton label="New message" keys="C">
        <ui.EditIcon />
      </ui.IconButton>
    }
    toolbar={
      <ui.Tabs
        label="Filters"
        look="filter"
        items={[
          { id: 'needs', label: 'Needs me', content: null },
          { id: 'mine', label: 'Mine', content: null },
          { id: 'patients', label: 'Patients', content: null },
          { id: 'snoozed', label: 'Snoozed', content: null },
        ]}
      />
    }
  >
    <ui.List label="Inbox, needs me">
      {people.map((row, index) => (
        <ui.ListRow
          key={row.title}
          href={`#${index}`}
          title={row.title}
          subtitle={'subtitle' in row ? row.subtitle : undefined}
          preview={row.preview}
          age={<ui.Age at={ago(row.minutes)} now={now} format={format} />}
          leading={<ui.Avatar name={row.title} shape={'isRole' in row ? 'role' : 'person'} />}
          badges={'tone' in row ? <ui.Badge tone={row.tone}>{row.tone === 'unsecure' ? 'SMS' : undefined}</ui.Badge> : undefined}
          isUnread={index < 3}
          isCurrent={index === 0}
        />
      ))}
    </ui.List>
  </ui.Pane>
)

const Details = () => (
  <>
    <ui.Pane title="Details" level={2}>
      <ui.Tabs
        label="Details"
        items={[
          {
            id: 'people',
            label: 'People',
            content: (
              <>
                <ui.Panel title="Cardiology on call" level={3}>
                  <ui.Facts
                    facts={[
                      { label: 'Now', value: 'Dr Chidi Okafor until 19:00' },
                      { label: 'Backup', value: 'Dr Priya Patel' },
                      { label: 'Last seen', value: '14:12' },
                    ]}
                  />
                </ui.Panel>
                <ui.Panel title="Receipts" level={3}>
                  <ui.StateMark state={{ kind: 'delivered', count: 4, of: 4 }} />
                  <ui.StateMark state={{ kind: 'read', count: 1, of: 4 }} />
                </ui.Panel>
              </>
            ),
          },
          { id: 'escalation', label: 'Escalation', content: null },
          { id: 'files', label: 'Files', content: null },
        ]}
      />
    </ui.Pane>
  </>
)

export const ShellPage = () => {
  const [view, setView] = useState<'list' | 'main'>(window.location.hash === '#list' ? 'list' : 'main')
  const [side, setSide] = useState<'auto' | 'open' | 'closed'>('auto')
  const [isPaletteOpen, setPaletteOpen] = useState(false)
  const [text, setText] = useState('')
  return (
    <ui.Shell
      phoneView={view}
      viewKey={view}
      listLabel="Inbox"
      sideState={side}
      onCloseSide={() => setSide('closed')}
      rail={
        <ui.Rail
          label="Places"
          brand={<ui.ShieldIcon size={20} />}
          items={[
            { href: '#inbox', label: 'Inbox', icon: ui.InboxIcon, isCurrent: true, count: 3, countWords: '3 unread', countTone: 'accent' },
            { href: '#patients', label: 'Patients', icon: ui.PeopleIcon },
            { href: '#oncall', label: 'On call', icon: ui.CalendarIcon },
            { href: '#work', label: 'Work', icon: ui.TaskIcon, count: 12, countWords: '12 tasks' },
            { href: '#admin', label: 'Admin', icon: ui.ShieldIcon },
          ]}
          footer={
            <ui.IconButton label="Settings">
              <ui.SettingsIcon size={20} />
            </ui.IconButton>
          }
        />
      }
      header={
        <ui.TopBar
          start="Maple Street Hospital"
          middle={<ui.CommandButton label="Search or run a command" onPress={() => setPaletteOpen(true)} />}
          end={
            <>
              <ui.ConnectionChip state={{ kind: 'online' }} />
              <ui.Menu
                label="Sam Osei"
                placement="bottom end"
                trigger={
                  <ui.IconButton label="Sam Osei, available">
                    <ui.Avatar name="Sam Osei" size={24} />
                  </ui.IconButton>
                }
              >
                <ui.MenuItem id="settings" icon={<ui.SettingsIcon />}>
                  Settings
                </ui.MenuItem>
                <ui.MenuItem id="out" icon={<ui.SignOutIcon />}>
                  Sign out
                </ui.MenuItem>
              </ui.Menu>
            </>
          }
        />
      }
      banners={
        <ui.Banner tone="demo" isBar title="Demo.">
          Nothing here reaches a real phone.
        </ui.Banner>
      }
      list={<Inbox />}
      side={<Details />}
      sideLabel="Details"
    >
      <ui.Pane
        title="Cardiology on call"
        subtitle="Dr Chidi Okafor until 19:00, backup Dr Priya Patel"
        onBack={() => setView('list')}
        body="fixed"
        toolbar={
          <ui.Facts
            layout="inline"
            facts={[
              { label: 'Patient', value: 'RIVERA, Ana' },
              { label: 'Born', value: '14-Jul-1981 (45 y)' },
              { label: 'MRN', value: '0147-2291' },
              { label: 'Bed', value: '4W-12' },
            ]}
          />
        }
        actions={
          <>
            <ui.IconButton label="Call Dr Okafor">
              <ui.PhoneIcon />
            </ui.IconButton>
            <ui.IconButton label="Details" keys="Mod+." onPress={() => setSide(side === 'open' ? 'closed' : 'open')}>
              <ui.PaneIcon />
            </ui.IconButton>
          </>
        }
      >
        <ui.MessageLog label="Messages with cardiology on call" newestKey="8">
          <TeamMessages />
        </ui.MessageLog>
        <ui.Composer
          label="Message about RIVERA, Ana, born 14-Jul-1981"
          value={text}
          onChange={setText}
          onSend={() => setText('')}
          strip={
            <>
              <ui.Badge tone="secure" /> To Dr Okafor and 3 others
            </>
          }
          tools={
            <>
              <ui.IconButton label="Attach a file">
                <ui.AttachIcon />
              </ui.IconButton>
              <ui.IconButton label="Template" keys="T">
                <ui.NoteIcon />
              </ui.IconButton>
              <ui.IconButton label="Priority" keys="P">
                <ui.BangIcon />
              </ui.IconButton>
            </>
          }
        />
      </ui.Pane>
      <ui.CommandPalette isOpen={isPaletteOpen} onOpenChange={setPaletteOpen} commands={commands} onAction={() => {}} />
    </ui.Shell>
  )
}
