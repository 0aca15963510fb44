/**
 * tcp: a server that answers `get key` lines. `Postfix: tcp_table(5), dict_tcp.c`. `5xx` is not found, `4xx` and
 * everything strange is for now; Unlike Postfix, which tries for minutes, one attempt has one deadline.
 */
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import { quoted } from './file-complaints.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { ChannelFailure, type Endpoint, type Framing, RequestChannel } from './request-channel.ts';
import { type Found, LookupFailure } from './table.ts';

const MAX_REPLY_BYTES = 4096;

const framing: Framing = {
  reply(bytes) {
    const newline = bytes.indexOf(0x0a);
    if ((newline < 0 ? bytes.length : newline) > MAX_REPLY_BYTES) {
      throw new ChannelFailure(`text longer than ${MAX_REPLY_BYTES}`);
    }
    return newline < 0 ? undefined : { reply: bytes.subarray(0, newline), length: newline + 1 };
  },
};

export class TcpTable implements Lookup {
  readonly #channel: RequestChannel;
  readonly #context: KindContext;

  constructor(name: string, context: KindContext) {
    this.#context = context;
    this.#channel = new RequestChannel(parseHostPort(name), framing, context.deadlineMs);
  }

  async find(key: string): Promise<Found | undefined> {
    try {
      const reply = await this.#channel.request(Buffer.from(`get ${hexQuote(key)}\n`));
      const value = readReply(reply.toString('latin1'));
      return value === undefined ? undefined : { value, source: this.#context.source };
    } catch (error) {
      if (!(error instanceof ChannelFailure)) throw error;
      throw new LookupFailure(`${this.#context.table} lookup error for ${quoted(key)}`, error.message);
    }
  }

  close(): void {
    this.#channel.close();
  }
}

/** The value of a `200` reply, undefined for `500`. */
function readReply(reply: string): string | undefined {
  const [, status, text] = /^([245])\d\d\s(.*)$/s.exec(reply) ?? [];
  const value = text === undefined ? undefined : hexUnquote(text);
  if (value === undefined) throw new ChannelFailure(`malformed reply: ${quoted(reply)}`);
  if (status === '4') throw new ChannelFailure(`soft error: ${quoted(reply)}`);
  return status === '2' ? value : undefined;
}

/** White space, `%` and everything outside of printable ASCII as `%XX`. */
function hexQuote(text: string): string {
  return encodeOctets(text)
    .toString('latin1')
    .replace(/[^!-$&-~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Undefined when a `%` is not followed by two hexadecimal digits. */
function hexUnquote(latin1: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(latin1)) return undefined;
  const bytes = latin1.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return decodeOctets(Buffer.from(bytes, 'latin1'));
}

/** `host:port` or `[address]:port`. Throws BadTableName. */
export function parseHostPort(text: string): Endpoint {
  const [, bracketed, host, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const name = bracketed ?? host;
  if (name === undefined || Number(port) > 65535) {
    throw new BadTableName(`"${text}" is not host:port`, 'write host:port with a numerical port');
  }
  return { kind: 'inet', host: name.replace(/^ipv6:/i, ''), port: Number(port) };
}

export const tcpKinds: readonly Kind[] = [
  {
    type: 'tcp',
    nameIs: 'host:port',
    wholeKeysOnly: true,
    open: (name, context) => new TcpTable(name, context),
    sentence: 'A server that speaks the protocol of tcp_table(5).',
  },
];
