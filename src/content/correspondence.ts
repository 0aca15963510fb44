/**
 * Whom our users write to, learned when the next hop has taken their mail, so that the answers are let in
 * (permit_correspondent). Parameter: learn_correspondents. What programs send by themselves (RFC 3834 5) teaches
 * nothing: whoever gets a vacation notice has written to us, not we to him. It never fails, and no mail waits for it.
 */
import type { Address } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Message } from '../mail/message.ts';
import type { Session } from '../mail/session.ts';
import type { Correspondents } from '../memory/correspondents.ts';
import type { Log } from '../record/log.ts';
import { fieldBody, headerFields } from '../sender-auth/header-fields.ts';
import { headerBlock } from './authentication/header-split.ts';
import type { MailOf } from './inspection.ts';

export interface CorrespondenceOptions {
  readonly correspondents: Pick<Correspondents, 'learn'>;
  /** A user who logged in, or a client of ours. */
  isOurs(session: Session): MaybePromise<boolean>;
  /** Whether mail for this address leaves the house. */
  isStranger(address: Address): MaybePromise<boolean>;
  readonly log: Log;
}

export class Correspondence {
  readonly #options: CorrespondenceOptions;

  constructor(options: CorrespondenceOptions) {
    this.#options = options;
  }

  /** A mail has been taken. Resolves when its bytes are not needed any more. Never rejects. */
  async learn(mail: MailOf, message: Pick<Message, 'asReceived'>): Promise<void> {
    const { isOurs, log } = this.#options;
    try {
      const isWritten = mail.envelope.sender.text !== '' && (await isOurs(mail.session));
      if (isWritten && !isAutomatic(await headerBlock(message.asReceived()))) void this.#remember(mail);
    } catch (error) {
      log.warn(`${mail.envelope.id}: correspondents are not learned: ${(error as Error).message}`);
    }
  }

  async #remember({ envelope }: MailOf): Promise<void> {
    const { correspondents, isStranger, log } = this.#options;
    try {
      for (const { address } of envelope.recipients) {
        if (await isStranger(address)) await correspondents.learn(envelope.sender, address);
      }
    } catch (error) {
      log.warn(`${envelope.id}: correspondents are not learned: ${(error as Error).message}`);
    }
  }
}

function isAutomatic(header: Buffer): boolean {
  return headerFields(header).some((field) => AUTOMATIC[field.name]?.test(fieldBody(field)));
}

const AUTOMATIC: Readonly<Record<string, RegExp>> = {
  'auto-submitted': /^\s*(?!no\b)\S/i,
  precedence: /^\s*(?:bulk|junk|list|auto_reply)\b/i,
};
