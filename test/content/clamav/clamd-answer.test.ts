import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClamdAnswer, parseAnswer } from '../../../src/content/clamav/clamd-answer.ts';

const infected = (signature: string): ClamdAnswer => ({ kind: 'infected', signature });

const CASES: readonly [string, ClamdAnswer | undefined][] = [
  ['stream: OK', { kind: 'clean' }],
  ['1: stream: OK', { kind: 'clean' }],
  ['stream: Eicar-Test-Signature FOUND', infected('Eicar-Test-Signature')],
  ['stream: Win.Test(44d88612fea8a8f36de82e1278abb02f:68) FOUND', infected('Win.Test')],
  ['stream: Odd(name) FOUND', infected('Odd(name)')],
  ['stream: A FOUND FOUND', infected('A_FOUND')],
  ['stream: Evil\r\n250 2.0.0 ok\r\nX FOUND', infected('Evil__250_2.0.0_ok__X')],
  ['stream: OK\nstream: Evil FOUND', infected('OK_stream:_Evil')],
  [`stream: ${'n'.repeat(500)} FOUND`, infected('n'.repeat(200))],
  [
    'INSTREAM size limit exceeded. ERROR',
    { kind: 'refused', why: 'INSTREAM size limit exceeded. ERROR', isSizeLimit: true },
  ],
  [
    "stream: Can't allocate memory ERROR",
    { kind: 'refused', why: "stream: Can't allocate memory ERROR", isSizeLimit: false },
  ],
  // never clean by mistake
  ['', undefined],
  ['stream: O', undefined],
  ['stream: OK ', undefined],
  ['stream: ok', undefined],
  ['OK', undefined],
  ['stream:  FOUND', undefined],
  ['PONG', undefined],
  ['UNKNOWN COMMAND', undefined],
];

for (const [text, expected] of CASES) {
  test(`answer ${JSON.stringify(text.slice(0, 60))}`, () => assert.deepEqual(parseAnswer(text), expected));
}
