/**
 * What is being decided about one message while it is looked at: the first refusal or DISCARD ends everything, PASS and
 * REDIRECT end the checks. Orders go straight into the envelope. `Postfix: CLEANUP_FLAG_FILTER, CLEANUP_OUT_OK`.
 * Parameters: after_queue, after_queue_action; behind a queue a refusal for good turns into an order and the checks go on.
 */
import type { Envelope } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Source } from '../mail/source.ts';
import type { BegunStep, TraceStep } from '../mail/trace.ts';
import { type AfterQueueAction, insteadOfRefusing } from './after-queue.ts';

export type ContentRefusal = NonNullable<Message['refusal']>;

export interface JudgementOptions {
  /** False where the checks are switched off. */
  readonly checking?: boolean | undefined;
  /** What happens instead of refusing; undefined: nothing does. */
  readonly afterQueue?: AfterQueueAction | undefined;
}

export class Judgement {
  readonly session: Session;
  readonly envelope: Envelope;
  #refusal: ContentRefusal | undefined;
  readonly #afterQueue: AfterQueueAction | undefined;
  #checking: boolean;

  constructor(session: Session, envelope: Envelope, { checking = true, afterQueue }: JudgementOptions = {}) {
    this.session = session;
    this.envelope = envelope;
    this.#checking = checking;
    this.#afterQueue = afterQueue;
  }

  get refusal(): ContentRefusal | undefined {
    return this.#refusal;
  }

  /** Nothing that comes can change the verdict. */
  get isOver(): boolean {
    return this.#refusal !== undefined || this.envelope.orders.discard !== undefined;
  }

  /** Whether tables are still asked. */
  get isChecking(): boolean {
    return this.#checking && !this.isOver;
  }

  /** The first refusal counts. */
  refuse(reply: Reply, restriction: string, rule: Source): void {
    const isForGood = reply.code >= 500;
    if (this.#afterQueue && isForGood) insteadOfRefusing(reply, this.envelope.orders, this.#afterQueue);
    else this.#refusal ??= { reply, restriction, rule };
  }

  /** What somebody who looked at the message has to say, for its story. */
  tell(step: Pick<BegunStep, 'restriction' | 'source' | 'looked' | 'verdict'>): TraceStep {
    return this.envelope.trace.begin({ stage: 'END-OF-MESSAGE', list: 'content', ...step });
  }

  /** Whether a check has said anything. */
  hasTold(check: string): boolean {
    return this.envelope.trace.steps.some(
      ({ list, restriction }) => list === 'content' && restriction === check,
    );
  }

  stopChecking(): void {
    this.#checking = false;
  }
}
