/** A number as people read it: "(312) 555-0117" within the North American plan, else as it is. Takes E.164. */
export const phoneText = (e164: string): string => e164.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '($1) $2-$3')

/** How a kind of line is called in a sentence. */
export const lineWords: Readonly<Record<'mobile' | 'landline' | 'voip' | 'unknown', string>> = {
  mobile: 'mobile',
  landline: 'landline',
  voip: 'internet number',
  unknown: 'number',
}
