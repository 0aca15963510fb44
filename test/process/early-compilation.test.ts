import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { THRESHOLDS } from '../../src/process/early-compilation.ts';

test('V8 knows the thresholds', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const threshold of THRESHOLDS) {
    const [name = '', value = ''] = threshold.split('=');
    const [, by = ''] = new RegExp(`^  ${name} [^]*?default: ${name}=(\\d+)`, 'm').exec(known) ?? [];
    assert.ok(Number(by) > 0, `${name} is gone`);
    assert.notEqual(by, value);
  }
});
