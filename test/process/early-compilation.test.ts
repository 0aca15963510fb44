import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { THRESHOLDS } from '../../src/process/early-compilation.ts';

test('V8 knows the thresholds', () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  for (const threshold of THRESHOLDS) {
    const [name = ''] = threshold.split('=');
    const [, byItself] = new RegExp(`^  ${name} [^]*?default: (--\\S+)`, 'm').exec(known) ?? [];
    assert.ok(byItself, `${name} is gone`);
    assert.notEqual(byItself, threshold);
  }
});
