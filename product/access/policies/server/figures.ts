import type { Db, Tx } from '@wardline/platform/db'
import { Shape } from '@wardline/platform/contract'
import { signal } from '@wardline/platform/server'
import type { Database, Services } from '@wardline/platform/server'
import { isWeak } from '../preview.ts'
import { figureAt } from '../rules.ts'
import { settings } from '../words.ts'
import type { Setting, SettingName } from '../words.ts'
import { readChosen, readChosenAnywhere } from './security-queries.ts'
import { standInOf } from './stand-in.ts'
import type { ChosenRow } from './tables.ts'

/** All figures of a security policy, each in its own unit. */
export type Figures = Readonly<Record<SettingName, number>>

const names = Object.keys(settings) as SettingName[]

const figureOf = (name: SettingName, row: ChosenRow | undefined): number =>
  figureAt(
    settings[name],
    row ? { value: row.value, exceptionUntil: row.exception_until?.getTime() ?? null } : null,
    row?.now.getTime() ?? 0,
  )

/** A figure of the security policy as it counts now, in its own unit. */
export async function figure(db: Db, name: SettingName): Promise<number> {
  const [row] = await readChosen(db, name)
  return figureOf(name, row)
}

/** All figures of the security policy as they count now. */
export async function figures(db: Db): Promise<Figures> {
  return figuresFrom(await readChosen(db, null))
}

function figuresFrom(chosen: readonly ChosenRow[]): Figures {
  const rows = new Map(chosen.map((row) => [row.setting, row]))
  return Object.fromEntries(names.map((name) => [name, figureOf(name, rows.get(name))])) as Record<SettingName, number>
}

/** Whether a figure is below its floor. */
export const weak = (name: SettingName, value: number): boolean => isWeak(settings[name] satisfies Setting, value)

/** For how long a node believes what it read, ms: below the five seconds within which every node must know. */
const believeMs = 4_000
/** What stands for the figures of all organisations together. */
const everywhere = ''

/** The figures of an organisation. */
interface Known {
  readonly org: string
  readonly figures: Figures
}

interface Memory {
  /** Rises with every change: what was read before one is not remembered after it. */
  generation: number
  readonly of: Map<string, { readonly readAt: number; readonly figures: readonly Known[] }>
}

const memories = new WeakMap<Database, Memory>()

function memoryOf(db: Database): Memory {
  let memory = memories.get(db)
  if (!memory) {
    memory = { generation: 0, of: new Map() }
    memories.set(db, memory)
  }
  return memory
}

async function remembered(
  { db, clock }: Pick<Services, 'db' | 'clock'>,
  key: string,
  read: () => Promise<readonly Known[]>,
): Promise<readonly Known[]> {
  const memory = memoryOf(db)
  const now = clock.ms()
  const known = memory.of.get(key)
  if (known && now >= known.readAt && now - known.readAt < believeMs) return known.figures
  const { generation } = memory
  const it = await read()
  if (memory.generation === generation) memory.of.set(key, { readAt: now, figures: it })
  return it
}

/** All figures of an organisation as this node knows them, for what is asked with every request: at most four seconds old. */
export const figuresOf = async (services: Pick<Services, 'db' | 'clock'>, org: string): Promise<Figures> =>
  (await remembered(services, org, async () => [{ org, figures: await services.db.read(org, figures) }]))[0]!.figures

/**
 * The figures of some organisation here for a name that nobody has, so that it waits as one that somebody has does, and always alike: drawn
 * with the installation's secret, else whoever computes the draw sees which names wait otherwise, and so who works here. At most four seconds old.
 */
export async function standInFigures(
  services: Pick<Services, 'db' | 'clock'>,
  it: { readonly name: string; readonly secret: Uint8Array },
): Promise<Figures> {
  const all = await remembered(services, everywhere, async () => {
    const { organisations, chosen } = await services.db.sweep(readChosenAnywhere)
    const changed = Map.groupBy(chosen, (row) => row.org)
    return organisations.map((org) => ({ org, figures: figuresFrom(changed.get(org) ?? []) }))
  })
  return standInOf(it.secret, it.name, all)?.figures ?? figuresFrom([])
}

/** What this node believes of an organisation's figures, or of any (null), it reads anew. */
function forget(db: Database, org: string | null): void {
  const memory = memories.get(db)
  if (!memory) return
  memory.generation += 1
  if (org === null) return memory.of.clear()
  memory.of.delete(org)
  memory.of.delete(everywhere)
}

/** Each window of this node that asks what counts for it has so long for itself, ms, and all of them no longer than that. */
const eachMs = 3
const allMs = 30_000

/** After the commit of a change no node believes what it read before, and every open window asks what counts for it, not all at one moment. */
export const figuresChanged = signal({
  kind: 'policies.figures-changed',
  takes: Shape({}),
  heard({ db, live }, org) {
    forget(db, org)
    const windows = live.sockets({ org })
    const within = Math.min(allMs, windows.length * eachMs)
    for (const socket of windows) socket.send({ t: 'policies', within })
  },
  doubt: ({ db }, org) => forget(db, org),
})

/** A change is made. */
export const forgetFigures = (tx: Tx): void => tx.signal(figuresChanged, {})
