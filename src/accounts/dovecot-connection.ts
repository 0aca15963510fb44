/**
 * One connection to Dovecot's authentication server, shared by all sessions of the process. It is opened when it is
 * needed, and again after it broke. Dovecot wants each connection to have a number of its own, and takes process ids for
 * that; those are the same in every container, so ours are random.
 * Nobody waits longer than the time-out; a server that does not keep to the protocol is hung up on.
 * `Postfix: xsasl_dovecot_server_connect`.
 */
import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Log } from '../record/log.ts';
import { systemErrorText } from '../smtp/system-error.ts';
import {
  type Answer,
  authLine,
  continueLine,
  greeting,
  Handshake,
  type Login,
  type OfferedMechanism,
  readAnswer,
} from './dovecot-lines.ts';
import { splitLines } from './line-splitter.ts';

export type DovecotEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'inet'; readonly host: string; readonly port: number };

export interface DovecotConnectionOptions {
  readonly endpoint: DovecotEndpoint;
  /** As the operator wrote it. */
  readonly shown: string;
  readonly log: Log;
  /** For connecting, and for each answer. `Postfix: AUTH_TIMEOUT`, 10 s. */
  readonly timeoutMs: number;
}

/** The server cannot be reached, or went away. */
export class ConnectionLost extends Error {}

/** After a failed attempt the next one waits; those in between fail at once. */
const RETRY_PAUSE_MS = 1_000;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

/** A connection whose server has introduced itself. */
interface Open {
  readonly socket: Socket;
  readonly mechanisms: readonly OfferedMechanism[];
}

/** A login in progress; it ends with the connection that it began on. */
export interface DovecotLogin {
  readonly answer: Answer;
  continue(response: string): Promise<DovecotLogin>;
}

export class DovecotConnection {
  readonly #options: DovecotConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  #opening: Promise<Open> | undefined;
  #open: Open | undefined;
  #failedAt = Number.NEGATIVE_INFINITY;
  #heardAt = 0;
  #lastId = 0;

  constructor(options: DovecotConnectionOptions) {
    this.#options = options;
  }

  /** What the server offers. Rejects with ConnectionLost. */
  async mechanisms(): Promise<readonly OfferedMechanism[]> {
    return (await this.#connected()).mechanisms;
  }

  /** Begins a login. One that went down with a connection from before is tried once more. Rejects with ConnectionLost. */
  async begin(login: Login): Promise<DovecotLogin> {
    const before = this.#open;
    const open = await this.#connected();
    try {
      return await this.#begin(open, login);
    } catch (error) {
      if (open !== before || this.#open === open) throw error;
      return this.#begin(await this.#connected(), login);
    }
  }

  close(): void {
    this.#open?.socket.destroy();
  }

  async #begin(open: Open, login: Login): Promise<DovecotLogin> {
    const id = this.#nextId();
    return this.#login(open, id, await this.#ask(open, id, authLine(id, login)));
  }

  #login(open: Open, id: number, answer: Answer): DovecotLogin {
    return {
      answer,
      continue: async (response) =>
        this.#login(open, id, await this.#ask(open, id, continueLine(id, response))),
    };
  }

  #nextId(): number {
    this.#lastId = this.#lastId >= 0x7fffffff ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  #ask(open: Open, id: number, line: string): Promise<Answer> {
    if (this.#open !== open) return Promise.reject(new ConnectionLost('the connection is gone'));
    return new Promise((resolve, reject) => {
      const askedAt = performance.now();
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new ConnectionLost('no answer'));
        this.#unanswered(open, askedAt);
      }, this.#options.timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      open.socket.write(line);
    });
  }

  /** One login may be stuck in the server; when nothing at all was heard since, the connection is dead. */
  #unanswered({ socket }: Open, askedAt: number): void {
    this.#warn(`no answer from '${this.#options.shown}' within ${this.#options.timeoutMs / 1000} s`);
    if (this.#heardAt < askedAt) socket.destroy();
  }

  #connected(): Promise<Open> {
    if (this.#open) return Promise.resolve(this.#open);
    if (!this.#opening && performance.now() - this.#failedAt < RETRY_PAUSE_MS) {
      return Promise.reject(new ConnectionLost('not reachable a moment ago'));
    }
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #connect(): Promise<Open> {
    try {
      return await this.#introduced();
    } catch (error) {
      this.#failedAt = performance.now();
      this.#warn((error as Error).message);
      throw error;
    }
  }

  /** Connects and hears what the server says first. */
  #introduced(): Promise<Open> {
    const { endpoint, timeoutMs, shown } = this.#options;
    return new Promise((resolve, reject) => {
      const socket = connect(endpoint.kind === 'unix' ? { path: endpoint.path } : endpoint);
      const handshake = new Handshake();
      let failure = `Connect to Dovecot auth socket '${shown}' failed`;
      let take: (line: string) => void;
      const fail = (problem: string) => {
        take = () => {};
        if (this.#open?.socket === socket) this.#warn(problem);
        reject(new ConnectionLost(problem));
        socket.destroy();
      };
      const timer = setTimeout(() => fail(`${failure}: Connection timed out`), timeoutMs);
      take = (line) => {
        const heard = handshake.take(line);
        if (heard === undefined) return;
        if (heard !== 'done') return fail(heard.problem);
        clearTimeout(timer);
        failure = `Connection to Dovecot auth socket '${shown}' lost`;
        take = (next) => this.#heard(next);
        this.#open = { socket, mechanisms: handshake.mechanisms };
        resolve(this.#open);
      };
      socket.on('connect', () => {
        failure = `Handshake with Dovecot auth socket '${shown}' failed`;
        socket.write(greeting(randomInt(1, 2 ** 31)));
      });
      socket.on(
        'data',
        splitLines(
          (line) => take(line),
          () => fail(`a line of '${shown}' is too long`),
        ),
      );
      socket.on('error', (error) => fail(`${failure}: ${systemErrorText(error)}`));
      socket.on('close', () => {
        clearTimeout(timer);
        reject(new ConnectionLost(`${failure}: connection closed`));
        this.#ended(socket);
      });
    });
  }

  #heard(line: string): void {
    this.#heardAt = performance.now();
    const heard = readAnswer(line);
    const pending = heard && this.#pending.get(heard.id);
    if (!heard || !pending) return; // of a login that nobody waits for any more
    clearTimeout(pending.timer);
    this.#pending.delete(heard.id);
    pending.resolve(heard.answer);
  }

  #ended(socket: Socket): void {
    if (this.#open?.socket !== socket) return;
    this.#open = undefined;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new ConnectionLost('the connection broke'));
    }
    this.#pending.clear();
  }

  #warn(problem: string): void {
    this.#options.log.warn(`SASL: ${problem}`);
  }
}
