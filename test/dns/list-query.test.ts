/** The names of lists and the patterns behind them. `Postfix: ip_match.c`, RFC 5782. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadListProblem, deadLists } from '../../src/dns/dead-lists.ts';
import { shownZone, withoutListKey } from '../../src/dns/list-key.ts';
import { AddressPattern, addressFront, parseDnsList } from '../../src/dns/list-query.ts';
import { refusalMeaning } from '../../src/dns/list-refusals.ts';
import { parseWeightedList } from '../../src/dns/list-score.ts';

test('a list with and without a pattern', () => {
  assert.deepEqual(parseDnsList('bl.test'), { zone: 'bl.test', pattern: undefined, written: 'bl.test' });
  const { zone, pattern, written } = parseDnsList('bl.test=127.0.0.[2..11;20]');
  assert.deepEqual([zone, written], ['bl.test', 'bl.test=127.0.0.[2..11;20]']);
  assert.deepEqual(
    [2, 7, 11, 12, 20, 21].map((n) => pattern?.matches(`127.0.0.${n}`)),
    [true, true, true, false, true, false],
  );
  assert.equal(addressFront('192.0.2.1'), '1.2.0.192');
});

test('patterns that match, and what they are matched with', () => {
  const matches = (pattern: string, address: string) => new AddressPattern(pattern).matches(address);
  assert.ok(matches('127.0.[0..3].[1;3;5]', '127.0.2.3'));
  assert.ok(!matches('127.0.[0..3].[1;3;5]', '127.0.4.3'));
  assert.ok(matches('[0..255].[0..255].[0..255].[0..255]', '1.2.3.4'));
  assert.ok(!matches('127.0.0.2', '127.0.0.2.2'));
  assert.ok(!matches('127.0.0.2', 'nonsense'));
});

test('patterns that are none', () => {
  for (const text of [
    '',
    '127.0.0',
    '127.0.0.1.2',
    '127.0.0.256',
    '127.0.0.[]',
    '127.0.0.[2..1]',
    '127.0.0.x',
  ])
    assert.throws(() => new AddressPattern(text), RangeError, text);
  for (const text of ['127.0.0.[2,3]', '127.0.0.[2', '127.0.0.2]', '[127.0.0.2]', '127..0.2', ' 127.0.0.2'])
    assert.throws(() => new AddressPattern(text), RangeError, text);
});

test('lists with weights', () => {
  const read = (text: string) => {
    const { list, weight } = parseWeightedList(text);
    return [list.zone, list.pattern !== undefined, weight];
  };
  assert.deepEqual(read('bl.test'), ['bl.test', false, 1]);
  assert.deepEqual(read('bl.test*3'), ['bl.test', false, 3]);
  assert.deepEqual(read('wl.test=127.0.[0..255].[1..3]*-2'), ['wl.test', true, -2]);
  for (const text of [
    'bl.test*',
    'bl.test*x',
    'bl.test*1.5',
    '*2',
    'bl test*2',
    'bl.test=1.2.3*2',
    '=127.0.0.2',
  ])
    assert.throws(() => parseWeightedList(text), RangeError, text);
});

test('keys of customers are left out', () => {
  for (const [written, shown] of [
    ['abcdefgh0123456789abcdefgh.zen.dq.spamhaus.net', 'zen.dq.spamhaus.net'],
    ['short.zen.dq.spamhaus.net', 'zen.dq.spamhaus.net'],
    ['KEY.combined.mail.abusix.zone', 'combined.mail.abusix.zone'],
    ['key.r.mail-abuse.com', 'r.mail-abuse.com'],
    ['0123456789abcdef0123456789abcdef.bl.example.com', 'bl.example.com'],
    ['zen.spamhaus.org', 'zen.spamhaus.org'],
    ['zen.dq.spamhaus.net', 'zen.dq.spamhaus.net'],
    ['bl.spamcop.net', 'bl.spamcop.net'],
    ['averyveryverylongbutordinaryname.example.com', 'averyveryverylongbutordinaryname.example.com'],
  ] as const) {
    assert.equal(shownZone(written), shown, written);
  }
  const text = 'see https://x.test/?key=SECRET1&ip=1 secret1 and secret2';
  assert.equal(
    withoutListKey(text, 'Secret1.zen.dq.spamhaus.net'),
    'see https://x.test/?key=***&ip=1 *** and secret2',
  );
  assert.equal(withoutListKey(text, 'bl.test'), text);
});

test('answers that are no listings', () => {
  for (const [zone, address, isRefusal] of [
    ['zen.spamhaus.org', '127.255.255.252', true],
    ['zen.spamhaus.org', '127.255.255.254', true],
    ['any.test', '127.255.255.255', true],
    ['any.test', '127.255.255.7', true],
    ['any.test', '127.0.0.1', false],
    ['any.test', '127.0.0.2', false],
    ['multi.surbl.org', '127.0.0.1', true],
    ['black.uribl.com', '127.0.0.1', true],
    ['black.uribl.com', '127.0.0.2', false],
    ['dbl.spamhaus.org', '127.0.1.255', true],
    ['KEY.dbl.dq.spamhaus.net', '127.0.1.255', true],
    ['list.dnswl.org', '127.0.0.255', true],
    ['list.dnswl.org', '127.0.5.3', false],
  ] as const) {
    assert.equal(refusalMeaning(zone, [address]) !== undefined, isRefusal, `${zone} ${address}`);
  }
  assert.notEqual(refusalMeaning('any.test', ['127.0.0.2', '127.255.255.254']), undefined, 'one of several');
});

test('dead lists are known with those below them, and named without keys', () => {
  assert.match(
    deadListProblem('relays.ordb.org', []) ?? '',
    /^DNS list relays\.ordb\.org is dead since 2006: /,
  );
  assert.match(deadListProblem('Dnsbl.SORBS.net', []) ?? '', /2024/);
  assert.equal(deadListProblem('notordb.org', []), undefined);
  assert.equal(deadListProblem('zen.spamhaus.org', []), undefined);
  assert.equal(deadListProblem('relays.ordb.org', ['ORDB.org', 'x.test']), undefined, 'ours');
  assert.ok(!deadListProblem('0123456789abcdef0123456789abcdef.relays.ordb.org', [])?.includes('0123'));
  for (const { zone, since, what, source } of deadLists) {
    assert.match(zone, /^[a-z\d-]+(\.[a-z\d-]+)+$/);
    assert.ok(since > 1996 && since < 2100 && what !== '' && source !== '', zone);
  }
});
