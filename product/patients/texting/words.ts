/** What a text is for. It decides the consent that it needs, the hours in which it may go and the budget that it counts against. */
export const purposes = [
  'code', // a verification code; has a basis of its own
  'stop-confirmation', // the one confirmation of a stop; has a basis of its own (47 CFR 64.1200(a)(12))
  'answer', // to a patient who wrote
  'booking', // acknowledges a visit that was just made
  'reminder', // of a visit
  'change', // a visit moved or a practice closed
  'care', // other logistics of care
  'recall', // the patient is due again
  'survey',
  'clinical',
  'marketing',
] as const
/** One of {@link purposes}. */
export type Purpose = (typeof purposes)[number]

/** Why the gate decided as it did, for every decision the same words. */
export const gateCodes = [
  'allowed',
  'test-patient', // goes out without an agreement because the patient is invented
  'on-intake', // the number is not verified, but was given at intake and this is logistics (decisions.md B2)
  'no-channel',
  'texts-stopped',
  'agreement-missing',
  'opted-out',
  'no-consent',
  'consent-expired',
  'consent-revoked',
  'consent-narrower',
  'number-frozen',
  'wrong-person',
  'not-textable',
  'number-unverified',
  'code-needed',
  'clinical-words',
  'over-budget',
  'too-late',
  'quiet-hours',
  'paused',
  'empty',
  'too-long',
] as const
/** One of {@link gateCodes}. */
export type GateCode = (typeof gateCodes)[number]

/** What each code says to a person: what stands in the way, and the nearest way on. */
export const gateWords: Readonly<Record<GateCode, string>> = {
  allowed: 'The patient agreed to texts like this one.',
  'test-patient': 'This is an invented patient, so no agreement with the carrier is needed.',
  'on-intake': 'The number was given at intake, so visits may be texted before it is verified.',
  'no-channel': 'This practice has no number to text from yet. An administrator connects one.',
  'texts-stopped': 'All texts to patients are switched off. The privacy officer can switch them on again.',
  'agreement-missing': 'There is no agreement (BAA) with the text carrier in force. The privacy officer records one; until then call the patient.',
  'opted-out': 'Texts to this number were stopped. Only the phone itself can lift that, by replying START. Call instead.',
  'no-consent': 'The patient has not agreed to texts on this number. Read out the script and record the consent.',
  'consent-expired': 'The consent ended on the day that the patient chose. Ask again and record it.',
  'consent-revoked': 'The patient ended the consent. Call instead, or record a new one if they ask for it.',
  'consent-narrower': 'The patient agreed to other texts, not to this kind. Ask for it and record it.',
  'number-frozen': 'Somebody at this number said that it is not the patient’s, or the carrier no longer knows it. Check the number with the patient.',
  'wrong-person': 'This number is not this patient’s. Use another one.',
  'not-textable': 'This is a line that takes no texts. Call instead.',
  'number-unverified': 'The number is not verified. Send a code and ask the patient to read it out.',
  'code-needed': 'Clinical texts need a number that was verified by a code. Send a code first.',
  'clinical-words': 'A text is not secure and this one has medical or identifying words. Take them out, or call the patient.',
  'over-budget': 'This number had its texts of this kind for now. The text would come too often.',
  'too-late': 'The text would go out too late to be of use.',
  'quiet-hours': 'It is outside the hours for texts of this kind. It goes out when they begin.',
  paused: 'The patient’s last words may mean stop. It waits until a person has looked at the thread.',
  empty: 'There is nothing to send.',
  'too-long': 'The text is too long for a text message.',
}

/** How an outbound text stands. */
export const textStates = [
  'held', // waits for its hour, or for a person to look
  'queued',
  'sending', // handed over, or about to be
  'accepted', // the carrier has it; `delivery` says more
  'refused', // the carrier will not take it
  'unknown', // the carrier may have it; it is being looked up, never sent again by itself
  'not-taken', // looked up: the carrier never took it. A person decides.
  'withdrawn', // the gate no longer allowed it when its time came
] as const
/** One of {@link textStates}. */
export type TextState = (typeof textStates)[number]

/** What we take an inbound text for (decisions.md B6). */
export const meanings = ['stop', 'maybe-stop', 'resume', 'help', 'wrong-number', 'ordinary'] as const
/** One of {@link meanings}. */
export type Meaning = (typeof meanings)[number]

/** Languages of our own texts. */
export type Language = 'en' | 'es'

/** Our own texts. None names a reason for a visit, a provider's field or anything else that is PHI. */
export const templates = {
  code: {
    en: (practice: string, code: string) => `${practice}: your code is ${code}. It works for 10 minutes. Read it to our staff, nobody else will ask for it.`,
    es: (practice: string, code: string) => `${practice}: su código es ${code}. Sirve 10 minutos. Dígalo a nuestro personal; nadie más se lo pedirá.`,
  },
  stopped: {
    en: (practice: string, phone: string) => `${practice}: you will get no more texts from us. Reply START to get them again, or call ${phone}.`,
    es: (practice: string, phone: string) => `${practice}: no le enviaremos más mensajes. Responda ALTA para recibirlos otra vez, o llame al ${phone}.`,
  },
  resumed: {
    en: (practice: string, _phone: string) => `${practice}: you will get our texts again. Reply STOP to end.`,
    es: (practice: string, _phone: string) => `${practice}: recibirá otra vez nuestros mensajes. Responda ALTO para terminar.`,
  },
  help: {
    en: (practice: string, phone: string) => `${practice}: texts about your visits. Call ${phone} for help. Msg & data rates may apply. Reply STOP to end.`,
    es: (practice: string, phone: string) => `${practice}: mensajes sobre sus citas. Ayuda: ${phone}. Pueden aplicarse tarifas. Responda ALTO para terminar.`,
  },
  askWho: {
    en: (practice: string, _phone: string) => `${practice}: several of our patients use this number. Who is this about, please? First name only.`,
    es: (practice: string, _phone: string) => `${practice}: varios pacientes usan este número. ¿De quién se trata? Solo el nombre, por favor.`,
  },
  /** Follows a text that is the first in 30 days (CTIA; TC-02). */
  footer: {
    en: (practice: string) => `${practice}. Reply STOP to end.`,
    es: (practice: string) => `${practice}. Responda ALTO para terminar.`,
  },
} as const
