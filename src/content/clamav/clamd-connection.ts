/**
 * One connection to clamd, for one question: a command, or a message by INSTREAM. `clamd(8)`.
 * Every wait ends: with the answer, with ClamdFault, or because the owner destroys the connection. It sets no deadline
 * but the one for connecting, and for what it is told to wait. An answer that is cut short is none.
 */
import { createConnection, type Socket } from 'node:net';
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { ClamdAddress } from './clamd-address.ts';

/** Why there is no answer: nobody listens, or the connection ended on the way. */
export class ClamdFault extends Error {
  readonly kind: 'unreachable' | 'lost';
  constructor(kind: 'unreachable' | 'lost', problem: string) {
    super(problem);
    this.kind = kind;
  }
}

const CONNECT_MS = 5_000;
/** A longer answer is none. */
const LONGEST_ANSWER = 4_096;
const END_OF_STREAM = Buffer.alloc(4);
/**
 * Stands above every message: clamd takes for mail what begins like mail, and a message whose first header it does not
 * know would pass with its attachments unopened (measured with clamd 1.4.6). The same for all, because of the caches.
 */
const SIGN_OF_MAIL = Buffer.from('Received: by portcullis\r\n');

export class ClamdConnection {
  readonly #socket: Socket;
  readonly #answer = Promise.withResolvers<string>();
  readonly #timer: NodeJS.Timeout;
  #isConnected = false;
  #isOver = false;
  #received = '';

  /** `command`: `PING`, `VERSION`. */
  constructor(address: ClamdAddress, command: string) {
    this.#answer.promise.catch(() => {}); // whoever wants to know asks
    this.#socket =
      address.kind === 'unix'
        ? createConnection({ path: address.path })
        : createConnection({ host: address.host, port: address.port, noDelay: true });
    this.#timer = setTimeout(
      () => this.#end('unreachable', `no connection within ${CONNECT_MS / 1000} s`),
      CONNECT_MS,
    );
    this.#listen();
    this.#socket.write(`z${command}\0`);
  }

  /** A connection that takes a message. */
  static forMessage(address: ClamdAddress): ClamdConnection {
    const connection = new ClamdConnection(address, 'INSTREAM');
    connection.send([SIGN_OF_MAIL]);
    return connection;
  }

  /** What clamd says, without the final NUL. Rejects with ClamdFault. */
  get answer(): Promise<string> {
    return this.#answer.promise;
  }

  /** There is an answer, or there will be none: nothing more needs to be sent. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** A piece of the message. A promise: wait for it before the next piece; it does not say why it was over. */
  send(pieces: readonly Buffer[]): MaybePromise<void> {
    if (this.#isOver) return;
    const head = Buffer.allocUnsafe(4);
    head.writeUInt32BE(pieces.reduce((sum, piece) => sum + piece.length, 0));
    this.#socket.cork();
    this.#socket.write(head);
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    if (this.#socket.writableNeedDrain) return this.#drained();
  }

  /** The message is complete. */
  finish(): void {
    if (!this.#isOver) this.#socket.write(END_OF_STREAM);
  }

  /** Nobody wants to know any more. */
  destroy(why = 'given up'): void {
    this.#closed(why);
  }

  #listen(): void {
    this.#socket.on('connect', () => {
      this.#isConnected = true;
      clearTimeout(this.#timer);
    });
    this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#closed(error.code ?? error.message));
    this.#socket.on('close', () => this.#closed('the connection was closed without an answer'));
  }

  #read(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#received += bytes.toString('latin1', 0, LONGEST_ANSWER);
    if (this.#received.length > LONGEST_ANSWER) this.#end('lost', 'the answer has no end');
    else if (this.#received.includes('\0')) {
      this.#answer.resolve(this.#received.replace(/\0$/, '')); // what stands behind the end makes it no answer
      this.#letGo();
    }
  }

  /** An answer can be there before the error is: clamd answers a message that is too long, and closes. */
  #closed(problem: string): void {
    if (this.#isConnected) this.#end('lost', problem);
    else this.#end('unreachable', problem);
  }

  #end(kind: ClamdFault['kind'], problem: string): void {
    if (this.#isOver) return;
    this.#answer.reject(new ClamdFault(kind, problem));
    this.#letGo();
  }

  #letGo(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }
}
