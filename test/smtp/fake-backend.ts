/**
 * A scripted next hop on loopback: answers as told at each stage, keeps what it was sent byte for byte, and notes
 * what a well-behaved client does not do (`complaints`).
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { testCertificate, testKey } from './certificate.ts';

export type Stage =
  | 'banner'
  | 'ehlo'
  | 'helo'
  | 'starttls'
  | 'auth'
  | 'xforward'
  | 'xclient'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'dot'
  | 'rset'
  | 'quit';

/** `reply`: instead of the usual one. The rest says what happens instead of, or after, the reply. */
export interface Action {
  readonly reply?: string;
  readonly delayMs?: number;
  readonly hang?: true;
  readonly drop?: true;
  readonly reset?: true;
  readonly thenDrop?: true;
  readonly thenReset?: true;
}

export type Script = { [stage in Stage]?: Action | ((argument: string, visit: Visit) => Action | undefined) };

export interface Received {
  readonly sender: string;
  readonly recipients: string[];
  /** The bytes before the final dot, dots still doubled. */
  readonly wire: Buffer;
  /** Whether the dot was answered by 2xx. */
  confirmed: boolean;
  readonly xforward: string[];
}

/** One connection. */
export interface Visit {
  readonly number: number;
  socket: Socket;
  input: Buffer;
  mode: 'command' | 'data' | 'auth' | 'busy' | 'dead';
  sender: string | undefined;
  recipients: string[];
  xforward: string[];
  body: Buffer[];
  mails: number;
  secured: boolean;
}

const END_OF_DATA = Buffer.from('\r\n.\r\n');

