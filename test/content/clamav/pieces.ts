/** Scanners and messages for the tests. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseClamdAddress } from '../../../src/content/clamav/clamd-address.ts';
import { ClamdPool } from '../../../src/content/clamav/clamd-pool.ts';
import { LateResults } from '../../../src/content/clamav/late-results.ts';
import type { ScanResult } from '../../../src/content/clamav/scan-result.ts';
import { Scanner, type ScannerOptions } from '../../../src/content/clamav/scanner.ts';
import { silentLog } from '../../../src/record/log.ts';

export interface Setting extends Partial<Omit<ScannerOptions, 'pool' | 'late'>> {
  readonly maxConnections?: number;
  readonly restartMs?: number;
  readonly lateDirectory?: string;
}

export function scannerOf(addresses: readonly string[], setting: Setting = {}): Scanner {
  const { maxConnections = 8, restartMs = 2_000, lateDirectory, ...more } = setting;
  const pool = new ClamdPool({
    addresses: addresses.map(parseClamdAddress),
    maxConnections,
    restartMs,
    log: silentLog,
  });
  return new Scanner({
    pool,
    late: new LateResults(lateDirectory),
    timeoutMs: 5_000,
    maxSizeBytes: 100_000_000,
    maxLate: 4,
    silenceMs: 200,
    log: silentLog,
    ...more,
  });
}

/** Scans a message that comes in pieces of this size. */
export async function scan(
  scanner: Scanner,
  content: Buffer | string,
  pieceBytes = 16_384,
): Promise<ScanResult> {
  const bytes = Buffer.from(content);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  const one = scanner.begin();
  try {
    for (const piece of pieces) await one.write(piece);
    return await one.finish(() => pieces);
  } finally {
    one.close();
  }
}

export async function until(condition: () => boolean, mostMs = 5_000): Promise<boolean> {
  for (const end = Date.now() + mostMs; Date.now() < end; ) {
    if (condition()) return true;
    await sleep(10);
  }
  return condition();
}
