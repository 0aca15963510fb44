/**
 * One connection to a policy server: one question at a time, kept for the next ones. Parameters:
 * smtpd_policy_service_max_idle, smtpd_policy_service_max_ttl, smtpd_policy_service_request_limit.
 * `Postfix: attr_clnt.c, auto_clnt.c`. An answer has a bound; whatever comes unasked ends the connection.
 */
import { connect, type Socket } from 'node:net';
import { systemErrorText } from '../smtp/system-error.ts';
import type { PolicyAddress } from './policy-address.ts';
import { blockLength, readAttributes } from './policy-text.ts';

export interface ConnectionLimits {
  readonly maxIdleMs: number;
  readonly maxAgeMs: number;
  /** Questions; 0: no limit. */
  readonly requestLimit: number;
}

/** No answer. */
export class PolicyFailure extends Error {
  /** The connection had been kept, and was dead: the question has not been heard. */
  readonly wasStale: boolean;
  /** One of many connections that end now and then: only worth a word when it happens again. */
  readonly isQuiet: boolean;

  constructor(problem: string, { wasStale = false, isQuiet = false } = {}) {
    super(problem);
    this.wasStale = wasStale;
    this.isQuiet = isQuiet;
  }
}

export interface ConnectionOwner {
  /** It can take the next question. */
  free(connection: PolicyConnection): void;
  gone(connection: PolicyConnection): void;
}

interface Question {
  readonly resolve: (action: string) => void;
  readonly reject: (failure: PolicyFailure) => void;
}

const MAX_ANSWER_BYTES = 65_536;
/** `Postfix: attr_clnt_request` does not tell these of the first try. */
const QUIET_CODES = new Set(['EPIPE', 'ENOENT', 'ECONNRESET']);

export class PolicyConnection {
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #owner: ConnectionOwner;
  readonly #madeAt = performance.now();
  #answered = 0;
  #question: Question | undefined;
  #received: Buffer = Buffer.alloc(0);
  #problem: NodeJS.ErrnoException | undefined;
  #isGone = false;

  constructor(address: PolicyAddress, limits: ConnectionLimits, owner: ConnectionOwner) {
    this.#limits = limits;
    this.#owner = owner;
    const options =
      address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    this.#socket = connect({ ...options, noDelay: true });
    this.#socket.on('data', (bytes) => this.#take(bytes));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#problem = error;
    });
    this.#socket.on('end', () => this.close());
    this.#socket.on('timeout', () => this.close());
    this.#socket.on('close', () => this.#ended());
  }

  get isFree(): boolean {
    return !this.#question && !this.#isGone;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** It has been open for too long to take another question. */
  get isOld(): boolean {
    return performance.now() - this.#madeAt > this.#limits.maxAgeMs;
  }

  /** Rejects with PolicyFailure; how long it may take is the caller's affair. */
  ask(question: Buffer): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#question = { resolve, reject };
      this.#socket.setTimeout(0);
      this.#socket.ref();
      this.#socket.write(question);
    });
  }

  close(): void {
    this.#isGone = true;
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    const length = blockLength(this.#received);
    if (length === 0 && this.#received.length <= MAX_ANSWER_BYTES) return;
    const question = this.#question;
    const isAlone = length === this.#received.length;
    const action =
      length === 0 ? undefined : readAttributes(this.#received.subarray(0, length)).get('action');
    this.#received = Buffer.alloc(0);
    this.#question = undefined;
    if (!question || action === undefined) {
      const problem =
        length === 0 ? `an answer longer than ${MAX_ANSWER_BYTES} bytes` : 'an answer without action=';
      question?.reject(new PolicyFailure(problem));
      this.close();
      return;
    }
    this.#answered += 1;
    question.resolve(action);
    const isSpent = this.#limits.requestLimit > 0 && this.#answered >= this.#limits.requestLimit;
    if (!isAlone || isSpent || this.isOld) this.close();
    else this.#rest();
  }

  #rest(): void {
    this.#socket.setTimeout(this.#limits.maxIdleMs);
    this.#socket.unref();
    this.#owner.free(this);
  }

  #ended(): void {
    this.#isGone = true;
    const question = this.#question;
    this.#question = undefined;
    this.#owner.gone(this);
    if (!question) return;
    const problem = this.#problem ? systemErrorText(this.#problem) : 'the connection was closed';
    const isQuiet = this.#problem === undefined || QUIET_CODES.has(this.#problem.code ?? '');
    const wasStale = this.#answered > 0 && this.#received.length === 0;
    question.reject(new PolicyFailure(problem, { wasStale, isQuiet }));
  }
}
