import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MimeProblem } from '../../../src/content/mime/mime-problem.ts';
import { PartTeller } from '../../../src/content/mime/part-teller.ts';
import { PartWalk } from '../../../src/content/mime/part-walk.ts';
import { RecordScanner } from '../../../src/content/mime/record-scanner.ts';
import type { Part, PartInspector, PartReader } from '../../../src/content/part.ts';
import { cut } from '../mail-under-test.ts';

const LINE_LIMIT = 200;
const CUTS = [[Number.POSITIVE_INFINITY], [1], [2, 3], [7, 1, 30]];

/** Writes down each part with its content. */
class Listener implements PartInspector {
  readonly parts: { part: Part; content: string; ended: boolean }[] = [];

  begin(part: Part): PartReader {
    const told = { part, content: '', ended: false };
    this.parts.push(told);
    return {
      write(bytes) {
        told.content += bytes.toString('latin1');
      },
      end() {
        told.ended = true;
      },
    };
  }

  finish() {
    return [];
  }

  close() {}
}

interface Told {
  readonly listener: Listener;
  readonly problems: string[];
}

async function tell(text: string, sizes: readonly number[], nestingLimit = 20): Promise<Told> {
  const listener = new Listener();
  const problems: string[] = [];
  const limits = {
    nestingLimit,
    lineLimitBytes: LINE_LIMIT,
    count: { parts: 0 },
    problem: (problem: MimeProblem) => void problems.push(problem),
  };
  const teller = new PartTeller({ inspectors: [listener], ...limits });
  const walk = new PartWalk({ ...limits, listener: teller, prefix: '', depth: 0 });
  const scanner = new RecordScanner(LINE_LIMIT, walk);
  for (const chunk of cut(Buffer.from(text, 'latin1'), sizes)) {
    await scanner.write(chunk);
    await walk.flush();
  }
  await scanner.end();
  walk.end();
  await walk.flush();
  return { listener, problems };
}

const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');
const TWO = 'Content-Type: multipart/mixed; boundary=B';

