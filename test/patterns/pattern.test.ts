import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPromise } from '../../src/mail/maybe-promise.ts';
import { compilePattern, type PatternSyntax, pcreSyntax, regexpSyntax } from '../../src/patterns/pattern.ts';
import { PatternOverrun } from '../../src/patterns/pattern-error.ts';
import { processorMs } from '../support/processor-time.ts';

const utf8: PatternSyntax = { ...pcreSyntax, utf8: true };

test('a pattern says how it is matched, and why', () => {
  const rows: readonly (readonly [string, PatternSyntax, 'linear' | 'bounded', string | undefined])[] = [
    ['(a+)+$', pcreSyntax, 'linear', undefined],
    ['(a+)+$', regexpSyntax, 'linear', undefined],
    ['^(?!owner-)', pcreSyntax, 'bounded', 'look-around'],
    ['(a)\\1', regexpSyntax, 'bounded', 'a back-reference'],
    ['(?R)?a', pcreSyntax, 'bounded', 'a recursion'],
    ['a++', pcreSyntax, 'bounded', 'a possessive repetition'],
    ['(?>a)', pcreSyntax, 'bounded', 'an atomic group'],
    ['(a)?(?(1)b)', pcreSyntax, 'bounded', 'a condition'],
    ['a\\Kb', pcreSyntax, 'bounded', '\\K'],
    ['(a{1,200}){1,200}', pcreSyntax, 'bounded', 'repetitions that are too large'],
  ];
  for (const [text, syntax, engine, why] of rows) {
    const pattern = compilePattern(text, syntax);
    assert.equal(pattern.engine, engine, text);
    assert.equal(pattern.why, why, text);
    assert.equal(pattern.text, text);
  }
});

test('strings and buffers give the same answers, bytes that are no text included', async () => {
  const pattern = compilePattern('^(\\W)(b+)$', regexpSyntax);
  assert.equal(pattern.groups, 2);
  assert.deepEqual(await pattern.match('\u{dce9}bb'), ['\u{dce9}bb', '\u{dce9}', 'bb']);
  assert.deepEqual(await pattern.match(Buffer.from([0xe9, 0x62])), ['\u{dce9}b', '\u{dce9}', 'b']);
  assert.equal(await pattern.test('\u{dce9}bb'), true);
  assert.equal(await pattern.test('+bb'), true);
  assert.equal(await pattern.test('bb'), false);
});

test('as bytes a Cyrillic letter is two, as UTF-8 it is one', async () => {
  assert.deepEqual(await compilePattern('^(.)(.)$', pcreSyntax).match('ж'), ['ж', '\u{dcd0}', '\u{dcb6}']);
  assert.equal(await compilePattern('^.$', utf8).test('ж'), true);
  assert.deepEqual(await compilePattern('(.)$', utf8).match('аж'), ['ж', 'ж']);
  assert.equal(await compilePattern('^[а-я]+$', utf8).test('ПОЧТА'), true);
  assert.equal(await compilePattern('почта', { ...utf8, ignoreCase: false }).test('ПОЧТА'), false);
  assert.equal(await compilePattern('ПОЧТА', pcreSyntax).test('почта'), false);
  assert.equal(await compilePattern('\\x{416}', utf8).test('Ж'), true);
  assert.equal(await compilePattern('kelvin s', utf8).test('\u212aELVIN \u017f'), true);
});

test('text that is not UTF-8 is matched as bytes by a UTF-8 pattern', async () => {
  const pattern = compilePattern('^a.b$', utf8);
  assert.equal(await pattern.test('aжb'), true);
  assert.equal(await pattern.test(Buffer.from([0x61, 0xd6, 0x62])), true);
  assert.equal(await pattern.test(Buffer.from([0x61, 0xd6, 0xd6, 0x62])), false);
  assert.equal(await compilePattern('a\\x{416}?b', utf8).test(Buffer.from([0xd6, 0x61, 0x62])), false);
});

test('a match begins with a whole character', async () => {
  assert.deepEqual(await compilePattern('\\B', utf8).match('aжb'), undefined);
  assert.deepEqual(await compilePattern('\\B(.?)', { ...regexpSyntax, utf8: true }).match('ж'), ['ж', 'ж']);
});

test('what cannot be decided in time is an error that names the pattern, and in the end it is not tried', async () => {
  const pattern = compilePattern('^(a|a)+\\1x$', pcreSyntax);
  const hostile = `${'a'.repeat(50)}bx`;
  const errors: PatternOverrun[] = [];
  for (let i = 0; i < 5; i++) {
    const before = processorMs();
    try {
      const answer = pattern.test(hostile);
      assert.ok(processorMs() - before < 50, 'the first turn is short');
      await answer;
    } catch (error) {
      assert.ok(error instanceof PatternOverrun);
      errors.push(error);
    }
  }
  assert.match(errors[0]?.message ?? '', /pattern "\^\(a\|a\)\+.*not decided after 100 ms/);
  assert.equal(errors[0]?.outOfService, false);
  assert.match(errors[2]?.message ?? '', /taken out of service for 300 seconds/);
  assert.match(errors[3]?.message ?? '', /out of service for \d+ more seconds/);
  assert.equal(errors[4]?.outOfService, true);
});

test('a text that the relaxed form refuses is answered even then', async () => {
  const pattern = compilePattern('^(a|a)+\\1x$', pcreSyntax);
  const answer = pattern.test('a'.repeat(1000));
  assert.equal(isPromise(answer), false);
  assert.equal(answer, false);
});

test('an endless recursion is an overrun, not a hang', async () => {
  await assert.rejects(
    async () => compilePattern('(?R)a|b(?R)', pcreSyntax).test('aaa'),
    /calls itself without end/,
  );
});
