import type { Feature } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { conversations, followDevices } from '@wardline/product/team/conversations/server'
import { devices } from '@wardline/product/team/devices/server'
import { directory } from '@wardline/product/team/directory/server'
import { lostKeys } from '@wardline/product/team/lost-keys/server'
import { messages } from '@wardline/product/team/messages/server'

/** The features that staff need to talk: nothing of patients, vendors or compliance. */
export const staffFeatures: readonly Feature[] = [
  provisioning,
  roles,
  mfa,
  sessions,
  policies,
  devices(followDevices),
  lostKeys(followDevices),
  directory,
  conversations,
  messages,
]