const cases: readonly { name: string; mail: string; parts: readonly string[] }[] = [
  {
    name: 'a plain mail',
    mail: lines('Subject: x', '', 'text', 'more'),
    parts: ['0 text/plain 7bit: text\r\nmore\r\n'],
  },
  { name: 'no header', mail: lines('', 'text'), parts: ['0 text/plain 7bit: text\r\n'] },
  { name: 'no body', mail: lines('Subject: x'), parts: ['0 text/plain 7bit: '] },
  { name: 'nothing', mail: '', parts: ['0 text/plain 7bit: '] },
  {
    name: 'two parts',
    mail: lines(TWO, '', '--B', 'Content-Type: text/html', '', 'one', '', '--B', '', 'two', '--B--'),
    parts: ['0 multipart/mixed 7bit: ', '1 text/html 7bit: one\r\n', '2 text/plain 7bit: two'],
  },
  {
    name: 'text outside of all parts is a part',
    mail: lines(TWO, '', 'before', '--B', '', 'in', '--B--', '', 'behind'),
    parts: [
      '0 multipart/mixed 7bit: ',
      '0 text/plain 7bit: before',
      '1 text/plain 7bit: in',
      '0 text/plain 7bit: behind\r\n',
    ],
  },
  {
    name: 'a boundary is a whole line',
    mail: lines(TWO, '', '--B \t', '', '--Bx', 'text', ' --B', '--B --', '--B--x', '--B-- '),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain 7bit: --Bx\r\ntext\r\n --B\r\n--B --\r\n--B--x'],
  },
  {
    name: 'parts in parts',
    mail: lines(
      TWO,
      '',
      '--B',
      'Content-Type: multipart/alternative; boundary="in ner"',
      '',
      '--in ner',
      '',
      'a',
      '--in ner',
      'Content-Type: TEXT/HTML',
      '',
      'b',
      '--B',
      '',
      'c',
      '--B--',
    ),
    parts: [
      '0 multipart/mixed 7bit: ',
      '1 multipart/alternative 7bit: ',
      '1.1 text/plain 7bit: a',
      '1.2 text/html 7bit: b',
      '2 text/plain 7bit: c',
    ],
  },
  {
    name: 'encodings are undone',
    mail: lines(
      TWO,
      '',
      '--B',
      'Content-Transfer-Encoding: BASE64',
      '',
      'aGVs',
      'bG8=',
      '--B',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'a=3D=',
      'b',
      '--B--',
    ),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain base64: hello', '2 text/plain quoted-printable: a=b'],
  },
  {
    name: 'several encodings: all of them',
    mail: lines('Content-Transfer-Encoding: 7bit', 'Content-Transfer-Encoding: base64', '', 'aGVsbG8='),
    parts: ['0 text/plain 7bit: aGVsbG8=\r\n', '0 text/plain base64: hello'],
  },
  {
    name: 'an unknown encoding is passed on',
    mail: lines('Content-Transfer-Encoding: x-uuencode', '', 'begin 644 x'),
    parts: ['0 text/plain x-uuencode: begin 644 x\r\n'],
  },
  {
    name: 'a message inside',
    mail: lines(
      TWO,
      '',
      '--B',
      'Content-Type: message/rfc822',
      '',
      'Subject: inner',
      TWO.replace('=B', '=C'),
      '',
      '--C',
      '',
      'deep',
      '--C--',
      '--B--',
    ),
    parts: [
      '0 multipart/mixed 7bit: ',
      '1 message/rfc822 7bit: ',
      '1.0 multipart/mixed 7bit: ',
      '1.1 text/plain 7bit: deep',
    ],
  },
  {
    name: 'an encoded message inside',
    mail: lines(
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      '',
      Buffer.from(lines('Subject: inner', TWO, '', '--B', '', 'deep', '--B--')).toString('base64'),
    ),
    parts: ['0 message/rfc822 base64: ', '0.0 multipart/mixed 7bit: ', '0.1 text/plain 7bit: deep'],
  },
  {
    name: 'a digest',
    mail: lines(
      'Content-Type: multipart/digest; boundary=B',
      '',
      '--B',
      '',
      'Subject: inner',
      '',
      'text',
      '--B--',
    ),
    parts: ['0 multipart/digest 7bit: ', '1 message/rfc822 7bit: ', '1.0 text/plain 7bit: text'],
  },
  {
    name: 'a part that is cut off by the boundary',
    mail: lines(TWO, '', '--B', 'Content-Type: text/html', '--B', '', 'x', '--B--'),
    parts: ['0 multipart/mixed 7bit: ', '1 text/html 7bit: ', '2 text/plain 7bit: x'],
  },
  {
    name: 'a line that is no header is text, and ends no header',
    mail: lines('Subject: x', 'call 123', 'Content-Transfer-Encoding: base64', '', 'aGVsbG8='),
    parts: ['0 text/plain base64: hello', '0 text/plain 7bit: call 123\r\naGVsbG8=\r\n'],
  },
  {
    name: 'the same in front of parts',
    mail: lines('call 123', TWO, '', '--B', '', 'x', '--B--'),
    parts: ['0 text/plain 7bit: call 123\r\n', '0 multipart/mixed 7bit: ', '1 text/plain 7bit: x'],
  },
  {
    name: 'the same in front of a message',
    mail: lines('call 123', 'Content-Type: message/rfc822', '', 'X: 1', '', 'x'),
    parts: ['0 text/plain 7bit: call 123\r\n', '0 message/rfc822 7bit: ', '0.0 text/plain 7bit: x\r\n'],
  },
  {
    name: 'any of several boundaries',
    mail: lines(
      'Content-Type: multipart/mixed; boundary=A; boundary=B',
      '',
      '--B',
      '',
      'x',
      '--A',
      '',
      'y',
      '--A--',
    ),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain 7bit: x', '2 text/plain 7bit: y'],
  },
  {
    name: 'any of several content types',
    mail: lines('Content-Type: text/plain', TWO, '', '--B', '', 'x', '--B--'),
    parts: ['0 text/plain 7bit: ', '1 text/plain 7bit: x'],
  },
  ...[
    "multipart/mixed; boundary*=us-ascii'en'%42",
    'multipart/mixed; boundary*0="B"; boundary*1=""',
    'multipart/mixed boundary=B',
    "multipart/mixed; boundary='B'",
    'multipart/mixed; boundary=(comment)B',
    'multipart/mixed; boundary="B',
    'multipart; boundary=B',
    '"multipart/mixed"; boundary=B',
  ].map((value) => ({
    name: `a boundary in ${value}`,
    mail: lines(`Content-Type: ${value}`, '', '--B', '', 'x', '--B--'),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain 7bit: x'],
  })),
  {
    name: 'a boundary with signs that ought to be quoted',
    mail: lines('Content-Type: multipart/mixed; boundary=a/b=c', '', '--a/b=c', '', 'x', '--a', '--a/b=c--'),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain 7bit: x', '2 text/plain 7bit: '],
  },
  {
    name: 'a boundary that is longer than a line that is read',
    mail: lines(
      `Content-Type: multipart/mixed;\r\n boundary=${'b'.repeat(190)}\r\n boundary=${'c'.repeat(100)}`,
      '',
      `--${'b'.repeat(190)}`,
      '',
      'x',
    ),
    parts: ['0 multipart/mixed 7bit: ', '1 text/plain 7bit: x\r\n'],
  },
  {
    name: 'a multipart without a boundary is text',
    mail: lines('Content-Type: multipart/mixed', '', '--B', '', 'x'),
    parts: ['0 multipart/mixed 7bit: --B\r\n\r\nx\r\n'],
  },
];

