/** The table of contents: every feature of the server, in the order in which their migrations run. */
import type { FactKind } from '@wardline/platform/contract'
import type { Feature, Route } from '@wardline/platform/server'
import { mfa } from '@wardline/product/access/mfa/server'
import { policies } from '@wardline/product/access/policies/server'
import { provisioning } from '@wardline/product/access/provisioning/server'
import { roles } from '@wardline/product/access/roles/server'
import { sessions } from '@wardline/product/access/sessions/server'
import { signIn } from '@wardline/product/access/sign-in/server'
import { audit } from '@wardline/product/compliance/audit/server'
import { conversations, followDevices } from '@wardline/product/team/conversations/server'
import { devices } from '@wardline/product/team/devices/server'
import { directory } from '@wardline/product/team/directory/server'
import { messages } from '@wardline/product/team/messages/server'

/** All features of a server. */
export function wardlineFeatures(): readonly Feature[] {
  const features: Feature[] = [provisioning, roles, mfa, sessions, signIn, policies, devices(followDevices), directory, conversations, messages]
  const sentence = sentencesOf(features)
  return [...features, audit(sentence)]
}

/** The sentence of each kind of fact, from what the routes say that they audit. */
export function sentencesOf(features: readonly Feature[]): (kind: string) => string {
  const says = new Map(features.flatMap((it) => it.routes ?? []).flatMap(kindsOf).map((kind) => [kind.kind, kind.says]))
  return (kind) => says.get(kind) ?? kind
}

const kindsOf = (route: Route): readonly FactKind[] => ('none' in route.audit ? [] : [route.audit].flat() as FactKind[])
