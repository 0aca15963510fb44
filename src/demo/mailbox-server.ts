/**
 * The mail server behind the gateway in the demo, on the smtp-server package: it knows a few people, and keeps what
 * comes for them.
 */
import { SMTPServer } from 'smtp-server';

export interface DemoMail {
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly text: string;
}

export class MailboxServer {
  readonly mails: DemoMail[] = [];
  readonly #server: SMTPServer;

  constructor(people: readonly string[]) {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onRcptTo: ({ address }, _session, done) => {
        if (people.includes(address.toLowerCase())) return done();
        done(Object.assign(new Error(`5.1.1 <${address}>: no such person here`), { responseCode: 550 }));
      },
      onData: (stream, { envelope }, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.mails.push({
            sender: envelope.mailFrom ? envelope.mailFrom.address : '',
            recipients: envelope.rcptTo.map(({ address }) => address),
            text: Buffer.concat(chunks).toString('utf8'),
          });
          done();
        });
      },
    });
    this.#server.on('error', () => {}); // a client that breaks off
  }

  /** Listens on a free port of the loopback; its number. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.server.address();
    if (address === null || typeof address === 'string') throw new Error('the demo mail server has no port');
    return address.port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}
