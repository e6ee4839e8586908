/** The opt-out words that Twilio handles for its customers ("Twilio support for opt-out keywords"). */
import type { Account, KeywordType } from './model.ts'

const standard: Readonly<Record<KeywordType, readonly string[]>> = {
  STOP: ['STOP', 'STOPALL', 'UNSUBSCRIBE', 'CANCEL', 'END', 'QUIT', 'REVOKE', 'OPTOUT'],
  START: ['START', 'YES', 'UNSTOP'],
  HELP: ['HELP', 'INFO'],
}

/** Twilio's own answers, where the customer has not written others. */
export const standardAnswers: Readonly<Record<KeywordType, string>> = {
  STOP: 'You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.',
  START:
    'You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
  HELP: 'Reply STOP to unsubscribe. Msg&Data Rates May Apply.',
}

/** The keyword that a text is for this account, if its opt-out handling is on. Further words need Advanced Opt-Out. */
export const keywordOf = (account: Account, body: string): KeywordType | undefined => {
  if (account.optOut === 'none') return undefined
  const word = body.trim().toUpperCase()
  return (['STOP', 'START', 'HELP'] as const).find(
    (type) =>
      standard[type].includes(word) ||
      (account.optOut === 'advanced' && (account.keywords?.[type] ?? []).some((extra) => extra.toUpperCase() === word)),
  )
}
