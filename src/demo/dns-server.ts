/**
 * A small name server over UDP for the demo and the tests. Its zone is lines of `name TYPE data`; an address on the left
 * stands for its reverse name, `192.0.2.5@bl.example` for the name a block list is asked by, `name SERVFAIL` and
 * `name TIMEOUT` for a server in trouble. What is not there does not exist.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { reverseName } from '../dns/reverse-name.ts';
import { RECORD_TYPES, type RecordType, readQuestion, recordData, writeAnswer } from './dns-message.ts';

interface Entry {
  readonly type: RecordType;
  readonly data: Buffer;
}

const TROUBLE: Readonly<Record<string, number>> = { SERVFAIL: 2, REFUSED: 5 };
const NXDOMAIN = 3;

export class DnsServer {
  readonly asked: string[] = [];
  readonly #records = new Map<string, Entry[]>();
  readonly #trouble = new Map<string, string>();
  readonly #socket: Socket = createSocket('udp4');

  constructor(zone: readonly string[]) {
    for (const line of zone) this.add(line);
  }

  /** Adds one line of zone. Throws when it cannot be read. */
  add(line: string): void {
    const [, written = '', type = '', data = ''] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
    const name = ownName(written);
    if (type in TROUBLE || type === 'TIMEOUT') this.#trouble.set(name, type);
    else if (type in RECORD_TYPES) {
      const known = this.#records.get(name) ?? [];
      known.push({ type: type as RecordType, data: recordData(type as RecordType, data) });
      this.#records.set(name, known);
    } else throw new Error(`zone line "${line}": unknown type "${type}"`);
  }

  /** Listens on a port of the loopback, mostly a free one; its number. */
  async listen(port = 0, host = '127.0.0.1'): Promise<number> {
    this.#socket.on('message', (message, from) => {
      const answer = this.#answer(message);
      if (answer) this.#socket.send(answer, from.port, from.address);
    });
    await new Promise<void>((resolve) => this.#socket.bind(port, host, resolve));
    return this.#socket.address().port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #answer(message: Buffer): Buffer | undefined {
    const question = readQuestion(message);
    if (!question) return undefined;
    this.asked.push(question.name);
    const trouble = this.#trouble.get(question.name);
    if (trouble === 'TIMEOUT') return undefined;
    if (trouble !== undefined) return writeAnswer(question, TROUBLE[trouble] ?? 2, []);
    const found = this.#records.get(question.name);
    if (!found) return writeAnswer(question, this.#hasNamesBelow(question.name) ? 0 : NXDOMAIN, []);
    const fitting = found.filter(({ type }) => RECORD_TYPES[type] === question.type);
    return writeAnswer(question, 0, fitting);
  }

  #hasNamesBelow(name: string): boolean {
    return [...this.#records.keys()].some((known) => known.endsWith(`.${name}`));
  }
}

function ownName(written: string): string {
  const [front = '', zone] = written.split('@');
  const name = isIP(front) ? reverseName(front) : front;
  return (
    zone === undefined ? name : `${name.replace(/\.(?:in-addr|ip6)\.arpa$/, '')}.${zone}`
  ).toLowerCase();
}
