/** Who writes down what happens, from settings. Parameters: ledger_retention, ledger_size_limit, data_directory. */
import { join } from 'node:path';
import { LEDGER_FILE } from '../ledger/ledger-format.ts';
import { LedgerReader } from '../ledger/ledger-reader.ts';
import { LedgerWriter } from '../ledger/ledger-writer.ts';
import type { Log } from '../record/log.ts';
import type { Settings } from '../settings/settings.ts';

export type Ledger = Pick<LedgerWriter, 'keep' | 'answered'>;

/** Undefined: nothing is to be written. */
export function assembleLedger(settings: Settings, log: Log): LedgerWriter | undefined {
  const { ledger_retention: retentionMs, ledger_size_limit: sizeLimitBytes } = settings;
  if (retentionMs === 0) return undefined;
  return new LedgerWriter({
    path: ledgerPath(settings),
    retentionMs,
    sizeLimitBytes,
    log,
    housekeeping: true,
  });
}

/** For commands; undefined: nothing has been written yet. */
export function openLedger(settings: Settings): LedgerReader | undefined {
  return LedgerReader.open(ledgerPath(settings));
}

function ledgerPath({ data_directory }: Settings): string {
  return join(data_directory, LEDGER_FILE);
}
