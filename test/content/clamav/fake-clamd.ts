/** A clamd that is told how to behave: it speaks INSTREAM, PING and VERSION, and finds `VIRUS:name` in what it gets. */
import { createServer, type Server, type Socket } from 'node:net';

/** Above every message; not counted. */
const SIGN_OF_MAIL = 'Received: by portcullis\r\n';

/** What it does with a message when it has all of it. */
export type Manner =
  | 'answer'
  | 'error'
  | 'garbage'
  | 'cut'
  | 'close'
  | 'hang'
  /** Answers neither commands nor messages. */
  | 'mute'
  /** Takes no bytes of a message. */
  | 'deaf'
  | 'too long'
  | 'two answers';

export class FakeClamd {
  manner: Manner = 'answer';
  version = 'ClamAV 1.0.0/26000/Mon Jan  1 00:00:00 2024';
  answerAfterMs = 0;
  /** Connections that asked for a scan, messages that came whole, connections that are open, and the most of them. */
  asked = 0;
  scans = 0;
  open = 0;
  mostOpen = 0;
  bytes = 0;
  path: string | undefined;
  port = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  get address(): string {
    return this.path === undefined ? `inet:127.0.0.1:${this.port}` : `unix:${this.path}`;
  }

  /** Where it listened before, if it did. */
  async start(path = this.path): Promise<this> {
    this.path = path;
    this.#server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => {
      const at = path === undefined ? { host: '127.0.0.1', port: this.port } : { path };
      this.#server?.listen(at, resolve);
    });
    const bound = this.#server.address();
    if (bound !== null && typeof bound === 'object') this.port = bound.port;
    return this;
  }

  /** Connections are cut, nobody listens any more. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    let received = Buffer.alloc(0);
    let command = '';
    let seen = '';
    socket.on('error', () => {});
    socket.on('close', () => {
      this.open -= 1;
      this.#sockets.delete(socket);
    });
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (command === '') {
        const end = received.indexOf(0);
        if (end < 0) return;
        command = received.toString('latin1', 0, end);
        received = received.subarray(end + 1);
        if (command === 'zINSTREAM') this.asked += 1;
        else this.#command(socket, command);
        if (this.manner === 'deaf') socket.pause();
      }
      while (command === 'zINSTREAM' && received.length >= 4) {
        const length = received.readUInt32BE(0);
        if (length === 0) {
          this.scans += 1;
          setTimeout(() => this.#scanned(socket, seen), this.answerAfterMs).unref();
          received = Buffer.alloc(0);
          return;
        }
        if (received.length < 4 + length) return;
        const isSign = received.toString('latin1', 4, 4 + length) === SIGN_OF_MAIL;
        this.bytes += isSign ? 0 : length;
        if (this.manner === 'too long' && this.bytes > 1000) {
          socket.end('INSTREAM size limit exceeded. ERROR\0');
          received = Buffer.alloc(0);
          return;
        }
        seen = (seen + received.toString('latin1', 4, 4 + length)).slice(-1_000_000);
        received = received.subarray(4 + length);
      }
    });
  }

  #command(socket: Socket, command: string): void {
    if (this.manner === 'mute') return;
    const answers: Record<string, string> = { zPING: 'PONG', zVERSION: this.version };
    socket.end(`${answers[command] ?? 'UNKNOWN COMMAND'}\0`);
  }

  #scanned(socket: Socket, seen: string): void {
    const [, name] = /VIRUS:([\x20-\x7e]+)/.exec(seen) ?? [];
    const verdict = name === undefined ? 'stream: OK\0' : `stream: ${name} FOUND\0`;
    const answers: Record<Manner, string | undefined> = {
      answer: verdict,
      'too long': verdict,
      error: 'stream: cannot allocate memory ERROR\0',
      garbage: '\x01 what? 250 OK\0',
      'two answers': 'stream: OK\0stream: OK\0',
      cut: 'stream: O',
      close: '',
      hang: undefined,
      mute: undefined,
      deaf: undefined,
    };
    const answer = answers[this.manner];
    if (answer !== undefined) socket.end(answer);
  }
}
