import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { openInstallation, wardlineFeatures } from '@wardline/app-server'
import type { Settings } from '@wardline/app-server'
import { bySystem, newId, openDatabase, openLog } from '@wardline/platform/server'
import type { Database, Tx } from '@wardline/platform/server'
import { foldName, isSignInName, isZone } from '@wardline/product/access/provisioning/rules'
import { createOrganisation, createPerson, issueEnrolment, ProvisioningRefused } from '@wardline/product/access/provisioning/server'
import { readyLogKey } from '@wardline/product/compliance/audit/server'
import type { LogKey } from '@wardline/product/compliance/audit/server'
import { ceremonyFiles, fingerprintOf, holdCeremony } from '@wardline/product/compliance/archive/client'
import { requireEmptyFolder, storeCeremony, writeCeremony } from '@wardline/product/compliance/archive/server'
import { beginFirstRun } from '@wardline/product/compliance/first-run/server'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { hasDatabase, kekFileOf } from '../installation.ts'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'
import { hasOrganisation } from '../queries.ts'

/** What `wardline init` is told. */
export interface InitOptions extends Overrides {
  readonly organisation: string
  readonly zone: string
  readonly preset: 'practice' | 'hospital'
  readonly administrator: string
  readonly signIn: string
  readonly officer?: string
  readonly officerSignIn?: string
  readonly exception?: string
  /** None: the key ceremony is held in the administrator's browser. */
  readonly custodian?: readonly string[]
  readonly threshold?: string
  readonly years: string
  readonly ceremony?: string
}

const yearMs = 365.25 * 24 * 3_600_000

/** `wardline init`: makes a real, empty installation. All of it or nothing: the ceremony's files are on disk before the database commits. */
export async function init(output: Output, options: InitOptions, version: string): Promise<Exit> {
  const plan = planOf(options)
  const settings = settingsWith(options)
  const ceremony = options.ceremony === undefined ? null : path.resolve(options.ceremony)
  if (ceremony !== null && inside(ceremony, settings.dataFolder))
    throw new CliFailure(
      'wrong-flags',
      'The ceremony folder must not lie in the data folder: the root key and the shares are never to be near the server. Nothing was made.',
      exits.usage,
    )
  if (await hasDatabase(settings)) await requireEmpty(settings, version)
  if (ceremony !== null) await requireEmptyFolder(ceremony)
  const open = { settings, kind: 'real', log: openLog({ level: 'error' }), version, makeKek: true, report: output.say } as const
  const features = wardlineFeatures()
  const installation = await openInstallation(open, features)
  const within = features.flatMap((it) => it.within ?? [])
  const db = openDatabase({ url: installation.databaseUrl, keys: installation.keys, log: open.log, within, connections: 2 })
  try {
    await refuseSecond(db)
    const made = await db
      .write(plan.organisation, bySystem, async (tx) => setUp(tx, installation.keys, options, plan, ceremony))
      .catch(async (thrown: unknown) => {
        // Nobody refers to the keys of a set-up that failed. Where the answer to COMMIT was lost, somebody may.
        if (ceremony !== null && (thrown as { code?: unknown }).code !== 'commit-unknown')
          for (const file of await readdir(ceremony)) await rm(path.join(ceremony, file))
        throw thrown
      })
    // The organisation stands. Without the key of its log it still does: the server makes it with the first checkpoint.
    const logKey = await readyLogKey(db, installation.keys, plan.organisation, new Date(made.at)).catch(() => undefined)
    tellMade(output, settings, options, plan, ceremony, made, logKey)
    return exits.ok
  } finally {
    await db.close()
    await installation.close()
  }
}

interface Person {
  readonly id: string
  readonly name: string
}

/** The flags, judged together. */
interface Plan {
  readonly organisation: string
  readonly administrator: Person & { readonly signIn: string }
  /** The same person as the administrator, where an exception is signed; null: named in the first run. */
  readonly officer: (Person & { readonly signIn: string }) | null
  readonly custodians: readonly Person[]
  readonly threshold: number
  readonly years: number
}

