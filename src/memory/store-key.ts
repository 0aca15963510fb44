/**
 * Keys of entries: parts with one blank between them, so that people can read them and prefixes can be searched.
 * Parts come from strangers: blanks, control characters and broken text in them are written as `%XX`, and a key that
 * would become very long is replaced by its digest.
 */
import { createHash } from 'node:crypto';
import { encodeOctets } from '../mail/octets.ts';

const MAX_KEY = 600;
const UNSAFE = /[\s%\p{Cc}\p{Cs}\u2028\u2029]/u;
const EACH_UNSAFE = /[\s%\p{Cc}\p{Cs}\u2028\u2029]/gu;

/** The key of these parts; an empty part is written as `<>`. */
export function storeKey(...parts: readonly string[]): string {
  const key = parts.map(keyPart).join(' ');
  return key.length <= MAX_KEY ? key : digestOf(key);
}

function keyPart(part: string): string {
  if (part === '') return '<>';
  return UNSAFE.test(part) ? part.replace(EACH_UNSAFE, percentEncoded) : part;
}

function percentEncoded(character: string): string {
  const hex = encodeOctets(character).toString('hex').toUpperCase();
  return hex.replace(/../g, '%$&');
}

/** Keeps the first part, so that prefixes still find it, unless that is what is so long. */
function digestOf(key: string): string {
  const [first = ''] = key.split(' ', 1);
  const digest = createHash('sha256').update(key).digest('base64url');
  return first.length < MAX_KEY / 2 ? `${first} sha256:${digest}` : `sha256:${digest}`;
}
