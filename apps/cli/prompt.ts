import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { CliFailure, exits } from './outcome.ts'

/** Asks on the terminal. `hidden`: what is typed is not shown. Without a terminal nothing can be asked. */
export async function askFor(question: string, hidden: boolean): Promise<string> {
  if (!process.stdin.isTTY)
    throw new CliFailure(
      'not-a-terminal',
      `There is no terminal to ask on for: ${question.trim()} Nothing was done. Give it as an option; see --help.`,
      exits.usage,
    )
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: hidden ? silent : process.stderr, terminal: true })
  try {
    if (hidden) process.stderr.write(question)
    const typed = await lines.question(hidden ? '' : question)
    if (hidden) process.stderr.write('\n')
    return typed.trim()
  } finally {
    lines.close()
  }
}
