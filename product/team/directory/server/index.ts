/** The door of team/directory: colleagues as somebody sees them who wants to write to them. */
import { serve } from '@wardline/platform/server'
import type { Feature } from '@wardline/platform/server'
import { can } from '@wardline/product/access/roles/server'
import { colleagues as endpoint } from '@wardline/product/team/directory/contract'
import { colleagues } from './colleagues.ts'

export const directory: Feature = {
  name: 'team/directory',
  routes: [
    serve(endpoint, {
      who: can('colleague.read'),
      audit: { none: 'names and public keys of colleagues' },
      phi: 'none',
      run: (ctx) => ctx.read(colleagues),
    }),
  ],
}
