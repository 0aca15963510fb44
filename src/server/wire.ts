/**
 * The bytes to and from one client: input waits in order, replies are collected and written together, and the end is
 * noticed, whoever makes it. It knows nothing of SMTP.
 */
import type { Socket } from 'node:net';
import { type Line, LineBuffer } from './line-buffer.ts';

/** Bytes of input kept while the client is ahead of us; then we stop reading. */
const MAX_AHEAD = 262_144;
/** Bytes of replies a client may leave unread before it is dropped. */
const MAX_UNREAD = 262_144;

export interface WireListener {
  /** There is more input. */
  heard(): void;
  /** The client has nothing more to say, but may still listen. */
  saidAll(): void;
  /** The connection is no more. */
  gone(): void;
}

export class Wire {
  readonly #listener: WireListener;
  readonly #lineLimit: number;
  readonly #ears: readonly (readonly [event: string, hear: (chunk: Buffer) => void])[];
  #socket: Socket;
  #input: LineBuffer;
  #out = '';

  constructor(socket: Socket, lineLimitBytes: number, listener: WireListener) {
    this.#listener = listener;
    this.#lineLimit = lineLimitBytes;
    this.#input = new LineBuffer(lineLimitBytes);
    this.#ears = [
      ['data', (chunk) => this.take(chunk)],
      ['end', () => listener.saidAll()],
      ['error', () => listener.gone()],
      ['close', () => listener.gone()],
    ];
    this.#socket = socket;
    this.attach(socket);
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Listens to a socket: at the start, and to the encrypted one after STARTTLS. */
  attach(socket: Socket): void {
    this.#socket = socket;
    for (const [event, hear] of this.#ears) socket.on(event, hear);
  }

  /** Listens no more; others who listen to the socket still do. */
  detach(): Socket {
    for (const [event, hear] of this.#ears) this.#socket.off(event, hear);
    return this.#socket;
  }

  /** Input from the socket, or what was left behind a PROXY header. */
  take(chunk: Buffer): void {
    this.#input.push(chunk);
    this.#listener.heard();
  }

  get hasInput(): boolean {
    return !this.#input.isEmpty;
  }

  get inputBytes(): number {
    return this.#input.bytes;
  }

  /** `limitBytes`: where this line may be longer than others. */
  takeLine(limitBytes?: number): Line | undefined {
    return this.#input.takeLine(limitBytes);
  }

  takeAll(): Buffer | undefined {
    return this.#input.takeAll();
  }

  putBack(rest: Buffer): void {
    this.#input.unshift(rest);
  }

  /** The beginning of what is waiting, made visible. */
  peek(bytes: number): string {
    return this.#input.peek(bytes);
  }

  /** Input that came before the session was encrypted is not to be trusted. RFC 3207 4.2. */
  forgetInput(): void {
    this.#input = new LineBuffer(this.#lineLimit);
  }

  /** Nobody takes input now: reads on only a little. */
  hold(): void {
    if (this.#input.bytes > MAX_AHEAD) this.#socket.pause();
  }

  resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Puts text into the line; it goes out with `flush`. */
  say(text: string): void {
    this.#out += text;
  }

  flush(): void {
    if (this.#out === '' || this.#socket.destroyed) return;
    const text = this.#out;
    this.#out = '';
    this.#socket.write(text);
    if (this.#socket.writableLength > MAX_UNREAD) this.#socket.destroy(); // does not read its replies
  }

  /** Closes after what was said has gone out. */
  end(): void {
    this.#socket.end(() => this.#socket.destroySoon());
  }

  /** Closes after what was written has gone out, whether or not the client closes its side. */
  endSoon(): void {
    if (!this.#socket.destroyed) this.#socket.destroySoon();
  }

  /** Breaks off without a word. */
  drop(): void {
    this.#out = '';
    this.#socket.destroy();
  }
}
