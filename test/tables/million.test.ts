/** Tables of a million entries: how long they take, and whether mail has to wait for them. Figures are printed. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { OpenedTable } from '../../src/tables/opened-table.ts';
import { here, Workshop } from './opened.ts';
import { generator } from './random.ts';

const ENTRIES = 1_000_000;
const LOOKUPS = 200_000;
/** Limits in processor time, on machines that are slower or share their cores. */
const MAX_LOAD_MS = 15_000;
const MAX_LOOKUP_US = 15;
/** Most of a reload's time for which others wait at a stretch; a slow machine is slow at both. */
const MAX_WAIT_SHARE = 0.15;

const makers: Readonly<Record<string, (i: number) => { line: string; key: string }>> = {
  texthash(i) {
    const key = `user${(i * 7919) % ENTRIES}.dept@host${i % 1000}.example.com`;
    return { line: `${key}\tREJECT because of ${i % 10}`, key };
  },
  cidr(i) {
    const word = (Math.imul(i, 2654435761) >>> 0) & 0xffffff00;
    const network = [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.');
    if (i % 2 === 0) return { line: `${network}/${24 + (i % 8)} REJECT`, key: network };
    const groups = `2001:${(word >>> 16).toString(16)}:${(i & 0xffff).toString(16)}`;
    return { line: `${groups}::/48 REJECT`, key: `${groups}::1` };
  },
};

for (const [type, make] of Object.entries(makers)) {
  test(`${type} with ${ENTRIES} entries`, async (t) => {
    const shop = new Workshop();
    const keys: string[] = [];
    const lines: string[] = [];
    const random = generator(1);
    for (let i = 0; i < ENTRIES; i++) {
      const { line, key } = make(i);
      lines.push(line);
      if (keys.length < LOOKUPS && random(4) === 0) keys.push(key);
    }
    const name = shop.file('million', lines.join('\n'));
    lines.length = 0;
    await measure(t, shop, `${type}:${name}`, keys);
    await shop.close();
  });
}

async function measure(t: TestContext, shop: Workshop, spec: string, keys: readonly string[]): Promise<void> {
  const before = bytesInUse();
  let began = processorMs();
  const table = shop.tables.openRaw(spec, here);
  const loadMs = processorMs() - began;
  const megabytes = (bytesInUse() - before) / 1e6;

  askAll(table, keys.slice(0, 10_000));
  began = processorMs();
  askAll(table, keys);
  const lookupUs = ((processorMs() - began) * 1000) / keys.length;

  const reload = await longestWait(() => shop.tables.reload());
  t.diagnostic(
    `load ${loadMs.toFixed(0)} ms, look-up ${lookupUs.toFixed(2)} us, ${megabytes.toFixed(0)} MB; ` +
      `reload ${reload.ms.toFixed(0)} ms with others waiting ${reload.longestMs.toFixed(0)} ms at most`,
  );
  assert.ok(loadMs < MAX_LOAD_MS);
  assert.ok(lookupUs < MAX_LOOKUP_US);
  assert.ok(reload.longestMs < reload.ms * MAX_WAIT_SHARE);
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

function bytesInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().rss;
}

function askAll(table: OpenedTable, keys: readonly string[]): void {
  for (const key of keys) if (table.find(key) === undefined) assert.fail(key);
}

/** How long the work takes, and the longest time in which nothing else could be done. */
async function longestWait(work: () => Promise<void>): Promise<{ ms: number; longestMs: number }> {
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  }, 1);
  const began = performance.now();
  await work();
  clearInterval(timer);
  return { ms: performance.now() - began, longestMs };
}
