import { openInstallation, wardlineFeatures } from '@wardline/app-server'
import { bySystem, installationOrg, openDatabase, openLog } from '@wardline/platform/server'
import type { Database } from '@wardline/platform/server'
import { foldName } from '@wardline/product/access/provisioning/rules'
import { findSignIn, issueEnrolmentAtServer } from '@wardline/product/access/provisioning/server'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { requireStopped } from '../installation.ts'
import { CliFailure, exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'

/** What `wardline enrol` is told. */
export interface EnrolOptions extends Overrides {
  readonly signIn: string
}

/**
 * `wardline enrol`: a one-time code for an administrator who can sign in no more and whom nobody else can let in. It needs the server's machine
 * and the key-encryption key, and takes nothing away by itself: the code counts after a delay, and meanwhile everybody is told.
 */
export async function enrol(output: Output, options: EnrolOptions, version: string): Promise<Exit> {
  const settings = settingsWith(options)
  await requireStopped(settings)
  const log = openLog({ level: 'error' })
  const features = wardlineFeatures()
  const installation = await openInstallation({ settings, kind: 'real', log, version }, features)
  const within = features.flatMap((it) => it.within ?? [])
  const db = openDatabase({ url: installation.databaseUrl, keys: installation.keys, log, within, connections: 2 })
  try {
    tell(output, await issue(db, foldName(options.signIn)))
    return exits.ok
  } finally {
    await db.close()
    await installation.close()
  }
}

type Issued = Awaited<ReturnType<typeof issue>>

async function issue(db: Database, signIn: string) {
  const found = await db.read(installationOrg, (at) => findSignIn(at, signIn))
  const issued = found && (await db.write(found.org, bySystem, (tx) => issueEnrolmentAtServer(tx, found.person)))
  if (!issued)
    throw new CliFailure(
      'not-an-administrator',
      'Nobody who may administer signs in with this name. Nothing was made. For everybody else an administrator makes a code under Settings, People and roles.',
      exits.problem,
    )
  return { ...issued, signIn }
}

const minuteOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function tell(output: Output, { name, signIn, secret, until, effectiveAt, delayHours }: Issued): void {
  output.say(`One-time code for ${name}, who signs in as ${signIn}:`)
  output.say(`  ${secret}`)
  output.say()
  if (effectiveAt === null) output.say(`It counts now, because ${name} has never signed in, and until ${minuteOf(until)}.`)
  else {
    output.say(`It counts from ${minuteOf(effectiveAt)} on (${delayHours} hours), and until ${minuteOf(until)}.`)
    output.say(`Until then everybody of the organisation is told of it, and ${name}, another administrator or an officer can stop it.`)
    output.say('Nothing else changes before it is used: the present sign-in goes on.')
  }
  output.say(
    'With it a new password and authenticator are set on the sign-in page. It opens no messages: those come back with the recovery key,',
  )
  output.say('a passkey that opens them, or a device that is still enrolled.')
  output.say('It stands in the audit log, and is not shown again. Next: wardline serve.')
  output.result({
    name,
    signIn,
    code: secret,
    effectiveAt: effectiveAt === null ? null : new Date(effectiveAt).toISOString(),
    until: new Date(until).toISOString(),
  })
}
