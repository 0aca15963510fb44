/**
 * Names for sessions and messages: short, unique among all processes and machines, in the order of time.
 * They look like Postfix's long queue ids (letters without vowels), so that log tools recognise them.
 */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz';

/** Tells this process from others that count at the same time. */
const PROCESS = [...randomBytes(4)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
const MICROSECONDS = 1_000_000;

let lastMs = 0;
let count = 0;

/** Thirteen letters: six for the second, four for the moment in it, `z`, and the process. */
export function newId(nowMs = Date.now()): string {
  count = nowMs === lastMs ? count + 1 : 0;
  lastMs = nowMs;
  const seconds = Math.floor(nowMs / 1000);
  const moment = ((nowMs % 1000) * 1000 + count) % MICROSECONDS;
  return `${encode(seconds, 6)}${encode(moment, 4)}z${PROCESS}`;
}

function encode(value: number, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest = Math.floor(rest / ALPHABET.length)) {
    text = ALPHABET.charAt(rest % ALPHABET.length) + text;
  }
  return text;
}