export class FakeBackend {
  script: Script = {};
  keywords = ['PIPELINING', 'SIZE 10240000', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES'];
  lmtp = false;
  /** Each reply in pieces of so many bytes. */
  splitBytes = 0;
  /** Stops reading for so long at the beginning of the data. */
  stallMs = 0;
  keepBodies = true;
  readonly commands: string[] = [];
  readonly complaints: string[] = [];
  readonly received: Received[] = [];
  readonly visits = new Set<Visit>();
  connections = 0;
  bodyBytes = 0;
  port = 0;
  #server: Server | undefined;

  static async start(
    settings: Partial<FakeBackend> = {},
    where: { path?: string; port?: number; host?: string } = {},
  ): Promise<FakeBackend> {
    const backend = Object.assign(new FakeBackend(), settings);
    await backend.listen(where);
    return backend;
  }

  async listen(where: { path?: string; port?: number; host?: string } = {}): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#welcome(socket));
    this.#server = server;
    const place =
      where.path === undefined
        ? { host: where.host ?? '127.0.0.1', port: where.port ?? this.port }
        : { path: where.path };
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(place, resolve).unref(); // a test that fails must not hang
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.port = address.port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const visit of this.visits) visit.socket.destroy();
    await closed;
  }

  hangUp(how: 'end' | 'destroy' | 'reset' = 'destroy'): void {
    for (const visit of this.visits) {
      if (how === 'end') visit.socket.end();
      else if (how === 'reset') visit.socket.resetAndDestroy();
      else visit.socket.destroy();
    }
  }

  #welcome(socket: Socket): void {
    socket.unref();
    const visit: Visit = {
      number: ++this.connections,
      socket,
      input: Buffer.alloc(0),
      mode: 'busy',
      sender: undefined,
      recipients: [],
      xforward: [],
      body: [],
      mails: 0,
      secured: false,
    };
    this.visits.add(visit);
    this.#listen(visit, socket);
    void this.#act('banner', '', visit, '220 backend.test ESMTP').then((went) => {
      if (went) this.#resume(visit);
    });
  }

  #listen(visit: Visit, socket: Socket): void {
    socket.on('error', () => {});
    socket.on('close', () => {
      if (visit.socket === socket) this.visits.delete(visit);
    });
    socket.on('data', (chunk: Buffer) => {
      visit.input = visit.input.length === 0 ? chunk : Buffer.concat([visit.input, chunk]);
      if (visit.mode === 'data') this.#data(visit);
      else if (visit.mode !== 'busy') this.#commands(visit);
    });
  }

  #resume(visit: Visit): void {
    visit.mode = 'command';
    this.#commands(visit);
  }

  #commands(visit: Visit): void {
    while (visit.mode === 'command' || visit.mode === 'auth') {
      const end = visit.input.indexOf('\r\n');
      if (end < 0) return;
      const line = visit.input.subarray(0, end).toString('latin1');
      visit.input = visit.input.subarray(end + 2);
      if (visit.input.length > 0 && !this.keywords.includes('PIPELINING'))
        this.complaints.push(`pipelined behind ${line}`);
      if (/[\0-\x1f\x7f]/.test(line)) this.complaints.push(`control characters: ${JSON.stringify(line)}`);
      this.commands.push(line);
      void this.#command(visit, line);
    }
  }

  async #command(visit: Visit, line: string): Promise<void> {
    const before = visit.mode;
    visit.mode = 'busy';
    const next = await this.#handled(visit, line, before);
    if (next === 'dead' || visit.socket.destroyed) visit.mode = 'dead';
    else if (next === 'data') {
      visit.mode = 'data';
      visit.body = [];
      this.#data(visit);
    } else {
      visit.mode = next;
      this.#commands(visit);
    }
  }

  async #handled(visit: Visit, line: string, mode: Visit['mode']): Promise<Visit['mode']> {
    const verb = (/^[a-z]+/i.exec(line)?.[0] ?? '').toUpperCase();
    if (mode === 'auth') return this.#say('auth', line, visit, '235 2.7.0 Authentication successful');
    switch (verb) {
      case 'EHLO':
      case 'LHLO': {
        if ((verb === 'LHLO') !== this.lmtp)
          return this.#say('ehlo', line, visit, '500 5.5.1 wrong protocol');
        const lines = [
          'backend.test',
          ...this.keywords.filter((word) => !(visit.secured && word === 'STARTTLS')),
        ];
        const text = lines.map((word, i) => `250${i === lines.length - 1 ? ' ' : '-'}${word}`).join('\r\n');
        return this.#say('ehlo', line, visit, text);
      }
      case 'HELO':
        return this.#say('helo', line, visit, '250 backend.test');
      case 'STARTTLS':
        return this.#startTls(visit, line);
      case 'AUTH':
        return this.#auth(visit, line);
      case 'XFORWARD':
        visit.xforward.push(line);
        return this.#say('xforward', line, visit, '250 2.0.0 Ok');
      case 'XCLIENT':
        return this.#say('xclient', line, visit, '220 backend.test ESMTP again');
      case 'MAIL':
        if (visit.sender !== undefined) this.complaints.push('nested MAIL');
        return this.#say('mail', line, visit, '250 2.1.0 Ok', () => {
          visit.sender = line;
          visit.recipients = [];
        });
      case 'RCPT':
        if (visit.sender === undefined) return this.#say('rcpt', line, visit, '503 5.5.1 need MAIL');
        return this.#say('rcpt', line, visit, '250 2.1.5 Ok', () => visit.recipients.push(line));
      case 'DATA':
        if (visit.input.length > 0) this.complaints.push('bytes behind DATA');
        if (visit.recipients.length === 0) return this.#say('data', line, visit, '554 5.5.1 no recipients');
        return this.#say('data', line, visit, '354 go ahead');
      case 'RSET':
        this.#forget(visit);
        return this.#say('rset', line, visit, '250 2.0.0 Ok');
      case 'QUIT':
        await this.#act('quit', line, visit, '221 2.0.0 Bye');
        visit.socket.end();
        return 'dead';
      default:
        this.complaints.push(`unknown command: ${line}`);
        return this.#say('quit', line, visit, '500 5.5.2 what?');
    }
  }

  /** What comes after the reply: `data` behind 354, `auth` behind 334. */
  async #say(
    stage: Stage,
    line: string,
    visit: Visit,
    usual: string,
    onYes?: () => void,
  ): Promise<Visit['mode']> {
    const code = await this.#act(stage, line, visit, usual);
    if (code === 0) return 'dead';
    if (code >= 200 && code < 300) onYes?.();
    return code === 354 ? 'data' : 'command';
  }

  async #auth(visit: Visit, line: string): Promise<Visit['mode']> {
    if (/^AUTH PLAIN /i.test(line))
      return this.#say('auth', line, visit, '235 2.7.0 Authentication successful');
    const code = await this.#act('auth', line, visit, '334 VXNlcm5hbWU6');
    if (code !== 334) return 'command';
    this.commands.push(`user ${await this.#nextLine(visit)}`);
    visit.socket.write('334 UGFzc3dvcmQ6\r\n');
    this.commands.push(`password ${await this.#nextLine(visit)}`);
    return this.#say('auth', 'LOGIN', visit, '235 2.7.0 Authentication successful');
  }

  async #nextLine(visit: Visit): Promise<string> {
    while (visit.input.indexOf('\r\n') < 0)
      await new Promise((resolve) => visit.socket.once('data', resolve));
    const end = visit.input.indexOf('\r\n');
    const line = visit.input.subarray(0, end).toString('latin1');
    visit.input = visit.input.subarray(end + 2);
    return line;
  }

  async #startTls(visit: Visit, line: string): Promise<Visit['mode']> {
    const code = await this.#act('starttls', line, visit, '220 2.0.0 Ready');
    if (code !== 220) return code === 0 ? 'dead' : 'command';
    const plain = visit.socket;
    plain.removeAllListeners('data');
    const secureContext = createSecureContext({ cert: testCertificate, key: testKey });
    visit.socket = new TLSSocket(plain, { isServer: true, secureContext });
    visit.secured = true;
    visit.sender = undefined;
    this.#listen(visit, visit.socket);
    return 'command';
  }

  #data(visit: Visit): void {
    if (visit.input.length === 0) return;
    if (this.stallMs > 0 && visit.body.length === 0) {
      visit.socket.pause();
      setTimeout(() => visit.socket.resume(), this.stallMs);
    }
    const tail = Buffer.concat([...visit.body.slice(-4), visit.input]);
    const before = tail.length - visit.input.length;
    const prefixed = visit.body.length === 0 ? Buffer.concat([Buffer.from('\r\n'), tail]) : tail;
    const shift = visit.body.length === 0 ? 2 : 0;
    const at = prefixed.indexOf(END_OF_DATA);
    if (at < 0) {
      this.bodyBytes += visit.input.length;
      visit.body.push(this.keepBodies ? visit.input : Buffer.from(visit.input.subarray(-4)));
      visit.input = Buffer.alloc(0);
      if (visit.body.length > 8 && !this.keepBodies) visit.body.splice(0, visit.body.length - 8);
      return;
    }
    const rest = at + END_OF_DATA.length - shift - before;
    visit.body.push(visit.input.subarray(0, rest));
    visit.input = Buffer.from(visit.input.subarray(rest));
    const wire = Buffer.concat(visit.body).subarray(0, -3);
    visit.mode = 'busy';
    void this.#store(visit, wire);
  }

  async #store(visit: Visit, wire: Buffer): Promise<void> {
    const { sender = '', recipients, xforward } = visit;
    const mail: Received = { sender, recipients, wire, confirmed: false, xforward };
    this.received.push(mail);
    this.#forget(visit);
    visit.mails++;
    for (const recipient of this.lmtp ? recipients : ['']) {
      const code = await this.#act(
        'dot',
        recipient,
        visit,
        `250 2.0.0 Ok: queued as ${this.received.length}`,
      );
      if (code === 0) return;
      if (code >= 200 && code < 300) mail.confirmed = true;
    }
    this.#resume(visit);
  }

  #forget(visit: Visit): void {
    visit.sender = undefined;
    visit.recipients = [];
    visit.xforward = [];
  }

  /** The code that was said; 0 when the conversation is over. */
  async #act(stage: Stage, argument: string, visit: Visit, usual: string): Promise<number> {
    const told = this.script[stage];
    const action = (typeof told === 'function' ? told(argument, visit) : told) ?? {};
    if (action.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, action.delayMs));
    if (action.hang) return 0;
    if (action.drop) visit.socket.end().destroy();
    if (action.reset) visit.socket.resetAndDestroy();
    if (visit.socket.destroyed) return 0;
    const text = `${action.reply ?? usual}\r\n`;
    await this.#write(visit.socket, text);
    if (action.thenDrop) visit.socket.end();
    if (action.thenReset) setTimeout(() => visit.socket.resetAndDestroy(), 5);
    return Number(/^\d{3}/.exec(text)?.[0] ?? 1);
  }

  async #write(socket: Socket, text: string): Promise<void> {
    const bytes = Buffer.from(text, 'latin1');
    if (this.splitBytes === 0) {
      socket.write(bytes);
      return;
    }
    for (let at = 0; at < bytes.length && !socket.destroyed; at += this.splitBytes) {
      socket.write(bytes.subarray(at, at + this.splitBytes));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
