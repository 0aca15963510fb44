/** A name server that says what a test wants, over UDP and TCP on one port of the loopback. RFC 1035 4. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type DnsQuestion,
  RECORD_TYPES,
  type RecordType,
  readQuestion,
  recordData,
} from '../../src/demo/dns-message.ts';

export interface ScriptedRecord {
  readonly name: string;
  readonly type: RecordType;
  readonly data: string;
  readonly ttl?: number;
}

export interface ScriptedAnswer {
  /** 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. */
  readonly code?: number;
  readonly records?: readonly ScriptedRecord[];
  /** Over UDP nothing but the sign that it was too much. */
  readonly truncated?: boolean;
  readonly delayMs?: number;
}

/** What is answered; undefined: silence. */
type Script = (name: string, type: string) => ScriptedAnswer | undefined;

const TYPE_NAMES = new Map<number, string>(Object.entries(RECORD_TYPES).map(([name, code]) => [code, name]));

export class ScriptedNameServer {
  /** `A host.test`, over TCP `A host.test tcp`, in the order in which they came. */
  readonly asked: string[] = [];
  /** Questions under way now, and the most at once. */
  inHand = 0;
  mostInHand = 0;
  readonly #script: Script;
  readonly #udp: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer();

  private constructor(script: Script) {
    this.#script = script;
  }

  static async start(script: Script): Promise<ScriptedNameServer> {
    const server = new ScriptedNameServer(script);
    server.#udp.on('message', (message, from) => void server.#overUdp(message, from));
    server.#tcp.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('data', async (bytes) => {
        const answer = await server.#answer(bytes.subarray(2), true);
        if (!answer) return;
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        socket.end(Buffer.concat([length, answer]));
      });
    });
    try {
      server.#tcp.listen(0, '127.0.0.1');
      await once(server.#tcp, 'listening');
      server.#udp.bind((server.#tcp.address() as AddressInfo).port, '127.0.0.1');
      await once(server.#udp, 'listening');
      return server;
    } catch (error) {
      server.#tcp.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      return ScriptedNameServer.start(script); // the port is free for one of the two only
    }
  }

  /** As dns_servers names it. */
  get address(): string {
    return `127.0.0.1:${this.#udp.address().port}`;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#udp.close(resolve));
    await new Promise((resolve) => this.#tcp.close(resolve));
  }

  async #overUdp(message: Buffer, from: RemoteInfo): Promise<void> {
    const answer = await this.#answer(message, false);
    if (answer) this.#udp.send(answer, from.port, from.address, () => {});
  }

  async #answer(message: Buffer, isTcp: boolean): Promise<Buffer | undefined> {
    const question = readQuestion(message);
    if (!question) return undefined;
    const type = TYPE_NAMES.get(question.type) ?? String(question.type);
    this.asked.push(`${type} ${question.name}${isTcp ? ' tcp' : ''}`);
    const wanted = this.#script(question.name, type);
    if (!wanted) return undefined;
    this.mostInHand = Math.max(this.mostInHand, ++this.inHand);
    if (wanted.delayMs) await sleep(wanted.delayMs);
    this.inHand--;
    return written(question, wanted, isTcp);
  }
}

function written(question: DnsQuestion, answer: ScriptedAnswer, isTcp: boolean): Buffer {
  const isCut = answer.truncated === true && !isTcp;
  const records = isCut ? [] : (answer.records ?? []);
  const header = Buffer.alloc(12);
  header.writeUInt16BE(question.id, 0);
  header[2] = 0x81 | (isCut ? 2 : 0);
  header[3] = 0x80 | (answer.code ?? 0);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.raw, ...records.map(writtenRecord)]);
}

function writtenRecord({ name, type, data, ttl = 60 }: ScriptedRecord): Buffer {
  const bytes = recordData(type, data);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(RECORD_TYPES[type], 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(bytes.length, 8);
  return Buffer.concat([recordData('CNAME', name), head, bytes]);
}
