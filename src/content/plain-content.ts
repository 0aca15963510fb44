/** Content without any check: the message is kept as it comes and gets our fields on top. */
import type { Envelope } from '../mail/envelope.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Message } from '../mail/message.ts';
import type { Session } from '../mail/session.ts';
import type { Content, Incoming } from './content.ts';
import { Spool, type SpoolOptions } from './spool.ts';

export interface PlainContentOptions {
  readonly spool: SpoolOptions;
  /** Fields for the top of the message, CRLFs included. */
  topFields(session: Session, envelope: Envelope): string;
}

export class PlainContent implements Content {
  readonly #options: PlainContentOptions;

  constructor(options: PlainContentOptions) {
    this.#options = options;
  }

  begin(session: Session, envelope: Envelope): Incoming {
    return new PlainIncoming(session, envelope, this.#options);
  }
}

class PlainIncoming implements Incoming {
  readonly #session: Session;
  readonly #envelope: Envelope;
  readonly #options: PlainContentOptions;
  readonly #spool: Spool;

  constructor(session: Session, envelope: Envelope, options: PlainContentOptions) {
    this.#session = session;
    this.#envelope = envelope;
    this.#options = options;
    this.#spool = new Spool(options.spool);
  }

  write(chunk: Buffer): MaybePromise<void> {
    return this.#spool.append(chunk);
  }

  async finish(): Promise<Message> {
    const top = this.#options.topFields(this.#session, this.#envelope);
    if (top !== '') this.#spool.prepend(Buffer.from(top));
    return {
      refusal: undefined,
      messageId: undefined,
      facts: {},
      ...this.#spool.outgoing(),
      asReceived: () => this.#spool.chunks(),
    };
  }

  close(): void {
    void this.#spool.close();
  }
}
