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
  'on-intake', // the number is not verified, but was given at intake and this is logistics
  'no-channel',
  'no-number', // the patient has none
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
  'visit-cancelled',
  'quiet-hours',
  'paused',
  'empty',
  'too-long',
  'unreadable',
] as const
/** One of {@link gateCodes}. */
export type GateCode = (typeof gateCodes)[number]

/** What each code says to a person: what stands in the way, and the nearest way on. */
export const gateWords: Readonly<Record<GateCode, string>> = {
  allowed: 'The patient agreed to texts like this one.',
  'test-patient': 'This is an invented patient, so no agreement with the carrier is needed.',
  'on-intake': 'The number was given at intake, so visits may be texted before it is verified.',
  'no-channel': 'This practice has no number to text from yet. An administrator connects one.',
  'no-number': 'There is no phone number of this patient. Add one, and record the consent.',
  'texts-stopped': 'All texts to patients are switched off. The privacy officer can switch them on again.',
  'agreement-missing':
    'There is no agreement (BAA) with the text carrier in force. The privacy officer records one; until then call the patient.',
  'opted-out': 'Texts to this number were stopped. Only the phone itself can lift that, by replying START. Call instead.',
  'no-consent': 'The patient has not agreed to texts on this number. Read out the script and record the consent.',
  'consent-expired': 'The consent ended on the day that the patient chose. Ask again and record it.',
  'consent-revoked': 'The patient ended the consent. Call instead, or record a new one if they ask for it.',
  'consent-narrower': 'The patient agreed to other texts, not to this kind. Ask for it and record it.',
  'number-frozen':
    'Somebody at this number said that it is not the patient’s, or the carrier no longer knows it. Check the number with the patient.',
  'wrong-person': 'This number is not this patient’s. Use another one.',
  'not-textable': 'This is a line that takes no texts. Call instead.',
  'number-unverified': 'The number is not verified. Send a code and ask the patient to read it out.',
  'code-needed': 'Clinical texts need a number that was verified by a code. Send a code first.',
  'clinical-words': 'A text is not secure and this one has medical or identifying words. Take them out, or call the patient.',
  'over-budget': 'This number had its texts of this kind for now. The text would come too often.',
  'too-late': 'The text would go out too late to be of use.',
  'visit-cancelled': 'The visit was cancelled.',
  'quiet-hours': 'It is outside the hours for texts of this kind. It goes out when they begin.',
  paused: 'The patient’s last words may mean stop. It waits until a person has looked at the thread.',
  empty: 'There is nothing to send.',
  'too-long': 'The text is too long for a text message.',
  unreadable:
    'What is kept of this text, its number or its patient is damaged and cannot be read, so it was not sent. Tell the patient another way, and tell whoever runs the server.',
}

/** What nobody at the practice changes by an act on the patient's page. */
export const finalCodes: ReadonlySet<GateCode> = new Set<GateCode>([
  'no-channel',
  'texts-stopped',
  'agreement-missing',
  'opted-out',
  'wrong-person',
  'not-textable',
])

