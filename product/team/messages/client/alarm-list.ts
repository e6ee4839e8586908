import type { Alarm, DeviceStore } from '@wardline/product/team/devices/client'

/** What this device noticed, kept with what a person has looked at already. */
export interface AlarmList {
  load(): Promise<void>
  /** What nobody has looked at yet. */
  open(): readonly Alarm[]
  /** Keeps an alarm; false: it was raised before. */
  raise(what: Omit<Alarm, 'id' | 'at'>): Promise<boolean>
  /** A person has looked at it. */
  dismiss(id: string): Promise<void>
}

type KeptAlarm = Alarm & { readonly dismissed: boolean }

/** The alarms that are kept in the store. */
export function openAlarms(store: DeviceStore, now: () => number): AlarmList {
  const alarms = new Map<string, KeptAlarm>()
  const keep = async (it: KeptAlarm): Promise<void> => {
    alarms.set(it.id, it)
    await store.write({ put: [[['alarm', it.id], it]] })
  }
  return {
    async load() {
      for (const { value } of await store.list(['alarm'])) alarms.set((value as KeptAlarm).id, value as KeptAlarm)
    },
    open: () => [...alarms.values()].filter((it) => !it.dismissed).map(({ dismissed: _, ...it }) => it),
    async raise(what) {
      const { kind, person, by, conversation, epoch, device, code } = what
      const id = [kind, person, by, conversation, epoch, device, code].map((it) => it ?? '').join('|')
      if (alarms.has(id)) return false
      await keep({ ...what, id, at: now(), dismissed: false })
      return true
    },
    async dismiss(id) {
      const it = alarms.get(id)
      if (it) await keep({ ...it, dismissed: true })
    },
  }
}
