import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { openOutput } from './output.ts'
import type { Output } from './output.ts'
import { exits, tell } from './outcome.ts'
import type { Exit } from './outcome.ts'
import { projectRoot } from './paths.ts'

const { version } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as { version: string }

const exitWords = `
Exit codes: 0 done, 1 a problem was found, 2 the command line or a setting is wrong, 3 it could not run.`

/**
 * What every command has, and how it is run: its result is the exit code, its failure a sentence with a code. Its code is loaded when it is
 * run, so that opening the archive on a machine without network loads no server.
 */
function command(
  parent: Command,
  name: string,
  says: string,
  run: (output: Output, options: never, args: readonly string[]) => Promise<Exit>,
): Command {
  const made = parent
    .command(name)
    .description(says)
    .option('--json', 'print one JSON value instead of lines')
    .addHelpText('after', exitWords)
    .showHelpAfterError(`(wardline ${parent.parent === null ? '' : `${parent.name()} `}${name} --help lists its options)`)
    .action(async (...given: unknown[]) => {
      const self = given.at(-1) as Command
      const options = self.opts<{ json?: boolean }>()
      const output = openOutput(options.json ?? false, { out: process.stdout, err: process.stderr })
      try {
        process.exitCode = await run(output, options as never, self.args)
      } catch (thrown) {
        const told = tell(thrown)
        output.result({ error: { code: told.code, message: told.message } })
        process.stderr.write(`wardline: ${told.message} [${told.code}]\n`)
        process.exitCode = told.exit
      }
    })
  return made
}

const dataOption = () => new Option('--data <folder>', 'the data folder; else WARDLINE_DATA, else ./.wardline')
const kekOption = () => new Option('--kek-file <file>', 'the key-encryption key; else WARDLINE_KEK or WARDLINE_KEK_FILE, else <data>.kek')
const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

const program = new Command('wardline')
  .description('Self-hosted, HIPAA-ready secure messaging for healthcare')
  .version(version, '--version', 'print the version')
  .helpOption('-h, --help', 'print this help')
  .helpCommand(false)
  .showHelpAfterError('(wardline --help lists the commands)')
  .exitOverride()
  .addHelpText('after', exitWords)

command(
  program,
  'init',
  'begin a real installation: data folder, keys, organisation, first people, key ceremony',
  async (output, options) => (await import('./commands/init.ts')).init(output, options, version),
)
  .requiredOption('--organisation <name>', 'its name as patients and staff know it')
  .requiredOption('--zone <zone>', 'its time zone, for example America/Chicago')
  .addOption(new Option('--preset <preset>', 'what it begins with').choices(['practice', 'hospital']).default('practice'))
  .requiredOption('--administrator <name>', 'full name of the first administrator')
  .requiredOption('--sign-in <name>', 'the name with which the administrator signs in')
  .option('--officer <name>', 'full name of the privacy officer, who may ask for the archive to be opened')
  .option('--officer-sign-in <name>', 'the name with which the privacy officer signs in')
  .option('--exception <reason>', 'instead of an officer, in a practice: why the administrator may be privacy officer too')
  .option(
    '--custodian <name>',
    'who gets a share of the archive key; once for each, 2 or more are wise; none: the ceremony is held in the browser',
    many,
  )
  .option('--threshold <number>', 'how many shares open the archive; else more than half')
  .option('--years <number>', 'how long this archive key is used', '2')
  .option('--ceremony <folder>', 'an empty folder for root key and shares; emptied by hand afterwards; without it, held in the browser')
  .addOption(dataOption())
  .addOption(kekOption())

command(program, 'serve', 'serve a real installation until it is told to stop', async (output, options) =>
  (await import('./commands/serve.ts')).serveReal(output, options, version),
)
  .option('--port <number>', 'the port; else PORT, else 8420')
  .addOption(dataOption())
  .addOption(kekOption())

command(
  program,
  'enrol',
  'a one-time code for an administrator who can sign in no more; with the server stopped, on its machine',
  async (output, options) => (await import('./commands/enrol.ts')).enrol(output, options, version),
)
  .requiredOption('--sign-in <name>', 'the name with which the administrator signs in')
  .addOption(dataOption())
  .addOption(kekOption())
  .addHelpText(
    'after',
    `
It needs the server's machine and the key-encryption key. The code counts after the policy's delay (24 hours, or more), and everybody of the
organisation is told meanwhile; the administrator, another one, or an officer can stop it. It stands in the audit log. It opens no messages.`,
  )

command(
  program,
  'networks',
  'administration from everywhere again, where nobody is left in its networks; with the server stopped, on its machine',
  async (output, options) => (await import('./commands/networks.ts')).openNetworks(output, options, version),
)
  .option('--open', 'open it; without this nothing is done')
  .addOption(dataOption())
  .addOption(kekOption())
  .addHelpText(
    'after',
    `
It needs the server's machine and the key-encryption key. Nobody gets a right by it: who may administer may do it from everywhere again. It
stands in the audit log. Networks for patients' records stay: two people change them, from everywhere.`,
  )

command(program, 'migrate', 'bring the database to this version (serve does it too)', async (output, options) =>
  (await import('./commands/migrate.ts')).migrateDatabase(output, options),
)
  .option('--dry-run', 'list what would be run and change nothing')
  .addOption(dataOption())
  .addOption(kekOption())

command(
  program,
  'verify-audit',
  'verify the audit log, entry by entry; works beside a running server and without one',
  async (output, options) => (await import('./commands/verify-audit.ts')).verifyLogs(output, options),
)
  .option('--note <file>', 'a checkpoint that was kept outside; the log must still contain it; once for each', many)
  .option(
    '--key <key>',
    'a log’s key that was kept outside (verifier key or fingerprint); a log must have it and no other; once for each',
    many,
  )
  .addOption(dataOption())
  .addOption(kekOption())

const archive = program.command('archive').description('the archive of team messages').helpCommand(false).addHelpText('after', exitWords)
command(archive, 'open', 'open an export of the archive, offline, with the shares of its custodians', async (output, options, args) =>
  (await import('./commands/archive-open.ts')).archiveOpen(output, options, args),
)
  .argument('<export>', 'the file that an archive officer downloaded')
  .option('--share <file>', 'a custodian’s share; once for each; without it the shares are asked for', many)
  .option('--root <fingerprint>', 'fingerprint of the organisation’s root as printed at the ceremony; share files carry it')
  .option(
    '--recovery-key <file>',
    'the requesting officer’s recovery key; without it only sealed keys are written, for the officer to open',
  )
  .option('--opened <file>', 'instead of shares: what another machine wrote (opening.sealed)')
  .requiredOption('--out <folder>', 'an empty folder for the result')

command(program, 'doctor', 'check settings, keys, disk, database and log, and say what to do', async (output, options) =>
  (await import('./commands/doctor.ts')).doctor(output, options),
)
  .option('--free-ballast', 'give back the disk space that is kept for emergencies')
  .addOption(dataOption())
  .addOption(kekOption())

// Whoever read our lines has gone away: what is being done goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

try {
  await program.parseAsync(process.argv)
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown
  // Help and version that were asked for are no mistakes; of the others commander has said what is wrong.
  process.exitCode = thrown.exitCode === 0 ? exits.ok : exits.usage
}
