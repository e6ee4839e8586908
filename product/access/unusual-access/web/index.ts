/** The web door of unusual access. */
export { AlertQueue } from './AlertQueue.tsx'