/** Reasons in words. Beside one that nobody here can change the others are left out: mending them would lead nowhere. */
export function reasonsSaid(reasons: readonly { readonly code: GateCode; readonly says: string }[]): string {
  const final = reasons.filter((it) => finalCodes.has(it.code))
  return (final.length > 0 ? final : reasons).map((it) => it.says).join(' ')
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

/** What we take an inbound text for. */
export const meanings = ['stop', 'maybe-stop', 'resume', 'help', 'wrong-number', 'ordinary'] as const
/** One of {@link meanings}. */
export type Meaning = (typeof meanings)[number]

/** Languages of our own texts. */
export type Language = 'en' | 'es'

/** Our own texts. None names a reason for a visit, a provider's field or anything else that is PHI. */
export const templates = {
  code: {
    en: (practice: string, code: string) =>
      `${practice}: your code is ${code}. It works for 10 minutes. Read it to our staff, nobody else will ask for it.`,
    es: (practice: string, code: string) =>
      `${practice}: su código es ${code}. Sirve 10 minutos. Dígalo a nuestro personal; nadie más se lo pedirá.`,
  },
  stopped: {
    en: (practice: string, phone: string) =>
      `${practice}: you will get no more texts from us. Reply START to get them again, or call ${phone}.`,
    es: (practice: string, phone: string) =>
      `${practice}: no le enviaremos más mensajes. Responda ALTA para recibirlos otra vez, o llame al ${phone}.`,
  },
  resumed: {
    en: (practice: string, _phone: string) => `${practice}: you will get our texts again. Reply STOP to end.`,
    es: (practice: string, _phone: string) => `${practice}: recibirá otra vez nuestros mensajes. Responda ALTO para terminar.`,
  },
  help: {
    en: (practice: string, phone: string) =>
      `${practice}: texts about your visits. Call ${phone} for help. Msg & data rates may apply. Reply STOP to end.`,
    es: (practice: string, phone: string) =>
      `${practice}: mensajes sobre sus citas. Ayuda: ${phone}. Pueden aplicarse tarifas. Responda ALTO para terminar.`,
  },
  askWho: {
    en: (practice: string, _phone: string) =>
      `${practice}: several of our patients use this number. Who is this about, please? First name only.`,
    es: (practice: string, _phone: string) =>
      `${practice}: varios pacientes usan este número. ¿De quién se trata? Solo el nombre, por favor.`,
  },
  /** Follows a text that is the first in 30 days (CTIA; TC-02). */
  footer: {
    en: (practice: string) => `${practice}. Reply STOP to end.`,
    es: (practice: string) => `${practice}. Responda ALTO para terminar.`,
  },
} as const

/** Words that stop all texts when they are the whole message (47 CFR 64.1200(a)(10)). Compared as `plain` writes them. */
export const stopWords: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'stop',
    'stopall',
    'stop all',
    'unsubscribe',
    'unsub',
    'cancel',
    'end',
    'quit',
    'revoke',
    'optout',
    'opt out',
    'remove',
    'remove me',
    'arret',
  ],
  es: [
    'alto',
    'parar',
    'pare',
    'paren',
    'para',
    'baja',
    'darse de baja',
    'cancelar',
    'cancela',
    'detener',
    'detengan',
    'salir',
    'terminar',
    'fin',
    'no mas',
    'basta',
    'quitar',
    'desuscribir',
    'ya no',
  ],
}
/** Words that let texts come again when they are the whole message. */
export const resumeWords: Readonly<Record<Language, readonly string[]>> = {
  en: ['start', 'unstop', 'resume', 'opt in', 'optin', 'subscribe'],
  es: ['alta', 'empezar', 'reanudar', 'suscribir'],
}
/** Words that ask who this is and how to stop. */
export const helpWords: Readonly<Record<Language, readonly string[]>> = { en: ['help', 'info'], es: ['ayuda', 'informacion'] }
/** Answers that a reminder asks for: whoever gives one is the patient or theirs. */
export const yesWords: readonly string[] = [
  'c',
  'confirm',
  'confirmed',
  'y',
  'yes',
  'ok',
  'okay',
  'si',
  'confirmo',
  'confirmar',
  'confirmado',
  '1',
]

/** The English words that carriers answer themselves, alone and exactly (Twilio, "Support for opt-out keywords"). */
export const carrierWords = {
  STOP: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'],
  START: ['START', 'YES', 'UNSTOP'],
  HELP: ['HELP', 'INFO'],
} as const

