/** The door of access/sign-in: name, password and code, for a session. */
import path from 'node:path'
import type { Feature } from '@wardline/platform/server'
import { purge, tellStrangers } from './due.ts'
import { forgetEndedElsewhere } from './known-browsers.ts'
import { routes } from './routes.ts'

export { hashPassword, inTurn, verifyPassword } from './hashing.ts'
export { Busy } from './queue.ts'
export { begin as beginSignedIn, carry as carrySignedIn } from './sign-in-code.ts'
export { dropKnown, followAtMachine, forgetHeld, forgetMachine, machineCookie, rememberAtMachine } from './known-browsers.ts'
export { giveTicket } from './give-ticket.ts'
export { PasswordRefused, setPassword } from './set-password.ts'

export const signIn: Feature = {
  name: 'access/sign-in',
  migrations: path.join(import.meta.dirname, 'migrations'),
  routes,
  after: [forgetEndedElsewhere],
  due: [tellStrangers, purge],
}
