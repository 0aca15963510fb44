/**
 * Signs what goes out, after every change: the author's domain (From), else the envelope's sender, says with which
 * keys; where both have one domain, the sender's address does. Parameters: dkim_sign, dkim_signing_maps. Mail of strangers is never signed, mail without an entry in the maps
 * goes unsigned; when a key that should sign cannot, the mail waits (451).
 */
import { type Address, address as addressOf } from '../../mail/address.ts';
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import { Refused } from '../../mail/refused.ts';
import { reply } from '../../mail/reply.ts';
import type { Session } from '../../mail/session.ts';
import { DkimSigning, type SigningKey } from '../../sender-auth/dkim-sign.ts';
import { authorOfFields } from '../../sender-auth/from-header.ts';
import { headerFields } from '../../sender-auth/header-fields.ts';
import { LookupFailure } from '../../tables/table.ts';
import { HeaderSplit, headerBlock } from '../authentication/header-split.ts';
import type { MailOf } from '../inspection.ts';
import type { SpooledBytes } from '../spool.ts';
import { type KeyFiles, KeyProblem, parseKeyNames } from './key-files.ts';

export interface MailSignerOptions {
  /** The entry of dkim_signing_maps for an address. Throws (or rejects with) LookupFailure. */
  find(sender: Address): MaybePromise<string | undefined>;
  /** A user who logged in, or a client of ours. */
  isOurs(session: Session): MaybePromise<boolean>;
  readonly keys: Pick<KeyFiles, 'key'>;
  /** Makes the name of a key file whole. */
  resolve(file: string): string;
}

const NO_KEY = reply(451, '4.3.5', 'Error: the message cannot be signed now');

export class MailSigner {
  readonly #options: MailSignerOptions;

  constructor(options: MailSignerOptions) {
    this.#options = options;
  }

  /** The signatures for the top of the message; none where nobody signs for its author. Rejects with Refused. */
  async seal({ session, envelope }: MailOf, outgoing: SpooledBytes): Promise<string[]> {
    try {
      if (!(await this.#maySign(session))) return [];
      const header = await headerBlock(outgoing.chunks());
      const keys = await this.#keysFor(header, envelope.sender);
      return keys.length > 0 ? [await signatures(keys, outgoing)] : [];
    } catch (error) {
      if (!(error instanceof KeyProblem) && !(error instanceof LookupFailure)) throw error;
      throw new Refused(`cannot sign: ${error.message}`, NO_KEY);
    }
  }

  /** Our own mail; and what an MTA hands over that may speak for its clients. */
  #maySign(session: Session): MaybePromise<boolean> {
    return session.forwarded !== undefined || this.#options.isOurs(session);
  }

  async #keysFor(header: Buffer, sender: Address): Promise<SigningKey[]> {
    const { find, keys, resolve } = this.#options;
    for (const signer of signers(header, sender)) {
      const entry = await find(signer);
      if (entry !== undefined) return parseKeyNames(entry, resolve).map((name) => keys.key(name));
    }
    return [];
  }
}

/** Who may have a key, the best first. */
function signers(header: Buffer, sender: Address): Address[] {
  const author = authorOfFields(headerFields(header));
  const whole = sender.text === '' ? [] : [sender];
  if (author.kind === 'unusable' || sender.domain.toLowerCase() === author.domain) return whole;
  return [addressOf(`@${author.domain}`), ...whole];
}

async function signatures(keys: readonly SigningKey[], message: SpooledBytes): Promise<string> {
  const signing = new DkimSigning({ keys });
  const split = new HeaderSplit({
    header: (block) => signing.header(block),
    body: (chunk) => signing.body(chunk),
  });
  for await (const chunk of message.chunks()) split.write(chunk);
  split.end();
  return (await signing.finish()).toString('latin1').replace(/\r\n$/, '');
}
