/** The web door of appointments: a patient's visits, and a day's reminders. */
export { Reminders } from './Reminders.tsx'
export { Visits } from './Visits.tsx'
