/**
 * Bytes from a next hop in, replies out, however they are cut into pieces. RFC 5321 4.2, RFC 2034.
 * Anything that is no reply is an error: after it nobody knows which answer belongs to which command.
 */
import { decodeOctets } from '../mail/octets.ts';
import type { Reply } from '../mail/reply.ts';

/** A longer line is no reply. RFC 5321 4.5.3.1.5 allows 512. */
export const maxLineBytes = 8192;
/** More lines are no reply. */
export const maxReplyLines = 200;
/** What is kept of a line's text, so that code, text and CRLF stay within 512 octets when it is passed on. */
export const keptTextBytes = 506;

/** The bytes are no reply. */
export class GarbledReply extends Error {}

const LF = 0x0a;
const CR = 0x0d;
const STATUS = /^([245])\.\d{1,3}\.\d{1,3}(?: |$)/;

export class ReplyReader {
  #partial: Buffer | undefined;
  #code = 0;
  #texts: string[] = [];

  /** Whether it stands between two replies. */
  get idle(): boolean {
    return this.#partial === undefined && this.#texts.length === 0;
  }

  /** Reads on; `chunk` is not kept. Calls `onReply` for each finished reply, throws GarbledReply. */
  push(chunk: Buffer, onReply: (reply: Reply) => void): void {
    let bytes = chunk;
    if (this.#partial !== undefined) {
      bytes = Buffer.concat([this.#partial, chunk]);
      this.#partial = undefined;
    }
    let start = 0;
    while (start < bytes.length) {
      const end = bytes.indexOf(LF, start);
      if ((end < 0 ? bytes.length : end) - start > maxLineBytes) throw new GarbledReply('line too long');
      if (end < 0) {
        this.#partial = Buffer.from(bytes.subarray(start));
        return;
      }
      const reply = this.#line(bytes, start, end > start && bytes[end - 1] === CR ? end - 1 : end);
      if (reply !== undefined) onReply(reply);
      start = end + 1;
    }
  }

  #line(bytes: Buffer, start: number, end: number): Reply | undefined {
    const code = replyCode(bytes, start, end);
    const separator = end - start > 3 ? bytes[start + 3] : 0x20;
    if (code === 0 || (separator !== 0x20 && separator !== 0x2d)) {
      throw new GarbledReply(`"${textOf(bytes, start, Math.min(end, start + 80))}"`);
    }
    if (this.#texts.length > 0 && code !== this.#code) throw new GarbledReply('lines with different codes');
    if (this.#texts.length >= maxReplyLines) throw new GarbledReply('too many lines');
    this.#code = code;
    this.#texts.push(textOf(bytes, Math.min(start + 4, end), end));
    if (separator === 0x2d) return undefined;
    const reply = finished(code, this.#texts);
    this.#texts = [];
    return reply;
  }
}

/** 0 when there is none. */
function replyCode(bytes: Buffer, start: number, end: number): number {
  if (end - start < 3) return 0;
  const [a, b, c] = [bytes[start] ?? 0, bytes[start + 1] ?? 0, bytes[start + 2] ?? 0];
  if (a < 0x32 || a > 0x35 || b < 0x30 || b > 0x39 || c < 0x30 || c > 0x39) return 0;
  return (a - 0x30) * 100 + (b - 0x30) * 10 + (c - 0x30);
}

/** Control characters become `?`, what is too long is cut between two characters. `Postfix: printable` */
function textOf(bytes: Buffer, start: number, end: number): string {
  let cut = end;
  if (end - start > keptTextBytes) {
    cut = start + keptTextBytes;
    while (cut > start + keptTextBytes - 4 && ((bytes[cut] ?? 0) & 0xc0) === 0x80) cut--;
  }
  const plain = bytes.toString('latin1', start, cut);
  if (/^[ -~]*$/.test(plain)) return plain;
  return decodeOctets(bytes.subarray(start, cut)).replace(/[\x00-\x1f\x7f]/g, '?');
}

/** The enhanced status is the last line's; it is taken from the lines that repeat it. A status of another class is text. */
function finished(code: number, texts: string[]): Reply {
  const match = STATUS.exec(texts[texts.length - 1] ?? '');
  if (match === null || match[1] !== String(Math.trunc(code / 100)))
    return { code, status: '', lines: texts };
  const prefix = match[0].trimEnd();
  return { code, status: prefix, lines: texts.map((text) => withoutStatus(text, prefix)) };
}

function withoutStatus(text: string, status: string): string {
  if (!text.startsWith(status)) return text;
  if (text.length === status.length) return '';
  return text.charAt(status.length) === ' ' ? text.slice(status.length + 1) : text;
}
