import type { Static } from '@wardline/platform/contract'
import type { MessageFrame } from '@wardline/product/team/messages/contract'

/**
 * The frame of a new message as JSON. All of it are ids, numbers and base64url, which a schema or the envelope's own bytes have vouched for,
 * so there is nothing to escape; and the envelope, nearly all of the frame, is not searched for it.
 */
export const messageFrame = (it: Omit<Static<typeof MessageFrame>, 't'>): string =>
  `{"t":"message","conversation":"${it.conversation}","sequence":${it.sequence},"epoch":${it.epoch},"person":"${it.person}",` +
  `"device":"${it.device}","at":${it.at},"hash":"${it.hash}","envelope":"${it.envelope}"}`
