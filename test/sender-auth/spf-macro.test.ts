import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandDomain, expandMacros, isExplanation } from '../../src/sender-auth/spf-macro.ts';

/** The examples of RFC 7208 7.4. */
const IPV4 = {
  address: '192.0.2.3',
  local: 'strong-bad',
  senderDomain: 'email.example.com',
  helo: 'mail.example.net',
  receiver: 'mx.example.org',
  time: 1_700_000_000,
};
const IPV6 = { ...IPV4, address: '2001:db8::cb01' };

test('macros', () => {
  const cases: [text: string, expanded: string][] = [
    ['%{s}', 'strong-bad@email.example.com'],
    ['%{o}', 'email.example.com'],
    ['%{d}', 'email.example.com'],
    ['%{d4}', 'email.example.com'],
    ['%{d3}', 'email.example.com'],
    ['%{d2}', 'example.com'],
    ['%{d1}', 'com'],
    ['%{dr}', 'com.example.email'],
    ['%{d2r}', 'example.email'],
    ['%{l}', 'strong-bad'],
    ['%{l-}', 'strong.bad'],
    ['%{lr}', 'strong-bad'],
    ['%{lr-}', 'bad.strong'],
    ['%{l1r-}', 'strong'],
    ['%{ir}.%{v}._spf.%{d2}', '3.2.0.192.in-addr._spf.example.com'],
    ['%{lr-}.lp._spf.%{d2}', 'bad.strong.lp._spf.example.com'],
    ['%{lr-}.lp.%{ir}.%{v}._spf.%{d2}', 'bad.strong.lp.3.2.0.192.in-addr._spf.example.com'],
    ['%{d2}.trusted-domains.example.net', 'example.com.trusted-domains.example.net'],
    ['%%%_%-%{h}', '% %20mail.example.net'],
    ['%{S}', 'strong-bad%40email.example.com'],
    ['%{c} %{r} %{t} %{p}', '192.0.2.3 mx.example.org 1700000000 p.example'],
  ];
  for (const [text, expanded] of cases) {
    assert.equal(expandMacros(text, IPV4, 'email.example.com', 'p.example'), expanded, text);
  }
  const name = '1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com';
  assert.equal(expandMacros('%{ir}.%{v}._spf.%{d2}', IPV6, 'email.example.com', ''), name);
});

test('names lose labels on the left, and what is no name is undefined', () => {
  const expand = (spec: string, local = 'x') => expandDomain(spec, { ...IPV4, local }, 'example.com', '');
  assert.equal(expand('A.%{d}.'), 'a.example.com');
  const short = expand('%{l}.%{d}', `cut.${'a.'.repeat(119)}b`) ?? '';
  assert.ok(short.length <= 253 && short.startsWith('a.a.') && short.endsWith('.b.example.com'), short);
  for (const local of ['a..b', 'x'.repeat(64), 'ä', ''])
    assert.equal(expand('%{l}.%{d}', local), undefined, local);
  assert.equal(expand('%{l}%{l}%{l}.%{d}', 'a.'.repeat(1000)), undefined);
});

test('explanations', () => {
  for (const text of ['', 'See %{c} at %{t}%_or %{R}, 100%%', 'http://x/?%{S}'])
    assert.ok(isExplanation(text), text);
  for (const text of ['%', '%x', '%{x}', '%{d0}', 'ä', 'a\r\nb', '%{d'])
    assert.ok(!isExplanation(text), text);
});
