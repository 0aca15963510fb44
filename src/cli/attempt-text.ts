/** Attempts in short, for lists: two lines each, and what came before an attempt that was made again. */
import { nameAddress } from '../mail/client.ts';
import type { Attempt, AttemptVerdict } from '../record/attempt.ts';
import { dim, inColourOf, oneLine, terminalText } from './terminal-text.ts';

export const OUTCOMES: Readonly<Record<AttemptVerdict, string>> = {
  accept: 'accepted',
  reject: 'rejected',
  defer: 'deferred',
  discard: 'discarded',
  quarantine: 'quarantined',
  abandon: 'abandoned',
};

/** `2026-11-30 21:04:12`, local time. */
export function attemptTime(time: string): string {
  const at = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** A message that was tried several times: the last attempt, and the earlier ones that were put off. */
export interface Tried {
  readonly last: Attempt;
  readonly earlier: readonly Attempt[];
}

const RETRIES_MS = 5 * 86_400_000;

/** Puts attempts, newest first, together with the deferred ones before them. */
export function* together(attempts: Iterable<Attempt>): Generator<Tried> {
  const waiting = new Map<string, { last: Attempt; earlier: Attempt[] }>();
  const order: { last: Attempt; earlier: Attempt[] }[] = [];
  for (const attempt of attempts) {
    const key = messageKey(attempt);
    const later = key === undefined ? undefined : waiting.get(key);
    if (later && attempt.verdict === 'defer' && isNear(attempt, later.last)) later.earlier.push(attempt);
    else {
      const tried = { last: attempt, earlier: [] };
      order.push(tried);
      if (key !== undefined) waiting.set(key, tried);
    }
  }
  yield* order;
}

function messageKey({ sender, recipients: [first] }: Attempt): string | undefined {
  return sender === undefined || first === undefined ? undefined : `${sender} ${first}`.toLowerCase();
}

function isNear(earlier: Attempt, later: Attempt): boolean {
  return Date.parse(later.time) - Date.parse(earlier.time) <= RETRIES_MS;
}

export function triedLines({ last, earlier }: Tried): string {
  const { id, time, verdict, client_name: name, client_address: address, sender, recipients, reply } = last;
  const [first, ...others] = recipients;
  const to =
    first === undefined ? '' : ` to <${first}>${others.length > 0 ? ` and ${others.length} more` : ''}`;
  const who = sender === undefined ? '' : `<${sender}>${to}`;
  const outcome = inColourOf(verdict, OUTCOMES[verdict].padEnd(12));
  const lines = [
    `${attemptTime(time)}  ${outcome}${terminalText(`${nameAddress({ name, address })}  ${who}`)}  ${dim(id)}`,
    ...(reply === '' ? [] : [`    ${terminalText(oneLine(reply))}`]),
    ...before(earlier),
  ];
  return lines.join('\n');
}

function before(earlier: readonly Attempt[]): string[] {
  const first = earlier.at(-1);
  if (!first) return [];
  const times = earlier.length === 1 ? 'once' : `${earlier.length} times`;
  const why = terminalText(oneLine(first.reply));
  return [dim(`    deferred ${times} before, first at ${attemptTime(first.time)}: ${why}  ${first.id}`)];
}
