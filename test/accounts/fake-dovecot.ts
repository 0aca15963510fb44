/** A scripted authentication server that speaks Dovecot's protocol on a loopback port. */
import { createServer, type Server, type Socket } from 'node:net';

export const GREETING =
  'VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nMECH\tANONYMOUS\tanonymous\n' +
  'MECH\tCRAM-MD5\tdictionary\tactive\nMECH\tSCRAM-SHA-256\tmutual-auth\nMECH\tTOKEN\tprivate\n' +
  'SPID\t100\nCUID\t1\nCOOKIE\t00\nDONE\n';

/** What it does with a line: answers, or does something to the connection. */
export type Script = (fields: readonly string[], socket: Socket) => string | undefined;

export class FakeDovecot {
  greeting = GREETING;
  script: Script = () => undefined;
  /** What it does when it has said its greeting. */
  greeted: (socket: Socket) => void = () => {};
  /** All that clients said behind the handshake, one line each. */
  readonly heard: string[] = [];
  readonly handshakes: string[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  port = 0;
  /** Bytes of answers go out so many at a time. */
  splitBytes = 0;
  #server: Server | undefined;

  async start(port = 0): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  get endpoint() {
    return { kind: 'inet', host: '127.0.0.1', port: this.port } as const;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    this.#say(socket, this.greeting);
    this.greeted(socket);
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line, socket);
    });
  }

  #take(line: string, socket: Socket): void {
    if (line.startsWith('VERSION') || line.startsWith('CPID')) {
      this.handshakes.push(line);
      return;
    }
    this.heard.push(line);
    const answer = this.script(line.split('\t'), socket);
    if (answer !== undefined) this.#say(socket, answer);
  }

  #say(socket: Socket, text: string): void {
    const size = this.splitBytes || text.length || 1;
    for (let at = 0; at < text.length; at += size) socket.write(text.slice(at, at + size));
  }
}

/** PLAIN and LOGIN for joe, whose password is secret. */
export function users(): Script {
  const names = new Map<string, string>();
  const decoded = (text: string | undefined) => Buffer.from(text ?? '', 'base64').toString();
  const verdict = (id: string, name: string, password: string) =>
    name === 'joe' && password === 'secret' ? `OK\t${id}\tuser=joe\n` : `FAIL\t${id}\tuser=${name}\n`;
  const takePlain = (id: string, response: string | undefined) => {
    const [, name = '', password = ''] = decoded(response).split('\0');
    return verdict(id, name, password);
  };
  return ([verb, id = '', third = '', ...more]) => {
    if (verb === 'AUTH') {
      const response = more.find((field) => field.startsWith('resp='))?.slice(5);
      if (third !== 'LOGIN') return response === undefined ? `CONT\t${id}\t\n` : takePlain(id, response);
      if (response !== undefined) names.set(id, decoded(response));
      return `CONT\t${id}\t${response === undefined ? 'VXNlcm5hbWU6' : 'UGFzc3dvcmQ6'}\n`;
    }
    const name = names.get(id);
    if (name !== undefined) return verdict(id, name, decoded(third));
    if (!third.includes('A')) names.set(id, decoded(third));
    return names.has(id) ? `CONT\t${id}\tUGFzc3dvcmQ6\n` : takePlain(id, third);
  };
}
