import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorOf, authorOfFields } from '../../src/sender-auth/from-header.ts';
import { headerFields } from '../../src/sender-auth/header-fields.ts';
import { processorMs } from '../support/processor-time.ts';

test('authors that everybody reads the same way', () => {
  const cases: [value: string, domain: string][] = [
    ['joe@example.com', 'example.com'],
    [' Joe <joe@Example.COM> ', 'example.com'],
    ['"Doe, Joe" <joe@example.com> (at home)', 'example.com'],
    ['J. Q. Public <joe@example.com>', 'example.com'],
    ['joe@example.com (Joe \\) (nested) Doe)', 'example.com'],
    ['(before) Joe (between) <joe@example.com>', 'example.com'],
    ['"joe \\"x\\" doe"@example.com', 'example.com'],
    ['"john"."doe"@example.com', 'example.com'],
    ['Joe\r\n\t<joe@example.com>\r\n', 'example.com'],
    ['A <a@example.com>, b@EXAMPLE.com, "c" <c@example.com>', 'example.com'],
    ['Team: a@example.com, B <b@example.com>;', 'example.com'],
    [',a@example.com,,', 'example.com'],
    ['joe@example.com <joe@example.com>', 'example.com'],
    ['=?utf-8?Q?J=C3=B6rg?= <joe@example.com>', 'example.com'],
    ['Jörg <jörg@bücher.example>', 'xn--bcher-kva.example'],
    ['J\udcf6rg <joe@example.com>', 'example.com'],
    ['[List] Joe <joe@example.com>', 'example.com'],
    ['root@localhost', 'localhost'],
    ['Sales: Joe <joe@example.com>', 'example.com'],
    ['"Joe <joe@example.com>', 'example.com'],
    ['Joe (home <joe@example.com>', 'example.com'],
  ];
  for (const [value, domain] of cases) assert.deepEqual(authorOf([value]), { kind: 'usable', domain }, value);
});

test('authors that may be read in two ways, or not at all', () => {
  const cases: [value: string, why: RegExp][] = [
    ['', /no address/],
    ['Joe', /no address/],
    ['undisclosed:;', /no address/],
    ['<>', /no address/],
    ['a@x.example, b@y.example', /more than one domain/],
    ['Team: a@x.example;, b@y.example', /more than one domain/],
    ['ceo@bank.example <x@evil.example>', /more than one domain/],
    ['a@b@c.example', /no address/],
    ['<@a.example,@b.example:x@c.example>', /source route/],
    ['<x@evil.example> ceo@bank.example', /text behind/],
    ['<x@evil.example><ceo@bank.example>', /text behind/],
    ['>x@evil.example<', /text behind/],
    ['<x@evil.example>\\,<ceo@bank.example>', /stray backslash/],
    ['Team: a@x.example; b@y.example', /text behind a group/],
    ['a@x.example;', /semicolon/],
    ['Team: a@x.example', /group without end/],
    ['Team: More: a@x.example;;', /colon/],
    ['joe@[192.0.2.1]', /literal/],
    ['joe@example .com', /white space/],
    ['joe@(x)example.com', /white space/],
    ['joe@exam(x)ple.com', /white space/],
    ['joe@example..com', /no domain/],
    ['joe@"example.com"', /no domain/],
    ['joe@exa_mple!.com', /no domain/],
    ['joe..doe@example.com', /strange/],
    ['=?utf-8?Q?ceo=40bank.example?=@evil.example', /strange/],
    ['=?utf-8?B?PGNlb0BiYW5rLmV4YW1wbGU+?=, <x@evil.example>', /no address/],
    ['=?utf-8?B?PGNlb0BiYW5rLmV4YW1wbGU+?= (, <x@evil.example>', /comment/],
    ['ceo@bank.example\0.evil.example', /control/],
    ['Joe\n<joe@example.com>', /control/],
    ['Joe\r\n<joe@example.com>', /control/],
    ['"a@b.example" <"c@d.example>', /stray quote/],
    ['ceo@bank.example(.evil.example', /comment/],
    ['j\udcf6@example.com\udcf6', /no domain/],
  ];
  for (const [value, why] of cases) {
    const author = authorOf([value]);
    assert.ok(author.kind === 'unusable', `${value}: ${JSON.stringify(author)}`);
    assert.match(author.why, why, value);
  }
  assert.deepEqual(authorOf([]), { kind: 'unusable', why: 'no From field' });
  assert.deepEqual(authorOf(['a@x.example', 'a@x.example']), {
    kind: 'unusable',
    why: 'more than one From field',
  });
});

test('the author of a header', () => {
  const cases: [header: string, author: string][] = [
    ['From: joe@example.com\r\nSender: x@y.example\r\n', 'example.com'],
    ['FROM\t: joe@example.com\r\n', 'example.com'],
    ['From: J\xc3\xb6rg <j@b\xc3\xbccher.example>\r\n', 'xn--bcher-kva.example'],
    ['Subject: x\r\n From: not@a.field\r\nFrom: joe@example.com\r\n', 'example.com'],
    ['X-From: a@x.example\r\nResent-From: b@y.example\r\nFrom: joe@example.com\r\n', 'example.com'],
    ['From: a@x.example\r\nFrom: b@y.example\r\n', 'more than one From field'],
    ['From: a@x.example\r\nFrom : a@x.example\r\n', 'more than one From field'],
    ['From\r\n : a@x.example\r\n', 'white space hides a From field'],
    [' From: a@x.example\r\nFrom: b@y.example\r\n', 'white space hides a From field'],
    ['Sender: a@x.example\r\n', 'no From field'],
  ];
  for (const [header, wanted] of cases) {
    const author = authorOfFields(headerFields(Buffer.from(header, 'latin1')));
    assert.equal(author.kind === 'usable' ? author.domain : author.why, wanted, header);
  }
});

test('a long From is linear work', (t) => {
  for (const filler of ['(', ')', '"', '\\', '<', '@', ',', ':', ' ', 'a', 'a@b,', '"a" ', '=?', '(a)']) {
    const value = `x ${filler.repeat(60_000 / filler.length)} <joe@example.com>`;
    const start = processorMs();
    authorOf([value]);
    authorOf([`x <joe@example.com> ${filler.repeat(990 / filler.length)}`]);
    const ms = processorMs() - start;
    t.diagnostic(`${filler}: ${ms.toFixed(1)} ms`);
    assert.ok(ms < 500, `${filler}: ${ms} ms`);
  }
});
