/** The web door of emergency openings: the offer, the bar over every screen, the review queue. */
export { EmergencyBars, EmergencyOffer, useOpenings } from './Emergency.tsx'
export { OpeningQueue } from './OpeningQueue.tsx'
export type { Naming } from './OpeningQueue.tsx'
export { VerdictDialog } from './VerdictDialog.tsx'
export { EmergencyNotices } from './EmergencyNotices.tsx'
