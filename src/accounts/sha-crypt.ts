/**
 * SHA-256-crypt and SHA-512-crypt, `$5$` and `$6$`: what glibc's crypt(3) makes of a password. After Drepper, "Unix
 * crypt using SHA-256 and SHA-512". It blocks while it works: meant for a thread of its own (crypt-thread.ts).
 */
import { createHash } from 'node:crypto';

interface Kind {
  readonly digest: 'sha256' | 'sha512';
  readonly bytes: number;
  /** The order in which the bytes of the result are written, three at a time; -1 is nothing. */
  readonly order: readonly (readonly [number, number, number])[];
}

const KINDS: Readonly<Record<string, Kind>> = {
  5: { digest: 'sha256', bytes: 32, order: [...triples(10, 30, [0, 10, 20], 21), [-1, 31, 30]] },
  6: { digest: 'sha512', bytes: 64, order: [...triples(21, 63, [0, 21, 42], 22), [-1, -1, 63]] },
};

const DEFAULT_ROUNDS = 5000;
const MAX_SALT = 16;
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * The whole hash of a password with the settings of another: equal if the passwords are. How many rounds are sensible is
 * decided in credential.ts.
 */
export function shaCrypt(password: string, setting: string): string {
  const [, id = '', written, rest = ''] = /^\$([56])\$(?:rounds=(\d+)\$)?([^$]*)/.exec(setting) ?? [];
  const kind = KINDS[id];
  if (!kind) throw new TypeError('not a setting of SHA-crypt');
  const salt = Buffer.from(rest).subarray(0, MAX_SALT);
  const result = stretch(kind, Buffer.from(password), salt, Number(written ?? DEFAULT_ROUNDS));
  const shownRounds = written === undefined ? '' : `rounds=${written}$`;
  return `$${id}$${shownRounds}${salt.toString()}$${encode(kind, result)}`;
}

function stretch(kind: Kind, password: Buffer, salt: Buffer, rounds: number): Buffer {
  const hash = (...parts: readonly Buffer[]) => {
    const sum = createHash(kind.digest);
    for (const part of parts) sum.update(part);
    return sum.digest();
  };
  const alternate = hash(password, salt, password);
  let current = hash(password, salt, repeated(alternate, password.length), ...byBits(alternate, password));
  const p = repeated(hash(...Array.from({ length: password.length }, () => password)), password.length);
  const s = repeated(hash(...Array.from({ length: 16 + (current[0] ?? 0) }, () => salt)), salt.length);
  for (let round = 0; round < rounds; round++) {
    const parts = [round % 2 ? p : current];
    if (round % 3) parts.push(s);
    if (round % 7) parts.push(p);
    parts.push(round % 2 ? current : p);
    current = hash(...parts);
  }
  return current;
}

/** For each bit of the password's length, from the lowest: the digest for a one, the password for a zero. */
function byBits(alternate: Buffer, password: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let bits = password.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? alternate : password);
  return parts;
}

function repeated(bytes: Buffer, length: number): Buffer {
  return length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes);
}

/** `count` triples, of which each begins with the numbers of the one before, turned by one place and moved on. */
function triples(
  count: number,
  limit: number,
  first: readonly [number, number, number],
  step: number,
): (readonly [number, number, number])[] {
  const all: (readonly [number, number, number])[] = [];
  let next = first;
  for (let i = 0; i < count; i++) {
    all.push(next);
    next = [(next[0] + step) % limit, (next[1] + step) % limit, (next[2] + step) % limit];
  }
  return all;
}

function encode({ order }: Kind, bytes: Buffer): string {
  const at = (index: number) => (index < 0 ? 0 : (bytes[index] ?? 0));
  return order
    .map((triple) => {
      const [a, b, c] = triple;
      let value = (at(a) << 16) | (at(b) << 8) | at(c);
      const length = 4 - triple.filter((index) => index < 0).length;
      let text = '';
      for (let i = 0; i < length; i++) {
        text += ALPHABET.charAt(value & 63);
        value >>= 6;
      }
      return text;
    })
    .join('');
}
