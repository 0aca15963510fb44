/**
 * What stands behind check_*_rate, and in the tables that it names: `100/1h`, `{ 100/1h, burst=20 }`, a table of rates
 * for single parties, or `{ 100/1h, hash:/etc/portcullis/rates }` for a rate with exceptions; `none` is no limit.
 */
import { parseRate, type Rate } from '../memory/rate-limiter.ts';
import { splitTokens } from '../settings/tokens.ts';

export type RateWord = Rate | 'none';

export interface RateArgument {
  /** For those who stand in no table. */
  readonly rate: RateWord;
  /** Tables of rates, asked in order. */
  readonly tables: readonly string[];
}

export const RATE_FORM = 'a rate such as 100/1h, or { 100/1h, burst=20, hash:/etc/portcullis/rates }';

const ROW_FORM = 'write 100/1h, 100/1h burst=20 or none';

/** What a row of a table of rates should be, for `check`. */
export const rateRows = {
  inspect({ value }: { readonly value: string }): string | undefined {
    try {
      readRate(value);
      return undefined;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return 'is no rate';
    }
  },
  remedy: ROW_FORM,
};

/** Throws a RangeError that says what is wrong. */
export function readRateArgument(text: string): RateArgument {
  const inside = /^\{(.*)\}$/s.exec(text.trim())?.[1] ?? text;
  const words = splitTokens(inside);
  const tables = words.filter((word) => word.includes(':'));
  const rates = words.filter((word) => !word.includes(':'));
  if (words.length === 0) throw new RangeError(`"${text}": write ${RATE_FORM}`);
  return { tables, rate: rates.length === 0 ? 'none' : readRate(rates.join(' ')) };
}

/** `100/1h`, `100/1h burst=20`, or `none`. Throws a RangeError. */
export function readRate(text: string): RateWord {
  if (/^none$/i.test(text.trim())) return 'none';
  const [, written = '', burst] = /^(.*?)(?:[\s,]+burst\s*=\s*(\d{1,9}))?$/is.exec(text.trim()) ?? [];
  const rate = parseRate(written);
  if (!rate || burst === '0')
    throw new RangeError(`"${text}" is no rate; write 100/1h, 100/1h burst=20 or none`);
  return burst === undefined ? rate : { ...rate, burst: Number(burst) };
}
