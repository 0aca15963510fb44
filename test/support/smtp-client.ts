/** A client of a gateway, from any address that is ours: says lines, hears replies, and waits for nothing by itself. */
import { connect, type Socket } from 'node:net';

/** How long a reply may take. */
const PATIENCE_MS = 20_000;

export class SmtpClient {
  readonly #socket: Socket;
  #text = '';
  #isOver = false;
  #wake: () => void = () => {};

  constructor(port: number, from = '127.0.0.1', host = '127.0.0.1') {
    this.#socket = connect({ port, host, localAddress: from, noDelay: true });
    this.#socket.on('data', (bytes) => {
      this.#text += bytes.toString('utf8');
      this.#wake();
    });
    for (const event of ['end', 'close', 'error'] as const) {
      this.#socket.on(event, () => {
        this.#isOver = true;
        this.#wake();
      });
    }
  }

  /** Sends lines, all in one write. */
  send(...lines: readonly string[]): void {
    this.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  /** Sends what may be no lines; nothing when the other side is gone. */
  write(bytes: string | Buffer): void {
    if (bytes.length > 0 && !this.#isOver) this.#socket.write(bytes);
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  async say(line: string): Promise<string> {
    this.send(line);
    return this.reply();
  }

  /** The last of the replies to these lines, which are said one after the other. */
  async dialogue(...lines: readonly string[]): Promise<string> {
    let last = await this.reply();
    for (const line of lines) last = await this.say(line);
    return last;
  }

  /** The next line, `<closed>` at the end, `<silence>` when none comes. */
  async line(patienceMs = PATIENCE_MS): Promise<string> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#isOver) return '<closed>';
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) return '<silence>';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** The last line of the next reply. */
  async reply(): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (!/^\d{3}-/.test(line)) return line;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** What a client with this address hears at RCPT. */
export async function rcptReply(port: number, from: string, to: string, sender = 'a@far.test') {
  const client = new SmtpClient(port, from);
  try {
    return await client.dialogue('EHLO client.test', `MAIL FROM:<${sender}>`, `RCPT TO:<${to}>`);
  } finally {
    client.close();
  }
}
