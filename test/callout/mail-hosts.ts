/** Mail hosts that answer as they are told, and a DNS that leads to them. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Answer, Dns } from '../../src/dns/dns.ts';

/** `drop` hangs up, `hang` says nothing. The longest matching start of the command decides. */
export interface Script {
  readonly banner?: string;
  readonly ehlo?: readonly string[];
  readonly answers?: Readonly<Record<string, string>>;
}

export class MailHost {
  readonly commands: string[] = [];
  connections = 0;
  readonly #script: Script;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #hanging = new WeakSet<Socket>();

  constructor(script: Script) {
    this.#script = script;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  listen(address: string, port = 0): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  /** Ends all connections. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.hangUp();
    this.#server.close();
  }

  /** What was asked about. */
  get recipients(): string[] {
    return this.commands
      .filter((line) => line.startsWith('RCPT'))
      .map((line) => line.slice('RCPT TO:'.length));
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    const { banner = '220 host ESMTP' } = this.#script;
    if (banner === 'hang') return;
    socket.write(`${banner}\r\n`);
    if (!banner.startsWith('2')) socket.end();
    let rest = '';
    socket.on('data', (bytes) => {
      const lines = (rest + bytes).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!this.#hanging.has(socket)) this.#answer(socket, line);
      }
    });
  }

  #answer(socket: Socket, line: string): void {
    this.commands.push(line);
    const rules = Object.entries(this.#script.answers ?? {}).filter(([start]) => line.startsWith(start));
    const [, told] = rules.sort(([a], [b]) => b.length - a.length)[0] ?? [];
    const answer = told ?? this.#usual(line);
    if (answer === 'drop') socket.destroy();
    else if (answer === 'hang') this.#hanging.add(socket);
    else socket.write(`${answer}\r\n`);
    if (line === 'QUIT') socket.end();
  }

  #usual(line: string): string {
    if (!line.startsWith('EHLO')) return line.startsWith('DATA') ? '354 go' : '250 2.0.0 ok';
    const { ehlo = ['PIPELINING', 'SMTPUTF8'] } = this.#script;
    return ['host', ...ehlo].map((word, i) => `250${i < ehlo.length ? '-' : ' '}${word}`).join('\r\n');
  }
}

/** Zone lines such as `a.example MX 10 mx.a.example`; names that are not there do not exist, `SERVFAIL` is unknown. */
export function zone(lines: readonly string[]): Dns & { readonly questions: string[] } {
  const questions: string[] = [];
  const records = lines.map((line) => line.split(' '));
  function look<T>(name: string, type: string, read: (words: string[]) => T): Promise<Answer<T>> {
    questions.push(`${name} ${type}`);
    const ofName = records.filter(([owner]) => owner === name);
    if (ofName.some(([, kind]) => kind === 'SERVFAIL'))
      return Promise.resolve({ kind: 'unknown', why: 'SERVFAIL' });
    if (ofName.length === 0) return Promise.resolve({ kind: 'absent', why: 'nxdomain' });
    const found = ofName.filter(([, kind]) => kind === type).map((words) => read(words.slice(2)));
    return Promise.resolve(
      found.length > 0 ? { kind: 'found', records: found } : { kind: 'absent', why: 'nodata' },
    );
  }
  return {
    questions,
    a: (name) => look(name, 'A', ([address = '']) => address),
    aaaa: (name) => look(name, 'AAAA', ([address = '']) => address),
    mx: (name) =>
      look(name, 'MX', ([preference, exchange = '']) => ({ preference: Number(preference), exchange })),
    ns: (name) => look(name, 'NS', ([host = '']) => host),
    txt: (name) => look(name, 'TXT', (words) => words.join(' ')),
    ptr: (name) => look(name, 'PTR', ([host = '']) => host),
  };
}
