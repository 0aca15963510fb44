import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDmarcRecord } from '../../src/sender-auth/dmarc-record.ts';

const policies = (text: string) => {
  const found = parseDmarcRecord(text)?.policies;
  return found && `${found.own} ${found.below} ${found.belowMissing}`;
};

test('what a record asks for: itself, names below, names below that do not exist', () => {
  const cases: [text: string, wanted: string | undefined][] = [
    ['v=DMARC1; p=reject', 'reject reject reject'],
    ['v=DMARC1;p=Reject;sp=NONE', 'reject none none'],
    ['v=DMARC1; p=none; np=reject', 'none none reject'],
    ['v=DMARC1; sp=quarantine; p=reject; np=none;', 'reject quarantine none'],
    ['V = DMARC1 ; P = reject ; unknown=x; bogus; pct=0', 'reject reject reject'],
    ['v=DMARC1; rua=mailto:x@y.example', 'none none none'],
    ['v=DMARC1; p=bogus; rua=mailto:x@y.example', 'none none none'],
    ['v=DMARC1; p=reject; sp=bogus; rua=mailto:x@y.example', 'none none none'],
    ['v=DMARC1; p=reject; p=none; rua=mailto:x@y.example', 'none none none'],
    ['v=DMARC1; p=reject; np=', undefined],
    ['v=DMARC1; p=bogus', undefined],
    ['v=DMARC1; p=bogus; rua=nobody@y.example', undefined],
    ['v=DMARC1', undefined],
  ];
  for (const [text, wanted] of cases) assert.equal(policies(text), wanted, text);
});

test('what is no record at all', () => {
  const cases = [
    '',
    'v=DMARC2; p=reject',
    'v=dmarc1; p=reject',
    'v=DMARC1x; p=none',
    'p=reject; v=DMARC1',
    ' v=DMARC1; p=none',
    'v=spf1',
  ];
  for (const text of cases) assert.equal(parseDmarcRecord(text), undefined, text);
  assert.equal(parseDmarcRecord(`v=DMARC1; p=none; x=${'y'.repeat(60_000)}`), undefined);
});

test('the other tags', () => {
  const record =
    parseDmarcRecord(
      'v=DMARC1; p=none; adkim=S; aspf=r; t=y; psd=N; rua=mailto:a@x.example!10m , https://y.example/r,bad',
    ) ?? assert.fail();
  const { text: _, policies: __, ...facts } = record;
  assert.deepEqual(facts, {
    strictDkim: true,
    strictSpf: false,
    testing: true,
    psd: 'n',
    reportTo: ['mailto:a@x.example', 'https://y.example/r'],
  });
  assert.equal(parseDmarcRecord('v=DMARC1; p=none; psd=x; t=1')?.psd, 'u');
});
