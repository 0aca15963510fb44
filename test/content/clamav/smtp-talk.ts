/** A small SMTP client that says what it is told and hears the last line of each reply. */
import { connect, type Socket } from 'node:net';

export class SmtpTalk {
  readonly #socket: Socket;
  #text = '';
  #heard: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.#text += bytes.toString('latin1');
      this.#heard?.();
    });
  }

  static async open(port: number): Promise<SmtpTalk> {
    const talk = new SmtpTalk(connect({ port, host: '127.0.0.1', noDelay: true }));
    await talk.#reply();
    await talk.say('EHLO client.test');
    return talk;
  }

  async say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.#reply();
  }

  /** The answer to the message, or to what was refused before. */
  async mail(from: string, to: readonly string[], message: Buffer): Promise<string> {
    for (const line of [`MAIL FROM:<${from}>`, ...to.map((one) => `RCPT TO:<${one}>`), 'DATA']) {
      const said = await this.say(line);
      if (!/^[23]/.test(said)) return said;
    }
    this.#socket.write(message);
    this.#socket.write('.\r\n');
    return this.#reply();
  }

  close(): void {
    this.#socket.destroy();
  }

  async #reply(): Promise<string> {
    for (;;) {
      const [whole, last] = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(this.#text) ?? [];
      if (whole !== undefined && last !== undefined) {
        this.#text = this.#text.slice(whole.length);
        return last;
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }
}
