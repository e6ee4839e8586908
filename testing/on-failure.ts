/** After a test that failed: what its browsers show, so that a failure on somebody else's machine can be understood. */
import { afterEach } from 'vitest'
import { openTabs } from './browser.ts'

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const tab of await openTabs()) console.error(`Open when "${task.name}" failed: ${tab}`)
})
