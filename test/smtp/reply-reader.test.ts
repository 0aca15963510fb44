import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeOctets } from '../../src/mail/octets.ts';
import { type Reply, replyBytes } from '../../src/mail/reply.ts';
import { GarbledReply, maxLineBytes, maxReplyLines, ReplyReader } from '../../src/smtp/reply-reader.ts';

function read(bytes: Buffer | string, cut = Number.POSITIVE_INFINITY): Reply[] {
  const reader = new ReplyReader();
  const replies: Reply[] = [];
  const all = Buffer.from(bytes as string, 'latin1');
  for (let at = 0; at < all.length; at += cut)
    reader.push(all.subarray(at, at + cut), (reply) => replies.push(reply));
  assert.equal(reader.idle, true, 'nothing is left over');
  return replies;
}

const good: [name: string, wire: string, replies: Reply[]][] = [
  ['one line', '250 2.1.0 Ok\r\n', [{ code: 250, status: '2.1.0', lines: ['Ok'] }]],
  ['no status', '220 mx.test ESMTP\r\n', [{ code: 220, status: '', lines: ['mx.test ESMTP'] }]],
  ['no text', '250\r\n', [{ code: 250, status: '', lines: [''] }]],
  ['an empty text', '250 \r\n', [{ code: 250, status: '', lines: [''] }]],
  ['a status alone', '250 2.0.0\r\n', [{ code: 250, status: '2.0.0', lines: [''] }]],
  ['bare LF', '250 Ok\n', [{ code: 250, status: '', lines: ['Ok'] }]],
  [
    'several lines',
    '550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\n',
    [{ code: 550, status: '5.1.1', lines: ['a', 'b', 'c'] }],
  ],
  [
    'the status of the last line counts',
    '550-a\r\n550 5.1.1 b\r\n',
    [{ code: 550, status: '5.1.1', lines: ['a', 'b'] }],
  ],
  ['a status of another class is text', '550 2.0.0 no\r\n', [{ code: 550, status: '', lines: ['2.0.0 no'] }]],
  [
    'what only looks like one is text',
    '550 5.1.1.1 no\r\n',
    [{ code: 550, status: '', lines: ['5.1.1.1 no'] }],
  ],
  ['a status behind 354 is text', '354 3.0.0 go\r\n', [{ code: 354, status: '', lines: ['3.0.0 go'] }]],
  [
    'two replies',
    '250 a\r\n354 b\r\n',
    [
      { code: 250, status: '', lines: ['a'] },
      { code: 354, status: '', lines: ['b'] },
    ],
  ],
  ['control characters', '250 a\0b\x1b[2J\tc\r\n', [{ code: 250, status: '', lines: ['a?b?[2J?c'] }]],
  ['UTF-8', '250 gr\xc3\xbcn\r\n', [{ code: 250, status: '', lines: ['grün'] }]],
];

for (const [name, wire, replies] of good) {
  test(`reply: ${name}, whole and byte by byte`, () => {
    assert.deepEqual(read(wire), replies);
    assert.deepEqual(read(wire, 1), replies);
  });
}

const bad: [name: string, wire: string][] = [
  ['words', 'what?\r\n'],
  ['two digits', '25 Ok\r\n'],
  ['four digits', '2500 Ok\r\n'],
  ['a class that does not exist', '650 Ok\r\n'],
  ['1xx', '150 Ok\r\n'],
  ['an empty line', '\r\n'],
  ['another separator', '250=Ok\r\n'],
  ['different codes', '250-a\r\n550 b\r\n'],
  ['binary', '\0\xff\x1b[2J what?\r\nfoo\r\n'],
  ['a line without end', 'x'.repeat(maxLineBytes + 1)],
  ['a good line without end', `250 ${'x'.repeat(maxLineBytes)}`],
  ['too many lines', `${'250-x\r\n'.repeat(maxReplyLines)}250 x\r\n`],
];

for (const [name, wire] of bad) {
  test(`no reply: ${name}`, () => {
    assert.throws(() => read(wire), GarbledReply);
    assert.throws(() => read(wire, 1), GarbledReply);
  });
}

test('a long line is cut so that it fits into 512 octets again, between two characters', () => {
  for (const text of [
    'x'.repeat(2000),
    'ü'.repeat(900),
    `y${'ü'.repeat(900)}`,
    '€'.repeat(600),
    '😀'.repeat(300),
    '\xff'.repeat(600),
  ]) {
    const wire = text.startsWith('\xff')
      ? Buffer.from(`550 5.7.1 ${text}\r\n`, 'latin1')
      : Buffer.from(`550 5.7.1 ${text}\r\n`);
    const reader = new ReplyReader();
    const replies: Reply[] = [];
    reader.push(wire, (reply) => replies.push(reply));
    const passedOn = encodeOctets(replyBytes(replies[0] as Reply));
    assert.ok(passedOn.length <= 512 && passedOn.length > 505, `${passedOn.length} octets`);
    assert.ok(wire.subarray(0, passedOn.length - 2).equals(passedOn.subarray(0, -2)), 'it is a prefix');
    assert.equal(
      /[\udc80-\udcff]/.test(replies[0]?.lines[0] ?? ''),
      text.startsWith('\xff'),
      'no character is cut in two',
    );
  }
});

test('any cutting into chunks gives the same replies', () => {
  const wire = Buffer.from(good.map(([, bytes]) => bytes).join(''), 'latin1');
  const whole = good.flatMap(([, , replies]) => replies);
  for (let round = 0; round < 300; round++) {
    const reader = new ReplyReader();
    const replies: Reply[] = [];
    for (let at = 0; at < wire.length; ) {
      const size = 1 + Math.floor(Math.random() ** 3 * 40);
      const chunk = Buffer.from(wire.subarray(at, at + size));
      reader.push(chunk, (reply) => replies.push(reply));
      chunk.fill(0); // a chunk is not kept
      at += size;
    }
    assert.deepEqual(replies, whole);
  }
});
