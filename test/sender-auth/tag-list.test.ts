import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compact, listTag, parseTags } from '../../src/sender-auth/tag-list.ts';
import { processorMs } from '../support/processor-time.ts';

test('tag lists', () => {
  const cases: [string, Record<string, string> | undefined][] = [
    ['v=1; a=b', { v: '1', a: 'b' }],
    [' v = 1 ;\r\n\ta=b c\t; ', { v: '1', a: 'b c' }],
    ['p=', { p: '' }],
    ['p=a=b==;', { p: 'a=b==' }],
    ['X_1=y; x_1=z', { X_1: 'y', x_1: 'z' }],
    ['', {}],
    ['a=1; a=2', undefined],
    ['a=1;; b=2', undefined],
    ['a', undefined],
    ['a=1; =2', undefined],
    ['1a=2', undefined],
    ['a b=2', undefined],
  ];
  for (const [text, tags] of cases) {
    const found = parseTags(text);
    assert.deepEqual(found && Object.fromEntries(found), tags, text);
  }
});

test('values without white space, and lists', () => {
  const tags = parseTags('h = From : to\r\n\t:Subject ; b=ab c\r\n d') ?? assert.fail();
  assert.deepEqual(listTag(tags, 'h'), ['from', 'to', 'subject']);
  assert.equal(compact(tags, 'b'), 'abcd');
  assert.equal(compact(tags, 'x'), undefined);
});

test('a megabyte of anything is linear work', (t) => {
  for (const filler of [' ', ';', '=', 'a', 'a=;', '\r\n ', 'a ']) {
    const start = processorMs();
    parseTags(`v=1; x=${filler.repeat(1_000_000 / filler.length)}; y=z`);
    const ms = processorMs() - start;
    t.diagnostic(`${JSON.stringify(filler)}: ${ms.toFixed(1)} ms`);
    assert.ok(ms < 500, `${JSON.stringify(filler)}: ${ms} ms`);
  }
});
