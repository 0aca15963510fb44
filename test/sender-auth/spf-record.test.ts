import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSpfRecord, parseSpfRecord, SpfSyntaxError } from '../../src/sender-auth/spf-record.ts';

test('which TXT records are SPF records', () => {
  for (const text of ['v=spf1', 'V=SPF1 -all', 'v=spf1 ']) assert.ok(isSpfRecord(text), text);
  for (const text of ['', 'v=spf10', 'v=spf1-all', ' v=spf1', 'spf1', 'v=spf2.0/pra'])
    assert.ok(!isSpfRecord(text), text);
});

test('a record as terms', () => {
  const record = parseSpfRecord(
    'v=spf1  ?A/24//64 mx:%{d2}.x.example IP6:2001:db8::/32 -all exp=e.%{d} Redirect=r.example x=%{i}',
  );
  assert.deepEqual([record.redirect, record.explanation], ['r.example', 'e.%{d}']);
  assert.deepEqual(
    record.directives.map(({ qualifier, mechanism, domainSpec, prefix4, prefix6 }) => [
      qualifier,
      mechanism,
      domainSpec,
      prefix4,
      prefix6,
    ]),
    [
      ['?', 'a', undefined, 24, 64],
      ['+', 'mx', '%{d2}.x.example', 32, 128],
      ['+', 'ip6', undefined, 32, 32],
      ['-', 'all', undefined, 32, 128],
    ],
  );
});

test('terms that break a record', () => {
  const terms = [
    ...[
      'all:x.example',
      'all/8',
      'include',
      'include:',
      'exists',
      'a:',
      'a:localhost',
      'a:x.123',
      'a:x.example/33',
      'a/08',
    ],
    ...[
      'a//129',
      'a/24/24',
      'mx:x_.y!',
      'ip4',
      'ip4:192.0.2',
      'ip4:192.0.2.1/33',
      'ip4:192.0.02.1',
      'ip4:2001:db8::1',
    ],
    ...[
      'ip6:192.0.2.1',
      'ip6:2001:db8::1/129',
      'ip6:fe80::1%1',
      'ptr/24',
      '+',
      '--all',
      'foo',
      'foo:bar',
      '=x',
      '1=x',
    ],
    ...[
      'redirect=',
      'redirect=localhost',
      'exp=%{c}.example',
      'x=%{y}',
      'x=%',
      'a:%{d0}.example',
      'a:%{x}.example',
      'a:b%.c',
    ],
  ];
  for (const term of terms) assert.throws(() => parseSpfRecord(`v=spf1 ${term} -all`), SpfSyntaxError, term);
  assert.throws(() => parseSpfRecord('v=spf1 redirect=a.example redirect=b.example'), SpfSyntaxError);
  assert.throws(() => parseSpfRecord('a mx'), /does not begin with v=spf1/);
  assert.throws(() => parseSpfRecord('v=spf1 a\tb'), /invalid term "a\tb"/);
});
