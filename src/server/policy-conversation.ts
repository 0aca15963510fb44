/**
 * One mail server that asks for our opinion: many requests over one connection, answered in their order.
 * `Postfix: SMTPD_POLICY_README`. What is no request ends the connection with a line in the log, and so does a bug:
 * without an answer the server asks again or takes its own default action, and no mail passes by our mistake.
 */
import type { Socket } from 'node:net';
import { dunno, type Verdict } from '../mail/verdict.ts';
import { blockLength, readAttributes } from '../policy/policy-text.ts';
import type { PolicyDesk } from '../policy-desk.ts';
import type { Log } from '../record/log.ts';
import { answerText } from './policy-answer.ts';
import { type AskedMail, readRequest } from './policy-request.ts';
import { sessions } from './sessions.ts';
import { Wire } from './wire.ts';

export interface PolicyConversationOptions {
  /** As in master.cf. */
  readonly name: string;
  readonly desk: PolicyDesk;
  readonly log: Log;
  /** From the first byte of a request to its last. smtpd_timeout */
  readonly requestTimeoutMs: number;
}

/** The longest attributes of Postfix (addresses, names of certificates) together take half of that. */
const MAX_REQUEST_BYTES = 32_768;
/** Between requests: longer than servers keep connections. `Postfix: smtpd_policy_service_max_ttl` (1000 s). */
const IDLE_MS = 3_600_000;
const REQUEST = 'smtpd_access_policy';

/** Something that is no request. */
class BadRequest extends Error {}

export class PolicyConversation {
  /** When the server loses its turn, milliseconds since 1970. */
  deadline = Date.now() + IDLE_MS;
  readonly #options: PolicyConversationOptions;
  readonly #wire: Wire;
  readonly #asker: string;
  #input: Buffer = Buffer.alloc(0);
  #lastMail: AskedMail | undefined;
  #busy = false;
  #closing = false;
  #isGone = false;

  constructor(socket: Socket, options: PolicyConversationOptions) {
    this.#options = options;
    this.#asker = socket.remoteAddress ?? 'a unix socket';
    this.#wire = new Wire(socket, MAX_REQUEST_BYTES, {
      heard: () => this.#heard(),
      saidAll: () => this.drain(),
      gone: () => this.#gone(),
    });
    sessions.add(this);
  }

  /** Ends when what has been asked is answered. The server opens another connection when it needs one. */
  drain(): void {
    this.#closing = true;
    if (!this.#busy) this.#wire.end();
  }

  /** There is a newer configuration: it should be the one that is asked. */
  retire(): void {
    this.drain();
  }

  timeOut(): void {
    if (this.#input.length > 0) this.#complain(`a request did not come to its end`);
    this.#wire.drop();
  }

  #heard(): void {
    if (this.#busy) this.#wire.hold();
    else if (!this.#closing) void this.#work();
  }

  /** Answers all that has been asked so far. Never rejects. */
  async #work(): Promise<void> {
    const deadline = this.#input.length > 0 ? this.deadline : Date.now() + this.#options.requestTimeoutMs;
    this.#busy = true;
    this.deadline = Number.POSITIVE_INFINITY;
    try {
      const answers = await this.#answerAll();
      this.deadline = this.#nextDeadline(answers > 0 ? undefined : deadline);
    } catch (error) {
      return this.#failed(error);
    }
    this.#busy = false;
    this.#wire.resume();
    if (this.#closing) this.#wire.end();
  }

  /** How many there were. */
  async #answerAll(): Promise<number> {
    let answers = 0;
    for (let request = this.#next(); request && !this.#isGone; request = this.#next()) {
      this.#wire.say(answerText(await this.#verdict(request)));
      this.#wire.flush();
      answers += 1;
    }
    return answers;
  }

  /** `begun`: that of a request that has begun before and is not whole yet. */
  #nextDeadline(begun: number | undefined): number {
    if (this.#input.length === 0) return Date.now() + IDLE_MS;
    return begun ?? Date.now() + this.#options.requestTimeoutMs;
  }

  /** The next whole request; undefined while it has not come. */
  #next(): Buffer | undefined {
    let length = blockLength(this.#input);
    const more = length === 0 ? this.#wire.takeAll() : undefined;
    if (more) {
      this.#input = this.#input.length === 0 ? more : Buffer.concat([this.#input, more]);
      length = blockLength(this.#input);
    }
    if ((length || this.#input.length) > MAX_REQUEST_BYTES) {
      throw new BadRequest(`a request is longer than ${MAX_REQUEST_BYTES} bytes`);
    }
    if (length === 0) return undefined;
    const request = this.#input.subarray(0, length);
    this.#input = this.#input.subarray(length);
    return request;
  }

  #verdict(request: Buffer): Promise<Verdict> | Verdict {
    const attributes = readAttributes(request);
    if (attributes.get('request') !== REQUEST)
      throw new BadRequest(`a request does not say request=${REQUEST}`);
    const { name, desk } = this.#options;
    const question = readRequest(attributes, name, this.#lastMail);
    if (!question) return dunno;
    this.#lastMail = question.mail ?? this.#lastMail;
    return desk.advise(question);
  }

  #failed(error: unknown): void {
    if (error instanceof BadRequest) this.#complain(error.message);
    else {
      this.#options.log.error(`internal error in a policy request from ${this.#asker}`, {
        error: error instanceof Error ? error.stack : String(error),
      });
    }
    this.#wire.drop();
  }

  #complain(problem: string): void {
    const { log, name } = this.#options;
    log.warn(`policy service ${name}: ${problem}: connection from ${this.#asker} closed`);
  }

  #gone(): void {
    this.#isGone = true;
    sessions.delete(this);
  }
}
