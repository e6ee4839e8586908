import { lineWords, type PatientNumber } from '@wardline/product/patients/roster/web'

/** How a number is called in a button: its kind and its last two digits, "mobile ending 17". Enough to tell, too little to copy. */
export const calledOf = (it: Pick<PatientNumber, 'e164' | 'lineType'>): string => `${lineWords[it.lineType]} ending ${it.e164.slice(-2)}`
