/** Looks at whole messages as text_checks does, without a gateway around it. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Finding } from '../../../src/content/finding.ts';
import { PartTeller } from '../../../src/content/mime/part-teller.ts';
import { type PartListener, PartWalk } from '../../../src/content/mime/part-walk.ts';
import { RecordScanner } from '../../../src/content/mime/record-scanner.ts';
import type { PartInspector } from '../../../src/content/part.ts';
import type { TextTable } from '../../../src/content/text/text-search.ts';
import { TextChecks } from '../../../src/content/text-checks.ts';
import { RecordingLog } from '../../tables/opened.ts';

const LINE_LIMIT = 2048;
const NESTING_LIMIT = 100;
const LARGE_BYTES = 1_000_000;

/** Walks over a message in pieces of this size. */
export async function walked(
  message: Buffer,
  inspector: PartInspector,
  pieceBytes = 65_536,
): Promise<readonly Finding[]> {
  const problem = () => {};
  const options = { nestingLimit: NESTING_LIMIT, lineLimitBytes: LINE_LIMIT, problem, count: { parts: 0 } };
  const listener: PartListener = new PartTeller({ ...options, inspectors: [inspector] });
  const walk = new PartWalk({ ...options, listener, prefix: '', depth: 0 });
  const scanner = new RecordScanner(LINE_LIMIT, walk);
  for (let at = 0; at < message.length; at += pieceBytes) {
    await scanner.write(message.subarray(at, at + pieceBytes));
    await walk.flush();
    if (message.length > LARGE_BYTES) await nextTurn(); // as pieces come from the network
  }
  await scanner.end();
  walk.end();
  await walk.flush();
  const findings = await inspector.finish();
  inspector.close();
  return findings;
}

/** What the tables find in a message. */
export async function findingsIn(
  message: Buffer | string,
  table: TextTable,
  how: {
    sizeLimitBytes?: number;
    pieceBytes?: number;
    log?: RecordingLog;
    folded?: TextTable | undefined;
  } = {},
): Promise<readonly Finding[]> {
  const { sizeLimitBytes = 1_048_576, pieceBytes, log = new RecordingLog() } = how;
  const folded = 'folded' in how ? how.folded : table;
  const checks = new TextChecks({ tables: { clean: table, folded }, sizeLimitBytes, log });
  const bytes = typeof message === 'string' ? Buffer.from(message.replace(/\r?\n/g, '\r\n')) : message;
  return walked(bytes, checks.inspect(), pieceBytes);
}

/** A table that matches nothing and keeps what it was asked. */
export class AskedTexts implements TextTable {
  readonly texts: string[] = [];
  findInBytes(bytes: Buffer, start: number, end: number): undefined {
    this.texts.push(bytes.toString('utf8', start, end));
  }
}

/** The texts that the tables are asked about, all forms. */
export async function textsOf(message: Buffer | string, pieceBytes?: number): Promise<string[]> {
  const table = new AskedTexts();
  await findingsIn(message, table, pieceBytes === undefined ? {} : { pieceBytes });
  return table.texts;
}
