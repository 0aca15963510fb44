/**
 * Dialogues with the answers that real Postfix 3.7 gave, replayed against the gateway: parity/README.md. Codes, status
 * codes, deliveries, probes and policy requests must be the same; texts are counted.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PROGRAM } from './support/gateway-program.ts';
import { namespacesMissing } from './support/namespaces.ts';

const root = join(import.meta.dirname, '..');
const LEAST_TEXT_PARITY = 99;
const TOOK_TOO_LONG_MS = 400_000;
/** More scenarios at once than processors are no sooner done, and disturb those that measure beside them. */
const AT_ONCE = availableParallelism();

interface Report {
  readonly scenarios: readonly { readonly name: string; readonly diffs: readonly string[] }[];
  readonly textParity: number;
  readonly replies: number;
  readonly texts: readonly unknown[];
}

for (const directory of ['scenarios', 'scenarios-patch']) {
  test(`parity: ${directory}`, { skip: namespacesMissing(), timeout: TOOK_TOO_LONG_MS }, async (t) => {
    const report = await replay(t, join(root, 'test/parity', directory));
    for (const { name, diffs } of report.scenarios) await t.test(name, () => assert.deepEqual(diffs, []));
    t.diagnostic(`reply texts equal to Postfix's: ${report.textParity} % of ${report.replies}`);
    assert.ok(report.textParity >= LEAST_TEXT_PARITY, JSON.stringify(report.texts, undefined, 1));
  });
}

/** One worker is enough, and starts sooner. Errors of ours in the gateway's log are worth a look, whatever the answers. */
async function replay(t: TestContext, directory: string): Promise<Report> {
  const scratch = mkdtempSync(join(tmpdir(), 'parity-'));
  const log = join(scratch, 'log');
  const program = `${process.execPath} ${PROGRAM} serve -c {dir}`;
  const gateway = `echo worker_processes=1 >>{dir}/main.cf; (tail -q -F -n +1 {dir}/../log >>${log} 2>&1) & exec ${program}`;
  const args = ['run', '--json', '--jobs', `${AT_ONCE}`, '--dir', directory, '--gateway', gateway];
  const child = spawn(process.execPath, ['test/parity/parity.mjs', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.on('close', resolve));
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (line.includes('internal error')) t.diagnostic(line);
  }
  rmSync(scratch, { recursive: true });
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Report;
}
