/** What the details can open over a patient's thread. */
export type OpenDialog = 'consent' | 'verify' | 'stop'
