/** The web door of care: units and who is on their rosters. */
export { Units } from './Units.tsx'
