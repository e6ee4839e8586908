/** The versions of {@link warnings}. */
export const warningVersions = ['sms-1-en', 'sms-1-es'] as const
/** One of {@link warningVersions}. */
export type WarningVersion = (typeof warningVersions)[number]

/**
 * What is read out or signed before a practice texts a patient, by version. A text is never edited: a change is a new version,
 * because receipts carry the version and the hash of the words that the patient heard.
 */
export const warnings: readonly { readonly version: WarningVersion; readonly language: 'en' | 'es'; readonly text: string }[] = [
  {
    version: 'sms-1-en',
    language: 'en',
    text:
      'We would like to text you about your visits and your care. Text messages are not secure: they can be read by your phone company ' +
      'and by anyone who can see your phone. We keep texts short and leave out medical details; those come by a secure page. ' +
      'Message and data rates may apply. It is your choice, and your care does not depend on it. ' +
      'You can stop at any time: reply STOP, or tell us in any way you like.',
  },
  {
    version: 'sms-1-es',
    language: 'es',
    text:
      'Queremos enviarle mensajes de texto sobre sus citas y su atención. Los mensajes de texto no son seguros: los puede leer su compañía ' +
      'telefónica y cualquier persona que vea su teléfono. Nuestros mensajes son cortos y sin detalles médicos; esos llegan por una página segura. ' +
      'Pueden aplicarse tarifas de mensajes y datos. Es su decisión, y su atención no depende de ella. ' +
      'Puede terminar cuando quiera: responda ALTO, o díganoslo de cualquier manera.',
  },
]

/** What a patient can agree to be written about. */
export const scopes = ['care-logistics', 'clinical', 'marketing'] as const
/** One of {@link scopes}. */
export type Scope = (typeof scopes)[number]

/** The ways that a consent can cover. */
export const channels = ['sms'] as const
/** One of {@link channels}. */
export type Channel = (typeof channels)[number]

/**
 * What a consent rests on: the script read out and agreed to, a signature, the number given at intake (T0 logistics only),
 * or an attested import from another system.
 */
export const bases = ['spoken', 'written', 'intake', 'import'] as const
/** One of {@link bases}. */
export type Basis = (typeof bases)[number]

/** What a receipt says: a consent, its end, a stop for the whole number, or the number's own word that texts may come again. */
export const receiptKinds = ['grant', 'revoke', 'opt-out', 'resume'] as const
/** One of {@link receiptKinds}. */
export type ReceiptKind = (typeof receiptKinds)[number]

/** Who said that texts shall stop or may come again: the phone itself, the carrier's block list, staff who were told, an imported list. */
export const sources = ['text', 'carrier', 'staff', 'import'] as const
/** One of {@link sources}. */
export type Source = (typeof sources)[number]
