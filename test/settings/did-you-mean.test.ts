import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean } from '../../src/settings/did-you-mean.ts';
import { parameterNames } from '../../src/settings/parameters.ts';
import { processorMs } from '../support/processor-time.ts';

const cases: [written: string, meant: string | undefined][] = [
  ['smtpd_helo_requird', 'smtpd_helo_required'],
  ['smptd_helo_required', 'smtpd_helo_required'],
  ['smtpd-helo-required', 'smtpd_helo_required'],
  ['SMTPD_HELO_REQUIRED', 'smtpd_helo_required'],
  ['smtpd_recipient_restriction', 'smtpd_recipient_restrictions'],
  ['relay_domain', 'relay_domains'],
  ['myhost_name', 'myhostname'],
  ['my_class', undefined],
  ['class_rbl', undefined],
  ['x', undefined],
];

for (const [written, meant] of cases) {
  test(`did you mean: ${written}`, () => assert.equal(didYouMean(written, parameterNames), meant));
}

test('a long name costs little', () => {
  const began = processorMs();
  for (let i = 0; i < 20; i++) didYouMean('smtpd_recipient_restrictions_of_old'.repeat(20), parameterNames);
  assert.ok(processorMs() - began < 500);
});
