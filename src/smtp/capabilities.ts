/**
 * What a next hop can do, read from its EHLO (LHLO) reply. RFC 5321 4.1.1.1.
 * Speaks for `smtp_discard_ehlo_keywords`: a discarded keyword was never offered.
 */
import type { Reply } from '../mail/reply.ts';

export interface Capabilities {
  /** False after HELO: it can do nothing beyond RFC 821. */
  readonly esmtp: boolean;
  /** Every offered keyword in upper case with its arguments, as written. */
  readonly keywords: ReadonlyMap<string, readonly string[]>;
  readonly pipelining: boolean;
  readonly eightBitMime: boolean;
  /** 8BITMIME is offered, even if it is discarded: then 8-bit mail goes there undeclared, since nothing is converted. */
  readonly takesEightBit: boolean;
  readonly smtputf8: boolean;
  readonly dsn: boolean;
  readonly requireTls: boolean;
  readonly chunking: boolean;
  readonly startTls: boolean;
  /** SIZE is offered. RFC 1870 */
  readonly size: boolean;
  /** The largest message it takes; undefined: no fixed limit, or it does not say. */
  readonly sizeLimitBytes: number | undefined;
  /** SASL mechanisms, upper case; empty: no AUTH. */
  readonly auth: readonly string[];
  /** XFORWARD and XCLIENT attributes, upper case; empty: not offered. */
  readonly xforward: readonly string[];
  readonly xclient: readonly string[];
}

/** The capabilities of an EHLO reply without the keywords in `discard` (lower case). */
export function readCapabilities(ehlo: Reply, discard: readonly string[] = []): Capabilities {
  const keywords = new Map<string, readonly string[]>();
  let takesEightBit = false;
  for (const line of ehlo.lines.slice(1)) {
    const words = line
      .replace(/^AUTH=/i, 'AUTH ')
      .trim()
      .split(/\s+/);
    const keyword = (words[0] ?? '').toUpperCase();
    if (keyword === '8BITMIME') takesEightBit = true;
    if (keyword === '' || discard.includes(keyword.toLowerCase())) continue;
    const earlier = keywords.get(keyword) ?? [];
    keywords.set(keyword, [...earlier, ...words.slice(1)]);
  }
  return fromKeywords(true, keywords, takesEightBit);
}

/** The capabilities of a server that only knows HELO. */
export function plainCapabilities(): Capabilities {
  return fromKeywords(false, new Map(), false);
}

/** Whether two sets of capabilities say the same. */
export function sameCapabilities(a: Capabilities, b: Capabilities): boolean {
  if (a.esmtp !== b.esmtp || a.keywords.size !== b.keywords.size) return false;
  for (const [keyword, words] of a.keywords) {
    if (b.keywords.get(keyword)?.join(' ') !== words.join(' ')) return false;
  }
  return true;
}

function fromKeywords(
  esmtp: boolean,
  keywords: ReadonlyMap<string, readonly string[]>,
  takesEightBit: boolean,
): Capabilities {
  const upper = (name: string) => [...new Set((keywords.get(name) ?? []).map((word) => word.toUpperCase()))];
  return {
    esmtp,
    keywords,
    pipelining: keywords.has('PIPELINING'),
    eightBitMime: keywords.has('8BITMIME'),
    takesEightBit,
    smtputf8: keywords.has('SMTPUTF8'),
    dsn: keywords.has('DSN'),
    requireTls: keywords.has('REQUIRETLS'),
    chunking: keywords.has('CHUNKING'),
    startTls: keywords.has('STARTTLS'),
    size: keywords.has('SIZE'),
    sizeLimitBytes: sizeLimit(keywords.get('SIZE')?.[0]),
    auth: upper('AUTH'),
    xforward: upper('XFORWARD'),
    xclient: upper('XCLIENT'),
  };
}

function sizeLimit(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d{1,15}$/.test(word)) return undefined;
  const bytes = Number(word);
  return bytes > 0 ? bytes : undefined;
}