const wrong = (message: string): never => {
  throw new CliFailure('wrong-flags', `${message} Nothing was made.`, exits.usage)
}

function planOf(it: InitOptions): Plan {
  const { officer: officerName, officerSignIn, exception } = it
  if ((officerName === undefined) !== (officerSignIn === undefined)) wrong('--officer and --officer-sign-in go together.')
  const here = it.ceremony !== undefined
  if (here !== (it.custodian ?? []).length > 0)
    wrong('--ceremony and --custodian go together; without both, the ceremony is held in the browser.')
  if (officerName !== undefined && exception !== undefined) wrong('--officer and --exception exclude each other.')
  // The ceremony names who may ask for the archive to be opened; held later, it names them later.
  if (here && officerName === undefined && exception === undefined)
    wrong(
      'Name a privacy officer (--officer, --officer-sign-in), or, in a practice, say why the administrator is that too (--exception "why").',
    )
  if (!isZone(it.zone)) throw new ProvisioningRefused('bad-zone')
  for (const name of [it.signIn, ...(officerSignIn === undefined ? [] : [officerSignIn])])
    if (!isSignInName(foldName(name))) throw new ProvisioningRefused('bad-sign-in-name')
  if (officerSignIn !== undefined && foldName(officerSignIn) === foldName(it.signIn)) throw new ProvisioningRefused('name-taken')
  const years = Number(it.years)
  if (!Number.isInteger(years) || years < 1 || years > 10) wrong('--years is a whole number from 1 to 10.')
  const holders = it.custodian ?? []
  const threshold = it.threshold === undefined ? Math.floor(holders.length / 2) + 1 : Number(it.threshold)
  if (here && (!Number.isInteger(threshold) || threshold < 1 || threshold > holders.length))
    wrong('--threshold is a whole number from 1 to the number of custodians.')
  const administrator = { id: newId(), name: it.administrator, signIn: it.signIn }
  const named = officerName === undefined || officerSignIn === undefined ? null : { id: newId(), name: officerName, signIn: officerSignIn }
  const officer = named ?? (exception === undefined ? null : administrator)
  const known = named === null ? [administrator] : [administrator, named]
  const custodians = holders.map((name) => known.find((person) => person.name === name) ?? { id: newId(), name })
  return { organisation: newId(), administrator, officer, custodians, threshold, years }
}

const inside = (folder: string, parent: string): boolean => `${folder}${path.sep}`.startsWith(`${parent}${path.sep}`)

/** A data folder in which something was begun: looked into before anything else is touched. */
async function requireEmpty(settings: Settings, version: string): Promise<void> {
  const installation = await openInstallation({ settings, kind: 'real', log: openLog({ level: 'silent' }), version }, wardlineFeatures())
  const db = openDatabase({ url: installation.databaseUrl, keys: installation.keys, log: openLog({ level: 'silent' }), connections: 1 })
  try {
    await refuseSecond(db)
  } finally {
    await db.close()
    await installation.close()
  }
}

/** An installation has one set-up; what an interrupted one left has no organisation yet. */
async function refuseSecond(db: Database): Promise<void> {
  if (await db.sweep(hasOrganisation))
    throw new CliFailure(
      'already-initialised',
      'There is an organisation here already. Nothing was changed. Begin another installation with another WARDLINE_DATA or DATABASE_URL.',
    )
}

interface Made {
  /** Null: no ceremony was held here. */
  readonly fingerprint: string | null
  /** When, database ms. */
  readonly at: number
  readonly enrolments: readonly { readonly name: string; readonly signIn: string; readonly secret: string; readonly until: number }[]
}

