/**
 * socketmap: a server that speaks Sendmail's protocol: netstrings `name key` out, `OK value` and the like in.
 * `Postfix: socketmap_table(5), dict_sockmap.c`. `PERM` is a configuration error, all other trouble is for now.
 */
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import { quoted } from './file-complaints.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { ChannelFailure, type Endpoint, type Framing, RequestChannel } from './request-channel.ts';
import { type Found, LookupFailure } from './table.ts';
import { parseHostPort } from './tcp-table.ts';

const MAX_QUERY_BYTES = 10_000;
const MAX_REPLY_BYTES = 100_000;

const framing: Framing = {
  reply(bytes) {
    const colon = bytes.subarray(0, 10).indexOf(':');
    const digits = bytes.toString('latin1', 0, colon < 0 ? Math.min(bytes.length, 10) : colon);
    if (!/^\d*$/.test(digits) || (colon < 0 && bytes.length >= 10) || colon === 0) {
      throw new ChannelFailure('netstring format error');
    }
    if (Number(digits) > MAX_REPLY_BYTES)
      throw new ChannelFailure(`reply larger than ${MAX_REPLY_BYTES} bytes`);
    const end = colon + 1 + Number(digits);
    if (colon < 0 || bytes.length <= end) return undefined;
    if (bytes[end] !== ','.charCodeAt(0)) throw new ChannelFailure('netstring format error');
    return { reply: bytes.subarray(colon + 1, end), length: end + 1 };
  },
};

export class SocketmapTable implements Lookup {
  readonly #mapName: string;
  readonly #channel: RequestChannel;
  readonly #context: KindContext;

  constructor(name: string, context: KindContext) {
    const colon = name.lastIndexOf(':');
    if (colon < 0) throw new BadTableName(`"${name}" names no map`, FORM);
    this.#mapName = name.slice(colon + 1);
    this.#context = context;
    this.#channel = new RequestChannel(parseEndpoint(name.slice(0, colon)), framing, context.deadlineMs);
  }

  find(key: string): Promise<Found | undefined> | undefined {
    const { table, log } = this.#context;
    const bytes = encodeOctets(key);
    if (bytes.length <= MAX_QUERY_BYTES) return this.#ask(key, bytes);
    log.warn(`table ${table} query too large: ${quoted(key)}, returning 'not found'`);
    return undefined;
  }

  close(): void {
    this.#channel.close();
  }

  async #ask(key: string, bytes: Buffer): Promise<Found | undefined> {
    const query = Buffer.concat([encodeOctets(`${this.#mapName} `), bytes]);
    try {
      const reply = await this.#channel.request(
        Buffer.concat([Buffer.from(`${query.length}:`), query, Buffer.from(',')]),
      );
      return this.#read(key, decodeOctets(reply));
    } catch (error) {
      if (!(error instanceof ChannelFailure)) throw error;
      throw this.#failure(key, error.message, 'retry');
    }
  }

  #read(key: string, reply: string): Found | undefined {
    const space = reply.indexOf(' ');
    const status = space < 0 ? reply : reply.slice(0, space);
    const text = space < 0 ? '' : reply.slice(space + 1);
    if (status === 'NOTFOUND' || (status === 'OK' && space < 0)) return undefined;
    if (status === 'OK') return { value: text, source: this.#context.source };
    const what = TROUBLE.get(status) ?? 'unknown';
    throw this.#failure(
      key,
      `socketmap server ${what} error: ${quoted(text)}`,
      status === 'PERM' ? 'config' : 'retry',
    );
  }

  #failure(key: string, problem: string, reason: 'retry' | 'config'): LookupFailure {
    return new LookupFailure(`${this.#context.table} lookup error for ${quoted(key)}`, problem, reason);
  }
}

const TROUBLE = new Map([
  ['TEMP', 'temporary'],
  ['TIMEOUT', 'timeout'],
  ['PERM', 'permanent'],
]);

const FORM = 'write socketmap:inet:host:port:name or socketmap:unix:/path:name';

function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('inet:')) return parseHostPort(text.slice(5));
  const path = /^(?:unix|local):(.+)$/s.exec(text)?.[1];
  if (path === undefined) throw new BadTableName(`"${text}" is no server`, FORM);
  return { kind: 'unix', path };
}

export const socketmapKinds: readonly Kind[] = [
  {
    type: 'socketmap',
    nameIs: 'inet:host:port:name or unix:/path:name',
    wholeKeysOnly: true,
    open: (name, context) => new SocketmapTable(name, context),
    sentence: "A server that speaks Sendmail's socketmap protocol.",
  },
];
