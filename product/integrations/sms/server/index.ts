/** The door of integrations/sms: one constructor for each carrier, and the answer that a carrier's webhook expects. */
export { twilioCarrier } from './twilio.ts'
export type { TwilioConfig } from './twilio.ts'

/** The body and content type that tell Twilio "received, nothing to say": any other answer could become a text. */
export const emptyTwiml = {
  contentType: 'text/xml; charset=utf-8',
  body: '<?xml version="1.0" encoding="UTF-8"?><Response></Response>',
} as const
