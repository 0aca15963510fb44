import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Offences,
  OUT_OF_SERVICE_MS,
  OVERRUN_MEMORY_MS,
  OVERRUNS_ALLOWED,
} from '../../src/patterns/offences.ts';
import { PatternOverrun } from '../../src/patterns/pattern-error.ts';

test('a pattern that overruns again and again is out of service for a while', () => {
  let now = 0;
  const offences = new Offences('(a)\\1', () => now);
  for (let i = 1; i < OVERRUNS_ALLOWED; i++) assert.equal(offences.overrun('slow').outOfService, false);
  offences.checkService();
  assert.equal(offences.overrun('slow').outOfService, true);
  assert.throws(() => offences.checkService(), PatternOverrun);
  now += OUT_OF_SERVICE_MS - 1;
  assert.throws(() => offences.checkService(), /out of service for 1 more seconds/);
  now += 1;
  offences.checkService();
  assert.equal(offences.overrun('slow').outOfService, false);
});

test('old overruns are forgotten', () => {
  let now = 0;
  const offences = new Offences('x', () => now);
  for (let i = 0; i < 3 * OVERRUNS_ALLOWED; i++) {
    assert.equal(offences.overrun('slow').outOfService, false);
    now += OVERRUN_MEMORY_MS;
  }
});