describe('parts', () => {
  for (const { name, mail, parts } of cases) {
    test(name, async () => {
      for (const sizes of CUTS) {
        const { listener, problems } = await tell(mail, sizes);
        const told = listener.parts.map(
          ({ part, content }) => `${part.number} ${part.type} ${part.encoding}: ${content}`,
        );
        assert.deepEqual(told, parts, `in pieces of ${sizes.join(', ')}`);
        assert.deepEqual(problems, []);
        assert.ok(listener.parts.every(({ ended }) => ended));
      }
    });
  }
});

test('fields keep their bytes and folds', async () => {
  const mail = 'Subject : a\r\n\tb\r\nX:\r\nSUBJECT:\xfc\r\n\r\n';
  for (const sizes of CUTS) {
    const { listener } = await tell(mail, sizes);
    const fields = listener.parts[0]?.part.fields.map(({ name, value }) => [name, value.toString('latin1')]);
    assert.deepEqual(fields, [
      ['subject', ' a\r\n\tb'],
      ['x', ''],
      ['subject', '\xfc'],
    ]);
  }
});

describe('what nobody can follow is a problem', () => {
  const nested = (depth: number) =>
    Array.from({ length: depth }, (_, at) =>
      lines(`Content-Type: multipart/mixed; boundary=B${at}`, '', `--B${at}`),
    ).join('');
  const messages = (depth: number) => lines('Content-Type: message/rfc822', '').repeat(depth);
  const encoded = (depth: number): string =>
    depth === 0
      ? 'x'
      : lines('Content-Type: message/rfc822', 'Content-Transfer-Encoding: base64', '') +
        Buffer.from(encoded(depth - 1)).toString('base64');
  const problems: readonly [string, string, readonly string[]][] = [
    ['parts as deep as allowed', nested(20), []],
    ['parts too deep', nested(21), ['nesting']],
    ['messages as deep as allowed', messages(20), []],
    ['messages too deep', messages(21), ['nesting']],
    ['parts and messages too deep', nested(10) + messages(11), ['nesting']],
    ['encoded messages as deep as allowed', encoded(20), []],
    ['encoded messages too deep', encoded(21), ['nesting']],
    ['too many boundaries', lines(`Content-Type: multipart/mixed${'; boundary=a'.repeat(9)}`, ''), []],
    [
      'too many different boundaries',
      lines(
        `Content-Type: multipart/x${Array.from({ length: 11 }, (_, at) => `;boundary=${at}`).join('')}`,
        '',
      ),
      ['nesting'],
    ],
    ['a header too long', `X: ${'x'.repeat(1_100_000)}\r\n`, ['long header']],
    ['a header with too many fields', 'a:\r\n'.repeat(11_000), ['long header']],
    ['too many parts', `${TWO}\r\n\r\n${'--B\r\n\r\n'.repeat(11_000)}`, ['many parts']],
  ];
  for (const [name, mail, expected] of problems) {
    test(name, async () => {
      assert.deepEqual((await tell(mail, [65_536])).problems, expected);
    });
  }
});

test('random structures are told alike however they are cut', async () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * n);
  };
  const pieces = [
    '--B',
    '--C',
    '--B--',
    '--C--',
    '',
    '',
    'text',
    TWO,
    TWO.replace('=B', '=C'),
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    'aGVsbG8=',
    ' folded',
    'no header',
    'X: 1',
    '-',
    '--',
  ];
  for (let round = 0; round < 300; round++) {
    const mail = Array.from(
      { length: random(30) },
      () => pieces[random(pieces.length)] + (random(9) ? '\r\n' : '\n'),
    ).join('');
    const whole = await tell(mail, [Number.POSITIVE_INFINITY]);
    for (const sizes of [[1], [2], [1 + random(9), 1 + random(20)]]) {
      const other = await tell(mail, sizes);
      assert.deepEqual(other, whole, JSON.stringify(mail));
    }
  }
});