async function setUp(tx: Tx, keys: Parameters<typeof storeCeremony>[1], it: InitOptions, plan: Plan, folder: string | null): Promise<Made> {
  const { administrator, officer, organisation } = plan
  await createOrganisation(tx, { name: it.organisation, zone: it.zone, preset: it.preset })
  const one = officer === administrator
  await createPerson(tx, {
    person: administrator.id,
    signInName: administrator.signIn,
    name: administrator.name,
    title: one ? 'Administrator, privacy officer' : 'Administrator',
    roles: one ? ['administrator', 'privacy-officer'] : ['administrator'],
    ...(it.exception === undefined ? {} : { exception: it.exception }),
  })
  if (officer !== null && !one)
    await createPerson(tx, {
      person: officer.id,
      signInName: officer.signIn,
      name: officer.name,
      title: 'Privacy officer',
      roles: ['privacy-officer'],
    })
  const people = officer === null || one ? [administrator] : [administrator, officer]
  const enrolments: Made['enrolments'][number][] = []
  for (const person of people) {
    const { secret, until } = await issueEnrolment(tx, person.id)
    enrolments.push({ name: person.name, signIn: person.signIn, secret, until })
  }
  await beginFirstRun(tx)
  const time = tx.at.getTime()
  if (folder === null || officer === null) return { fingerprint: null, enrolments, at: time }
  const ceremony = await holdCeremony({
    organisation,
    time,
    until: time + Math.round(plan.years * yearMs),
    custodians: plan.custodians.map((custodian) => custodian.id),
    threshold: plan.threshold,
    administrators: [administrator.id],
    archiveOfficers: [officer.id],
  })
  await storeCeremony(tx, keys, ceremony)
  const nameOf = (id: string) => plan.custodians.find((custodian) => custodian.id === id)?.name ?? id
  await writeCeremony(folder, ceremonyFiles(ceremony, { organisation: it.organisation, person: nameOf }))
  return { fingerprint: fingerprintOf(ceremony.rootPublicKey), enrolments, at: time }
}

function tellMade(
  output: Output,
  settings: Settings,
  it: InitOptions,
  plan: Plan,
  ceremony: string | null,
  made: Made,
  logKey: LogKey | undefined,
): void {
  const kekFile = kekFileOf(settings)
  output.say(
    `${it.organisation} is set up in ${settings.databaseUrl === undefined ? settings.dataFolder : 'the database of DATABASE_URL'}.`,
  )
  output.say()
  output.say('First sign-in, with a one-time code; hand it over in person:')
  for (const { name, signIn, secret, until } of made.enrolments)
    output.say(`  ${name}, signs in as ${signIn}: ${secret}  (until ${new Date(until).toISOString().slice(0, 10)})`)
  output.say()
  if (ceremony === null || made.fingerprint === null)
    output.say(
      'The key ceremony is held in the browser: the administrator is led to it after signing in. Until then nobody can write to colleagues.',
    )
  else {
    output.say(`The key ceremony lies in ${ceremony}: read its README.txt and empty it today.`)
    output.say(`  ${plan.threshold} of ${plan.custodians.length} shares open the archive. Root fingerprint:`)
    output.say(`  ${made.fingerprint}`)
  }
  output.say()
  output.say(
    'The key of the audit log. The privacy officer writes its fingerprint down, on paper, and gives it to "wardline verify-audit --key":',
  )
  output.say(`  ${logKey?.fingerprint ?? 'not made yet; once the server has run a minute, "wardline doctor" prints it'}`)
  if (kekFile !== undefined) {
    output.say()
    output.say(`The key-encryption key is ${kekFile}. Without it nothing here can be opened: keep a copy where no backup of the data goes.`)
  }
  output.say()
  output.say(`Next: wardline serve. ${plan.administrator.name} signs in with the code and is led through the rest.`)
  output.result({
    organisation: { id: plan.organisation, name: it.organisation },
    dataFolder: settings.dataFolder,
    kekFile: kekFile ?? null,
    ceremony,
    rootFingerprint: made.fingerprint,
    logKey: logKey ?? null,
    threshold: ceremony === null ? null : plan.threshold,
    custodians: plan.custodians.map(({ name }) => name),
    enrolments: made.enrolments,
  })
}
