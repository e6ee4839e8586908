import type { AlarmKind } from '@wardline/product/team/devices/client'

/** What an alarm says to a person, and what they should do. None of them is the person's own mistake. */
export const alarmWords: Readonly<Record<AlarmKind, { readonly what: string; readonly next: string }>> = {
  root: {
    what: "The organisation's root key is not the one that this device has known.",
    next: 'Nothing is sent from here. Compare the fingerprint with the printed one, and show this to your privacy officer.',
  },
  trust: {
    what: 'A statement about the organisation is missing, changed or not signed by who must sign it.',
    next: 'Nothing is sent from here. Show this to your privacy officer.',
  },
  person: {
    what: "A colleague's keys do not follow from the ones before.",
    next: 'Compare your safety number with them before you write.',
  },
  device: {
    what: 'Something came from a device that nobody has signed.',
    next: 'It is not believed. Ask the colleague whether they have a new device.',
  },
  epoch: {
    what: 'A change of a conversation does not follow by its own rule.',
    next: 'It is not used. Show this to your privacy officer.',
  },
  seals: {
    what: "An author's seal for the archive is not what it must be.",
    next: 'All members see it. The next message makes a new one; show this to your privacy officer.',
  },
  cut: {
    what: 'Messages that others have seen are kept from this device.',
    next: 'Ask a colleague what is missing, and show this to your privacy officer.',
  },
  log: {
    what: 'The audit log is not the one that this device has seen before.',
    next: 'Show this to your privacy officer and to the outside witness.',
  },
}
