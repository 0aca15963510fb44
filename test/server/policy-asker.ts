/** A mail server that asks a policy service, one question after the other or as the test likes. */
import { connect, type NetConnectOpts, type Socket } from 'node:net';

export type Attributes = Readonly<Record<string, string>>;

/** What Postfix 3.7 sends at RCPT. */
export const AT_RCPT: Attributes = {
  request: 'smtpd_access_policy',
  protocol_state: 'RCPT',
  protocol_name: 'ESMTP',
  client_address: '192.0.2.1',
  client_name: 'mail.far.test',
  client_port: '40404',
  reverse_client_name: 'mail.far.test',
  server_address: '198.51.100.1',
  server_port: '25',
  helo_name: 'mail.far.test',
  sender: 'ann@far.test',
  recipient: 'joe@ours.test',
  recipient_count: '0',
  queue_id: '',
  instance: 'a1.5f.0',
  size: '1234',
  etrn_domain: '',
  stress: '',
  sasl_method: '',
  sasl_username: '',
  sasl_sender: '',
  ccert_subject: '',
  ccert_issuer: '',
  ccert_fingerprint: '',
  ccert_pubkey_fingerprint: '',
  encryption_protocol: '',
  encryption_cipher: '',
  encryption_keysize: '0',
  policy_context: '',
};

/** The bytes of a request: what is given in place of the usual attributes, or beside them. */
export function request(attributes: Attributes = {}): string {
  return written({ ...AT_RCPT, ...attributes });
}

export function written(attributes: Attributes): string {
  const lines = Object.entries(attributes).map(([name, value]) => `${name}=${value}\n`);
  return `${lines.join('')}\n`;
}

export class PolicyAsker {
  readonly socket: Socket;
  readonly #answers: string[] = [];
  #rest = '';
  #isOver = false;
  #wake = () => {};

  constructor(where: NetConnectOpts) {
    this.socket = connect({ ...where, noDelay: true });
    this.socket.on('data', (bytes) => this.#take(bytes.toString('utf8')));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next answer, or `closed`. */
  async answer(): Promise<string> {
    while (this.#answers.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#answers.shift() ?? 'closed';
  }

  ask(attributes: Attributes = {}): Promise<string> {
    this.send(request(attributes));
    return this.answer();
  }

  close(): void {
    this.socket.destroy();
  }

  #take(text: string): void {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop() ?? '';
    this.#answers.push(...parts.map((part) => part.replace(/^action=/, '')));
    this.#wake();
  }
}
