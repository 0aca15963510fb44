/** Reads a command's arguments: the flags it declares, `-c DIR`, and the words behind them. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { parseTime } from '../settings/units.ts';
import { UsageError } from './command.ts';

const COMMON = { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } } as const;

/** Throws what node:util throws (ERR_PARSE_ARGS_...) when a flag is unknown. */
export function readArguments<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options: { ...COMMON, ...options }, allowPositionals: true });
}

/** `--since 12h`: that moment, in milliseconds since 1970; undefined where the flag was not given. */
export function momentAgo(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const agoMs = parseTime(text, 'd');
  if (agoMs === undefined) throw new UsageError(`${flag} ${text}: it should be a time such as 12h or 7d`);
  return Date.now() - agoMs;
}
