import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolverOption } from '../../src/settings/system-resolver.ts';

const directory = mkdtempSync(join(tmpdir(), 'resolv-conf-'));
const file = join(directory, 'resolv.conf');
after(() => rmSync(directory, { recursive: true }));

const CASES: readonly [text: string, timeout: number | undefined, attempts: number | undefined][] = [
  ['nameserver 127.0.0.1\noptions timeout:1 attempts:1\n', 1, 1],
  ['options ndots:2 timeout:3\noptions attempts:4 rotate', 3, 4],
  ['options timeout:900 attempts:900', 30, 5],
  ['options timeout:0 attempts:x', undefined, undefined],
  ['options xtimeout:3 attempts:4s\n#options timeout:2', undefined, undefined],
  ['', undefined, undefined],
];

test('timeout and attempts of resolv.conf', () => {
  for (const [text, timeout, attempts] of CASES) {
    writeFileSync(file, text);
    assert.equal(resolverOption('timeout', file), timeout, text);
    assert.equal(resolverOption('attempts', file), attempts, text);
  }
  assert.equal(resolverOption('timeout', join(directory, 'none')), undefined);
});
