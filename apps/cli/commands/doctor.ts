import path from 'node:path'
import { releaseBallast } from '@wardline/platform/embedded'
import { settingsWith } from '../config.ts'
import type { Overrides } from '../config.ts'
import { checkAll } from '../checks.ts'
import type { Finding } from '../checks.ts'
import { exits } from '../outcome.ts'
import type { Exit } from '../outcome.ts'
import type { Output } from '../output.ts'

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const

/** `wardline doctor`: exit 0 when nothing fails (warnings do not), 1 when something does. With --free-ballast gives the reserve back first. */
export async function doctor(output: Output, options: Overrides & { readonly freeBallast?: boolean }): Promise<Exit> {
  let freed: number | null = null
  if (options.freeBallast === true) {
    const settings = settingsWith(options)
    freed = await releaseBallast(path.join(settings.dataFolder, 'postgres'))
    output.say(
      freed > 0
        ? `Freed ${Math.round(freed / 2 ** 20)} MB. The next start with room keeps it back again.`
        : 'There was no reserve to free.',
    )
  }
  const findings: Finding[] = []
  for await (const finding of checkAll(() => settingsWith(options))) {
    findings.push(finding)
    output.say(`${marks[finding.state]} ${finding.check}: ${finding.says}`)
    if (finding.next !== undefined) output.say(`     ${finding.next}`)
  }
  const failed = findings.filter((it) => it.state === 'fail').length
  const warned = findings.filter((it) => it.state === 'warn').length
  output.say()
  output.say(
    failed > 0
      ? `${failed} of ${findings.length} checks failed.`
      : warned > 0
        ? `Nothing failed; ${warned === 1 ? '1 warning' : `${warned} warnings`}.`
        : 'All is well.',
  )
  output.result({ healthy: failed === 0, ...(freed === null ? {} : { freed }), checks: findings })
  return failed > 0 ? exits.problem : exits.ok
}
