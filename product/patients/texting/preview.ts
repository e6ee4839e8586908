/** What the composer may work out by itself: how a text splits into segments, and words that do not belong into one. */
import segments from 'sms-segments-calculator'

/** How a text goes over the air: GSM 03.38 septets or UCS-2, and in how many parts it is billed. */
export interface Segments {
  readonly encoding: 'GSM-7' | 'UCS-2'
  readonly count: number
}

/** Counts the parts of a text (3GPP TS 23.038, 23.040): 160 septets or 70 units in one, 153 or 67 in each of several. */
export function segmentsOf(body: string): Segments {
  const counted = new segments.SegmentedMessage(body, 'auto')
  return { encoding: counted.encodingName, count: body === '' ? 0 : counted.segmentsCount }
}

/** A word of a draft that should not go by text: UTF-16 offsets, end exclusive. */
export interface Mark {
  readonly from: number
  readonly to: number
}

/**
 * Words of diagnosis, laboratory and drugs, and identifiers. A first, small list in English and Spanish: it catches what must never
 * stand in a text, and claims nothing about what it lets through (patients/screening does that).
 */
const marked: readonly RegExp[] = [
  /\b(diagnos(is|es|ed|tic)|biops(y|ies)|patholog(y|ical)|malignan(t|cy)|benign|tumou?rs?|cancer(ous)?|carcinoma|melanoma|metasta\w+|chemo(therapy)?|radiation)\b/giu,
  /\b(hiv|aids|hepatitis|herpes|chlamydia|gonorrh\w+|syphilis|hpv|std|sti|stds|stis|covid|tuberculosis)\b/giu,
  /\b(pregnan(t|cy)|miscarriage|abortion|infertility|contracepti(on|ve)s?)\b/giu,
  /\b(diabet(es|ic)|a1c|hba1c|cholesterol|creatinine|potassium|glucose|hemoglobin|psa|inr|tsh)\b/giu,
  /\b(depress(ion|ed|ive)|bipolar|schizophren\w+|psychos\w+|suicid\w+|anxiety|adhd|overdose|methadone|suboxone|buprenorphine|rehab|detox)\b/giu,
  /\b((lab|labs|blood|test|biopsy|x-?ray|mri|ct|scan|urine|pap)\s+(results?|work|report)|results?\s+(are|were|came|is|was|show)\b|test(ed)?\s+(positive|negative)|(came|come|is|was|were|are)\s+(back\s+)?(positive|negative))\b/giu,
  /\b(prescription|antibiotics?|amoxicillin|oxycodone|hydrocodone|opioids?|insulin|metformin|\d+\s?mg)\b/giu,
  /\b(root canal|extraction|crown|implant|periodont\w+|gingivitis|caries|cavit(y|ies)|abscess|denture)\b/giu,
  /\b(ssn|social security|mrn|medical record|date of birth|dob|insurance id|member id)\b/giu,
  /\b\d{3}-\d{2}-\d{4}\b/gu,
  /(?<!\p{L})(diagn[oó]stic\w*|biopsias?|c[aá]ncer|tumor(es)?|maligno|benigno|vih|sida|embarazad?[ao]|embarazo|diabetes|depresi[oó]n|resultados?|an[aá]lisis|positiv[oa]|negativ[oa]|receta|antibi[oó]ticos?|endodoncia|caries|seguro social|fecha de nacimiento)(?!\p{L})/giu,
]

/** The marked words of a draft, in order and without overlaps. */
export function clinicalWords(draft: string): readonly Mark[] {
  const found = marked
    .flatMap((pattern) => [...draft.matchAll(pattern)].map((match): Mark => ({ from: match.index, to: match.index + match[0].length })))
    .toSorted((a, b) => a.from - b.from || b.to - a.to)
  return found.filter((mark, i) => !found.slice(0, i).some((before) => mark.from < before.to))
}
