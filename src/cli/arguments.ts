/** Reads a command's arguments: the flags it declares, `-c DIR`, and the words behind them. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

const COMMON = { config: { type: 'string', short: 'c' }, json: { type: 'boolean' } } as const;

/** Throws what node:util throws (ERR_PARSE_ARGS_...) when a flag is unknown. */
export function readArguments<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options: { ...COMMON, ...options }, allowPositionals: true });
}
