/**
 * A socket to a next hop, reduced to what a conversation needs: bytes out, bytes in, the end. It can turn to TLS once.
 * Plain reads use one small buffer of its own, because a stream event for every reply is a fifth of the cost of a mail.
 */
import { connect as netConnect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

export type Endpoint =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number; readonly localAddress?: string }
  | { readonly kind: 'unix'; readonly path: string };

export interface ChannelListener {
  /** TCP is there (TLS is not yet). */
  onConnect(): void;
  /** The chunk is only good until this returns. */
  onData(chunk: Buffer): void;
  /** What was written has left our hands. */
  onDrain(): void;
  /** Closed by the other side, or broken. May come more than once. */
  onEnd(error: Error | undefined): void;
}

/** Replies are short; a longer one comes in several chunks. */
const readBufferBytes = 4096;

export class Channel {
  readonly #listener: ChannelListener;
  readonly #drained = () => this.#listener.onDrain();
  readonly #failed = (error: Error) => this.#listener.onEnd(error);
  readonly #closed = () => this.#listener.onEnd(undefined);
  #socket: Socket;

  constructor(endpoint: Endpoint, listener: ChannelListener) {
    this.#listener = listener;
    this.#socket = netConnect({
      ...(endpoint.kind === 'unix' ? { path: endpoint.path } : tcpOptions(endpoint)),
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(readBufferBytes),
        callback: (bytesRead, buffer) => {
          listener.onData((buffer as Buffer).subarray(0, bytesRead));
          return true;
        },
      },
    });
    this.#socket.once('connect', () => listener.onConnect());
    this.#listen(this.#socket);
  }

  /** False: wait for onDrain before writing more. */
  write(bytes: Buffer | string): boolean {
    return typeof bytes === 'string' ? this.#socket.write(bytes, 'latin1') : this.#socket.write(bytes);
  }

  /** All pieces in one system call. False: wait for onDrain. */
  writeVector(pieces: readonly Buffer[]): boolean {
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.uncork();
    return !this.#socket.writableNeedDrain;
  }

  /** From here on in TLS; `onReady` when the handshake is done. A failed handshake comes as onEnd. */
  secure(options: ConnectionOptions, onReady: (socket: TLSSocket) => void): void {
    const plain = this.#socket;
    plain
      .off('drain', this.#drained)
      .off('end', this.#closed)
      .off('error', this.#failed)
      .off('close', this.#closed);
    const secured = tlsConnect({ ...options, socket: plain }, () => onReady(secured));
    secured.on('data', (chunk: Buffer) => this.#listener.onData(chunk));
    this.#socket = secured;
    this.#listen(secured);
  }

  /** Nothing more will be written. */
  end(last: string): void {
    this.#socket.end(last, 'latin1');
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket
      .on('drain', this.#drained)
      .on('end', this.#closed)
      .on('error', this.#failed)
      .on('close', this.#closed);
  }
}

function tcpOptions(endpoint: Extract<Endpoint, { kind: 'tcp' }>) {
  const { address, port, localAddress } = endpoint;
  return { host: address, port, ...(localAddress === undefined ? {} : { localAddress }) };
}
