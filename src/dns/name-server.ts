/**
 * One name server: so many questions at once, each with a deadline, and one for waiting in line. What it says is a value,
 * and so is its silence. Over UDP, and over TCP what does not fit. It is asked here, not with node:dns, which takes a new
 * socket for every question: that was a quarter of what a client costs that block lists refuse. RFC 5452: answers that do
 * not fit are not heard.
 */
import { randomFillSync } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import type { Timed } from './cache.ts';
import { type DatagramListener, type Endpoint, Port } from './datagrams.ts';
import { askOverTcp } from './over-tcp.ts';
import { isTruncated, Question, unknown } from './question.ts';
import type { RecordType } from './record-types.ts';
import { Silence } from './silence.ts';

/** A question under way. */
interface Pending {
  readonly question: Question<unknown>;
  readonly resolve: (answer: Timed<never>) => void;
  readonly timer: NodeJS.Timeout;
  port: Port;
  isExtended: boolean;
  tcp: Socket | undefined;
}

const NO_SUCH_NAME: Timed<never> = { answer: { kind: 'absent', why: 'nxdomain' }, ttlMs: 0 };
const DNS_PORT = 53;
const SILENT = 'ETIMEOUT';

export class NameServer implements DatagramListener {
  readonly #endpoint: Endpoint;
  readonly #silence: Silence;
  readonly #places: number;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting = new Set<() => void>();
  #port: Port | undefined;

  /** `address`: `192.0.2.1:53`, `[2001:db8::1]:53`; `places`: questions under way at once; the others wait in line. */
  constructor(address: string, timeoutMs: number, places: number) {
    this.#endpoint = endpointOf(address);
    this.#silence = new Silence(timeoutMs);
    this.#places = places;
  }

  /** Answers nothing any more. */
  get isSilent(): boolean {
    return this.#silence.isSilent;
  }

  /** Never rejects. */
  ask<T>(type: RecordType<T>, name: string): Promise<Timed<T>> {
    const question = Question.about(name, type);
    if (!question) return Promise.resolve(NO_SUCH_NAME);
    return new Promise((resolve) => {
      if (this.#pending.size < this.#places) this.#begin(question, resolve);
      else this.#queue(question, resolve);
    });
  }

  heard(message: Buffer, port: Port): void {
    if (message.length < 2) return;
    const id = message.readUInt16BE(0);
    const pending = this.#pending.get(id);
    if (pending?.port === port && pending.question.isAnsweredBy(message))
      this.#answered(id, pending, message);
  }

  failed(error: Error, port: Port): void {
    for (const [id, pending] of this.#pending)
      if (pending.port === port) this.#over(id, pending, failure(error));
    if (this.#port === port) this.#port = undefined;
    port.leave();
  }

  #queue(question: Question<unknown>, resolve: Pending['resolve']): void {
    const begin = () => {
      clearTimeout(timer);
      this.#begin(question, resolve);
    };
    const timer = setTimeout(() => {
      this.#waiting.delete(begin);
      resolve(unknown(SILENT));
    }, this.#silence.waitMs);
    this.#waiting.add(begin);
  }

  #begin(question: Question<unknown>, resolve: Pending['resolve']): void {
    const id = this.#freeId();
    const timer = setTimeout(() => this.#unheard(id, pending), this.#silence.waitMs);
    const pending: Pending = {
      ...{ question, resolve, timer },
      ...{ port: this.#freshPort(), isExtended: true, tcp: undefined },
    };
    this.#pending.set(id, pending);
    pending.port.send(question.bytes(id, true));
  }

  #unheard(id: number, pending: Pending): void {
    this.#silence.goesOn();
    this.#over(id, pending, unknown(SILENT));
  }

  #answered(id: number, pending: Pending, message: Buffer): void {
    this.#silence.broken();
    if (isTruncated(message)) {
      this.#askAgain(id, pending);
      return;
    }
    const { question, port } = pending;
    const said = question.read(message);
    if (pending.isExtended && said.answer.kind === 'unknown' && KNOWS_NO_EXTENSION.has(said.answer.why)) {
      pending.isExtended = false;
      port.send(question.bytes(id, false));
      port.over(); // the first of the two
    } else this.#over(id, pending, said);
  }

  /** Over TCP. */
  #askAgain(id: number, pending: Pending): void {
    const { question, isExtended } = pending;
    const hear = (answer: Buffer) => {
      const fits = question.isAnsweredBy(answer) && answer.readUInt16BE(0) === id;
      this.#over(id, pending, fits ? question.read(answer) : unknown('EBADRESP'));
    };
    const fail = (error: Error) => this.#over(id, pending, failure(error));
    pending.tcp ??= askOverTcp(this.#endpoint, question.bytes(id, isExtended), hear, fail);
  }

  #over(id: number, pending: Pending, answer: Timed<unknown>): void {
    if (this.#pending.get(id) !== pending) return; // it was over before
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.tcp?.destroy();
    pending.port.over();
    pending.resolve(answer as Timed<never>);
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next();
  }

  #freshPort(): Port {
    if (this.#port?.isFresh) return this.#port;
    this.#port?.leave();
    this.#port = new Port(this.#endpoint, this);
    return this.#port;
  }

  #freeId(): number {
    let id = randomId();
    while (this.#pending.has(id)) id = randomId();
    return id;
  }
}

/** Old servers say so when they do not know OPT records. RFC 6891 7. */
const KNOWS_NO_EXTENSION = new Set(['EFORMERR', 'ENOTIMP']);

function failure(error: Error): Timed<never> {
  return unknown(String((error as NodeJS.ErrnoException).code ?? error.message));
}

function endpointOf(text: string): Endpoint {
  if (isIP(text)) return { address: text, port: DNS_PORT };
  const [, address = '', port = String(DNS_PORT)] = /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(text) ?? [];
  if (!isIP(address)) throw new Error(`dns_servers: "${text}": an address, or ADDRESS:PORT, is needed`);
  return { address, port: Number(port) };
}

const randomIds = new Uint16Array(256);
let nextRandomId = randomIds.length;

function randomId(): number {
  if (nextRandomId === randomIds.length) {
    randomFillSync(randomIds);
    nextRandomId = 0;
  }
  return randomIds[nextRandomId++] as number;
}
