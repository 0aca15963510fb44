/** A mail of nobody in particular. */
import type { MailOf } from '../../../src/content/inspection.ts';
import { unnamedClient } from '../../../src/mail/client.ts';
import { envelopeOf, recipientOf, sessionOf } from '../../relay/parcel.ts';

export function newMail(recipients: readonly string[] = ['joe@example.com']): MailOf {
  const envelope = { ...envelopeOf('ann@far.example'), id: '4h0Qk15nXDz7abc' };
  return {
    session: sessionOf({ client: unnamedClient('198.51.100.7', '4711') }),
    envelope: { ...envelope, recipients: recipients.map((text) => recipientOf(text)) },
  };
}
