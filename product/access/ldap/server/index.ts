/** The door of access/ldap: the organisation's directory, asked by LDAP each minute. */
import path from 'node:path'
import { serve } from '@wardline/platform/server'
import type { Feature, Outgoing } from '@wardline/platform/server'
import { sourceChanged } from '@wardline/product/access/directory-sync/contract'
import { can } from '@wardline/product/access/roles/server'
import { readLdap, setLdap, testLdap } from '../contract.ts'
import { readState, store, tryOut } from './connection.ts'
import { synchronisation } from './due.ts'

/** LDAP synchronisation; `outgoing` judges every address. */
export const ldap = ({ outgoing }: { readonly outgoing: Outgoing }): Feature => ({
  name: 'access/ldap',
  migrations: path.join(import.meta.dirname, 'migrations'),
  ...synchronisation(outgoing),
  routes: [
    serve(readLdap, {
      who: can('directory.read'),
      audit: { none: 'the organisation’s own settings, without the password' },
      phi: 'none',
      run: readState,
    }),
    serve(setLdap, {
      who: can('directory.set'),
      audit: sourceChanged,
      phi: 'none',
      run: async (ctx, body) => {
        await ctx.write((tx) => store(tx, ctx.keys, outgoing, body))
        ctx.hint()
        return {}
      },
    }),
    serve(testLdap, {
      who: can('directory.set'),
      audit: { none: 'changes nothing' },
      phi: 'none',
      limit: { most: 30, seconds: 60 },
      run: (ctx, body) => tryOut(ctx, outgoing, body),
    }),
  ],
})
