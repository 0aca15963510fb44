/**
 * Carries what is remembered from one store to another: one JSON object a line, `{"space","key","value","expires"}`, the
 * time of expiry as ISO 8601. What was expired meanwhile is left out; an entry that is there already is replaced.
 */
import { carriedSpaces, isSpace, type SpaceName } from './spaces.ts';
import type { Store } from './store.ts';

/** Longest line that is read. */
const MAX_LINE = 20_000;
const KEY = /^[^\s\p{Cc}]+(?: [^\s\p{Cc}]+)*$/u;

/** All entries of these spaces, as lines without line end. */
export async function* exportLines(
  store: Store,
  spaces: readonly SpaceName[] = carriedSpaces,
): AsyncGenerator<string> {
  for (const space of spaces) {
    for await (const { key, value, expiresAt } of store.entries(space)) {
      yield JSON.stringify({ space, key, value, expires: new Date(expiresAt).toISOString() });
    }
  }
}

export interface Imported {
  readonly taken: number;
  readonly expired: number;
  /** `line 3: ...; should be ...` */
  readonly complaints: readonly string[];
}

interface Line {
  readonly space: SpaceName;
  readonly key: string;
  readonly value: string;
  readonly expiresAt: number;
}

/** Writes the entries of these lines; bad lines are complained of and left out. Rejects with StoreFailure. */
export async function importLines(
  store: Store,
  lines: AsyncIterable<string> | Iterable<string>,
  now: () => number = Date.now,
): Promise<Imported> {
  const complaints: string[] = [];
  let [taken, expired, number] = [0, 0, 0];
  for await (const text of lines) {
    number++;
    if (text.trim() === '') continue;
    const line = readLine(text);
    if (typeof line === 'string') complaints.push(`line ${number}: ${line}`);
    else if (line.expiresAt <= now()) expired++;
    else {
      const { space, key, value, expiresAt } = line;
      await store.put(space, key, { value, lifetimeMs: expiresAt - now() });
      taken++;
    }
  }
  return { taken, expired, complaints };
}

/** The entry, or what is wrong. */
function readLine(text: string): Line | string {
  if (text.length > MAX_LINE) return `more than ${MAX_LINE} characters; should be one entry`;
  let read: Partial<Record<string, unknown>> | null;
  try {
    read = JSON.parse(text);
  } catch {
    return 'no JSON; should be an object such as export writes';
  }
  if (typeof read !== 'object' || read === null) return 'no object; should be such as export writes';
  const { space, key, value, expires } = read;
  if (typeof space !== 'string' || !isSpace(space) || !carriedSpaces.includes(space))
    return `space ${JSON.stringify(space)}; should be one of ${carriedSpaces.join(', ')}`;
  if (typeof key !== 'string' || !KEY.test(key))
    return `key ${JSON.stringify(key)}; should be words with one blank between them`;
  if (typeof value !== 'string') return `value ${JSON.stringify(value)}; should be a text`;
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(expiresAt))
    return `expires ${JSON.stringify(expires)}; should be a time such as 2026-01-31T12:00:00Z`;
  return { space, key, value, expiresAt };
}
