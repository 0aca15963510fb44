/**
 * Names for sessions and messages: short, unique among all processes and machines, in the order of time.
 * They look like Postfix's long queue ids (letters without vowels), so that log tools recognise them.
 */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';

/** Tells this process from others that count at the same time. */
const PROCESS = [...randomBytes(4)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
/** As many as there are microseconds; beyond, the next millisecond has begun. */
const MOST_IN_MS = 1_000;

let lastMs = 0;
let count = 0;

/** Thirteen letters: six for the second, four for the moment in it, `z`, and the process. It never goes back in time. */
export function newId(nowMs = Date.now()): string {
  if (nowMs > lastMs) {
    lastMs = nowMs;
    count = 0;
  } else if (++count === MOST_IN_MS) {
    lastMs += 1;
    count = 0;
  }
  const seconds = Math.floor(lastMs / 1000);
  const moment = (lastMs % 1000) * MOST_IN_MS + count;
  return `${encode(seconds, 6)}${encode(moment, 4)}z${PROCESS}`;
}

/** Ids that were made at this time or later are not smaller than this. */
export function firstIdAt(ms: number): string {
  return encode(Math.max(0, Math.floor(ms / 1000)), 6);
}

function encode(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / ALPHABET.length)) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
  }
  return text;
}
