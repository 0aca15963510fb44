/**
 * Datagrams to one name server. Whoever wants to slip in an answer has to guess the port, which the system chooses, and
 * the number of the question: each port is left after a while, so that finding one out is of no use. RFC 5452.
 * The socket keeps no process alive.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface DatagramListener {
  heard(message: Buffer, port: Port): void;
  /** Nothing that was sent from this port is going to be answered. */
  failed(error: Error, port: Port): void;
}

/** Questions from one port, and for how long it is used. */
const MOST_QUESTIONS = 200;
const LONGEST_USE_MS = 10_000;

/** One of our ports; it is closed when its last question is over. */
export class Port {
  readonly #socket: Socket;
  readonly #until = performance.now() + LONGEST_USE_MS;
  /** What is to be sent when the socket is ready. */
  #early: Buffer[] | undefined = [];
  #sent = 0;
  #open = 0;
  #isLeft = false;

  constructor({ address, port }: Endpoint, listener: DatagramListener) {
    const type = isIPv6(address) ? 'udp6' : 'udp4';
    this.#socket = createSocket({ type, lookup: asItIs });
    this.#socket.on('message', (message) => listener.heard(message, this));
    this.#socket.on('error', (error) => listener.failed(error, this));
    this.#socket.once('connect', () => this.#ready());
    this.#socket.connect(port, address);
    this.#socket.unref();
  }

  /** Whether another question may go out from here. */
  get isFresh(): boolean {
    return !this.#isLeft && this.#sent < MOST_QUESTIONS && performance.now() < this.#until;
  }

  send(message: Buffer): void {
    this.#sent += 1;
    this.#open += 1;
    if (this.#early) this.#early.push(message);
    else this.#socket.send(message, this.#told);
  }

  /** A question is over, with an answer or without. */
  over(): void {
    this.#open -= 1;
    if (this.#isLeft && this.#open === 0) this.#socket.close();
  }

  /** No more questions go out from here. */
  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    if (this.#open === 0) this.#socket.close();
  }

  #ready(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const message of early) this.#socket.send(message, this.#told);
  }

  readonly #told = (error: Error | null) => {
    if (error) this.#socket.emit('error', error);
  };
}

/** Addresses need no look-up, which would cost a turn of the event loop. */
function asItIs(
  address: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
) {
  done(null, address, isIPv6(address) ? 6 : 4);
}