/** Phrases that a reasonable person reads as "stop", wherever they stand in a message. Compared with what `plain` writes. */
export const stopPhrases: Readonly<Record<Language, readonly RegExp[]>> = {
  en: [
    /\b(stop|quit|cease) (all |these |those |the |your |any |with the |sending |getting )*(me |us )?(text|txt|messag|msg|sms|contact|send|spam|bother|remind|notif)/,
    /^(please )?end (all |these |the )*(text|message|msg|sms|reminder)/,
    /\b(stop|quit) (it|this|that|now|please|already|everything|bugging|harassing)\b/,
    /\b(please|pls|plz|just|now) (stop|quit|unsubscribe)( now| please| it)?$/,
    /^(stop|quit|unsubscribe|end)( (please|pls|plz|now|already|thanks|thank you|all|everything))+$/,
    /(^|\b(please|pls|and|just|you|so|now) )(do not|dont|don t|never) (ever )?(text|txt|message|msg|contact|sms|spam|bother|disturb|write)( to)? (me|us|this|anymore|any more|again|my)/,
    /(^|\b(please|pls|and|just|so|now) )(do not|dont|don t|never) send (me |us )?(any |anymore |more |these |those )*(text|txt|message|msg|sms|reminder|anything)/,
    /\bno more (text|txt|message|msg|sms|reminder)/,
    /\b(unsubscribe|opt|take|remove|delete) (me |us |my |this )+(number |phone )?(out|off|from|number|please|now)/,
    /\b(i want|i would like|i d like|like|want|wish) to (unsubscribe|opt out|stop (getting|receiving|these|the|all)|revoke)/,
    /\b(leave me alone|lose (my|this) number|take me off|unsubscribe me|opt me out|remove my (number|phone)|delete my (number|phone))\b/,
    /\b(i )?(do not|dont|don t|no longer) (want|wish|need) (to (get|receive)|any( more)?|more|these|your|the|further) (\w+ )?(text|txt|message|msg|sms|reminder)/,
    /\b(i )?(revoke|withdraw) (my |all )?(consent|permission)/,
  ],
  es: [
    /\bno me (manden?|mandes?|envien?|envies?|escriban?|escribas?|texteen?|contacten?|contactes|molesten?|molestes)\b/,
    /\bno (manden|envien|escriban) (mas|nada|mensajes)/,
    /\bno quiero (mas|recibir|que me|sus|estos)\b/,
    /\b(dejen?|deje|dejar|paren?|pare) de (mandar|enviar|escribir|molestar|textear|contactar)/,
    /\b(denme|deme|dame|darme|quiero dar(me)?|den) de baja\b/,
    /\b(quiten|quite|saquen|saque|borren|borre|eliminen|elimine)(me| mi numero| este numero)\b/,
    /\b(alto|paren|pare|basta|detengan) (por favor|ya|con|los|estos|de)\b/,
  ],
}

/** Phrases that say that the phone is not the patient's. */
export const wrongNumberPhrases: readonly RegExp[] = [
  /\bwrong (number|person|phone|#)/,
  /\b(numero|telefono|persona) equivocad[oa]\b/,
  /\bse equivoc(o|aron|a)\b/,
  /\b(this is not|this isn t|this isnt|you have the wrong|not) (his|her|their|that persons?|the patient s) (number|phone)\b/,
  /\bno (conozco|soy) (a )?(esa|ese|esta|este) (persona|paciente)/,
  /\b(i do not|i dont|i don t) know (this|that|any|who) (person|patient|this is)/,
  /\b(this is )?(not|no longer) (his|her|their) (number|phone|cell)/,
]

/** Traces of a stop in a message that is none by the lists above: then a person looks first. */
export const doubtfulTraces: readonly RegExp[] = [
  /\bstop\b(?! (by|in|at|over|off|bleeding|taking|smoking|eating|drinking|hurting|using|the (bleeding|pain|medication|meds)))/,
  /\b(unsubscribe|unsub|opt ?out|opt me|remove|revoke|quit|cease|desist|blocking|block you|blocked)\b/,
  /\b(no|not|dont|don t|never|enough|tired of|sick of|too many|quit|hate|why) (\w+ ){0,3}(text|texts|texting|txt|txts|messages|messaging|msgs|sms|reminders|notifications)\b/,
  /\b(spam|spamming|harass|harassing|harassment|annoying|lawyer|attorney|report you|sue you|leave me|go away|not interested|who is this|who are you)\b/,
  /^(please )?(cancel|end) (please|all|it|everything|this|now)/,
  /\b(alto|pare|paren|parar|detener|basta|desuscribir|quitar|quiten|borren|eliminar|molest\w*|acoso)\b/,
  /\b(no|ya no|tantos|demasiados) (\w+ ){0,3}(mensajes?|textos|mas|quiero)\b/,
  /\bcancelar? (todo|todos|mensajes|suscripcion)\b/,
]
