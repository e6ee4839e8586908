import { useMe } from '@wardline/product/access/provisioning/web'
import { may } from '@wardline/product/access/roles/preview'
import { mayWithPatients } from '@wardline/product/patients/roster/web'
import { usePatientRows } from '@wardline/product/patients/texting/web'
import { isWith } from '@wardline/product/team/conversations/web'
import { useColleagues } from '@wardline/product/team/directory/web'
import { useConversations, useTeam, useTeamRows } from '@wardline/product/team/messages/web'
import {
  Avatar,
  CommandPalette,
  EditIcon,
  InboxIcon,
  MoonIcon,
  PeopleIcon,
  QuestionIcon,
  SettingsIcon,
  ShieldIcon,
  SignOutIcon,
  SunIcon,
  type Command,
} from '@wardline/ui'
import { useMemo } from 'react'
import { go } from '../navigate.ts'
import { paths } from '../paths.ts'
import { choose } from '../preferences.ts'
import { useDesk } from './desk.tsx'

type PaletteProps = { onClose: () => void; onHelp: () => void }

/** Everything one can do or open, by name. It is searched on this device. */
export const Palette = ({ onClose, onHelp }: PaletteProps) => {
  const me = useMe()
  const team = useTeam()
  const { signOut } = useDesk()
  const { list } = useColleagues()
  const conversations = useConversations()
  const rows = useTeamRows()
  // Those of the inbox, which are here already: the roster itself is searched on its own page.
  const patients = usePatientRows()
  const commands = useMemo<readonly Command[]>(() => {
    const can = (action: Parameters<typeof may>[1]) => may(me.roles, action).yes
    return [
      ...(team !== null && can('team.conversation.create')
        ? [{ id: 'new', label: 'New message', section: 'Do', icon: <EditIcon />, keys: 'C', keywords: 'write compose' }]
        : []),
      { id: 'go inbox', label: 'Inbox', section: 'Go', icon: <InboxIcon />, keys: 'G I' },
      ...(mayWithPatients(me, 'patient.thread.read').yes
        ? [
            { id: 'go patients', label: 'Patients', section: 'Go', icon: <PeopleIcon />, keys: 'G P', keywords: 'find search' },
            { id: 'go reminders', label: 'Reminders', section: 'Go', icon: <PeopleIcon />, keywords: 'visits appointments texts' },
          ]
        : []),
      ...(can('audit.read') ? [{ id: 'go audit', label: 'Audit log', section: 'Go', icon: <ShieldIcon />, keys: 'G A' }] : []),
      { id: 'go settings', label: 'Settings', section: 'Go', icon: <SettingsIcon />, keywords: 'sessions devices theme' },
      ...(rows ?? []).slice(0, 200).map((row) => ({
        id: `open ${row.conversation}`,
        label: row.title,
        section: 'Conversations',
        icon: <Avatar name={row.letters} id={row.about} size={20} shape={row.isGroup ? ('role' as const) : ('person' as const)} />,
      })),
      { id: 'theme light', label: 'Light theme', section: 'This window', icon: <SunIcon /> },
      { id: 'theme dark', label: 'Dark theme', section: 'This window', icon: <MoonIcon /> },
      { id: 'help', label: 'Keyboard shortcuts', section: 'This window', icon: <QuestionIcon />, keys: '?' },
      { id: 'out', label: 'Sign out', section: 'This window', icon: <SignOutIcon /> },
      ...(team === null ? [] : list)
        .filter((it) => it.person !== me.person && it.keys !== null && !(conversations ?? []).some((known) => isWith(known, it.person)))
        .map((it) => ({
          id: `with ${it.person}`,
          label: it.name,
          section: 'People',
          description: it.title,
          icon: <Avatar name={it.name} id={it.person} size={20} />,
        })),
      ...(patients ?? [])
        .filter((row) => row.patient !== null)
        .map((row) => ({
          id: `patient ${row.patient}`,
          label: row.title,
          section: 'Patients in the inbox',
          icon: <Avatar name={row.title} id={row.patient ?? row.thread} size={20} />,
        })),
    ]
  }, [me, team, list, conversations, rows, patients])
  const places: Readonly<Record<string, string>> = {
    inbox: paths.inbox(),
    patients: paths.patients(),
    reminders: paths.reminders(),
    audit: paths.audit(),
  }
  const acts: Readonly<Record<string, (what: string) => void>> = {
    new: () => go(paths.inbox({ open: 'new' })),
    go: (what) => go(places[what] ?? paths.settings()),
    open: (what) => go(paths.thread(what)),
    patient: (what) => go(paths.patient(what, { in: 'inbox' })),
    with: (what) => go(paths.inbox({ open: 'new', with: what })),
    theme: (what) => choose({ theme: what === 'dark' ? 'dark' : 'light' }),
    help: onHelp,
    out: () => void signOut(),
  }
  const run = (id: string) => {
    const [verb = '', what = ''] = id.split(' ')
    acts[verb]?.(what)
  }
  return (
    <CommandPalette
      isOpen
      onOpenChange={(open) => !open && onClose()}
      commands={commands}
      onAction={run}
      placeholder="Command or person"
      emptyText={
        mayWithPatients(me, 'patient.thread.read').yes ? 'Nothing found. All patients are searched under Patients.' : 'Nothing found'
      }
      footer="Searched on this device"
    />
  )
}
