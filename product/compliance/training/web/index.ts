/** The web door of trainings: one's own, the officers' page, and what stands in place of records for who is held back. */
export { HeldBack, OwnTraining, TrainingBar, useHeldBack } from './OwnTraining.tsx'
export { Training } from './Training.tsx'
