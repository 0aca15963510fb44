/**
 * What greylisting writes down: of a triplet when it was first seen and when it came back, of a client how often it
 * came back and how late. Texts of a few words, times in milliseconds since 1970.
 */

export type TripletRecord =
  | { readonly kind: 'waiting'; readonly firstAt: number }
  | { readonly kind: 'passed'; readonly firstAt: number; readonly passedAt: number; readonly seenAt: number };

/** Undefined for what nobody of us has written. */
export function readTriplet(value: string | undefined): TripletRecord | undefined {
  const match = /^(?:w (\d+)|p (\d+) (\d+) (\d+))$/.exec(value ?? '');
  if (!match) return undefined;
  const [, waiting, firstAt, passedAt, seenAt] = match;
  if (waiting !== undefined) return { kind: 'waiting', firstAt: Number(waiting) };
  return { kind: 'passed', firstAt: Number(firstAt), passedAt: Number(passedAt), seenAt: Number(seenAt) };
}

export function writeTriplet(record: TripletRecord): string {
  if (record.kind === 'waiting') return `w ${record.firstAt}`;
  return `p ${record.firstAt} ${record.passedAt} ${record.seenAt}`;
}

export interface ClientRecord {
  /** Returns that were counted: one an hour. */
  readonly returns: number;
  readonly countedAt: number;
  readonly firstAt: number;
  /** Mails that had to wait, and for how long. */
  readonly delayed: number;
  readonly delaySumMs: number;
  readonly delayMaxMs: number;
}

export function readClient(value: string | undefined): ClientRecord | undefined {
  if (!/^\d+(?: \d+){5}$/.test(value ?? '')) return undefined;
  const [returns = 0, countedAt = 0, firstAt = 0, delayed = 0, delaySumMs = 0, delayMaxMs = 0] = (value ?? '')
    .split(' ')
    .map(Number);
  return { returns, countedAt, firstAt, delayed, delaySumMs, delayMaxMs };
}

export function writeClient(record: ClientRecord): string {
  const { returns, countedAt, firstAt, delayed, delaySumMs, delayMaxMs } = record;
  return [returns, countedAt, firstAt, delayed, delaySumMs, delayMaxMs].join(' ');
}
