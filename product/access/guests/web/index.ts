/** The web door of guests: who is here until a day. */
export { Guests } from './Guests.tsx'
