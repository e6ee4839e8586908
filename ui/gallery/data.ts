import type { Command, Option, TimeFormat } from '../index.ts'

/** All times of the gallery: a fixed Tuesday afternoon, so that pictures do not change. */
export const format: TimeFormat = { locale: 'en-US', timeZone: 'America/Chicago' }
export const now = Date.parse('2026-11-17T20:14:10Z')
export const ago = (minutes: number) => now - minutes * 60_000

export const roles: readonly Option[] = [
  { id: 'card', text: 'Cardiology on call', description: 'Now: Dr Okafor until 19:00, backup Dr Patel' },
  { id: 'ortho', text: 'Orthopedics on call', description: 'Now: Dr Lindqvist until 07:00' },
  { id: 'pharm', text: 'Pharmacy', description: 'Now: J. Mbeki until 22:00' },
  { id: 'neuro', text: 'Neurology on call', description: 'Nobody until 19:00', isDisabled: true },
]

export const units: readonly Option[] = [
  { id: '4w', text: '4 West' },
  { id: '5e', text: '5 East' },
  { id: 'ed', text: 'Emergency department' },
]

export const commands: readonly Command[] = [
  { id: 'new', section: 'Actions', label: 'New message', keys: 'C' },
  { id: 'lock', section: 'Actions', label: 'Lock now', keys: 'Mod+Shift+L' },
  { id: 'pane', section: 'Actions', label: 'Show or hide the side pane', keys: 'Mod+.' },
  { id: 'inbox', section: 'Places', label: 'Go to Inbox', keys: 'G I' },
  { id: 'patients', section: 'Places', label: 'Go to Patients', keys: 'G P' },
  { id: 'oncall', section: 'Places', label: 'Go to On call', keys: 'G O' },
  { id: 'p1', section: 'People', label: 'Cardiology on call', description: 'Now: Dr Okafor until 19:00', keywords: 'heart' },
  { id: 'p2', section: 'People', label: 'Lee Kim, RN', description: '4 West' },
]
