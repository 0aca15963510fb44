import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type RecordReader,
  RecordScanner,
  type TextRecord,
  type Wants,
} from '../../../src/content/mime/record-scanner.ts';
import { cut } from '../mail-under-test.ts';

const LIMIT = 16;

/** Writes down what it hears; `|` ends a line, `~` a piece of one, `_` stands for what was skipped. */
class Listener implements RecordReader {
  readonly heard: string[] = [];
  readonly offsets: number[] = [];
  readonly #wants: (heard: readonly string[]) => Wants;
  #skippedTo = -1;

  constructor(wants: (heard: readonly string[]) => Wants) {
    this.#wants = wants;
  }

  get wants(): Wants {
    return this.#wants(this.heard);
  }

  record({ bytes, start, end, continues, endsLine, offset }: TextRecord): void {
    const text = bytes.toString('latin1', start, end);
    this.heard.push(`${continues ? '+' : ''}${text}${endsLine ? '|' : '~'}`);
    this.offsets.push(offset);
  }

  skipped(_bytes: Buffer, start: number, end: number, offset: number): void {
    assert.ok(end > start);
    if (this.#skippedTo === offset) this.heard[this.heard.length - 1] += '_'.repeat(end - start);
    else this.heard.push('_'.repeat(end - start));
    this.#skippedTo = offset + end - start;
  }
}

async function scan(text: string, sizes: readonly number[], wants: (heard: readonly string[]) => Wants) {
  const listener = new Listener(wants);
  const scanner = new RecordScanner(LIMIT, listener);
  for (const chunk of cut(Buffer.from(text, 'latin1'), sizes)) await scanner.write(chunk);
  await scanner.end();
  return listener;
}

const all = (): Wants => 'records';
const CUTS = [[Number.POSITIVE_INFINITY], [1], [2], [3, 1, 5], [15, 16, 17]];

const records: readonly [string, readonly string[]][] = [
  ['', []],
  ['a\r\nb\r\n', ['a|', 'b|']],
  ['a\nb', ['a|', 'b~']],
  ['\r\n\r\n', ['|', '|']],
  ['a\r\r\n', ['a|']],
  ['a\rb\r\n', ['a\rb|']],
  ['0123456789abcd\r\nx\r\n', ['0123456789abcd|', 'x|']],
  // one byte more than the limit is read where that keeps CR and LF together
  ['0123456789abcde\r\nx\r\n', ['0123456789abcde|', 'x|']],
  ['0123456789abcdef\r\nx\r\n', ['0123456789abcdef~', '+|', 'x|']],
  ['0123456789abcdefg\r\n', ['0123456789abcdef~', '+g|']],
  ['0123456789abcde\rx\r\n', ['0123456789abcde\r~', '+x|']],
  ['0123456789abcdef0123456789abcdef\n', ['0123456789abcdef~', '+0123456789abcdef~', '+|']],
  ['0123456789abcde\r', ['0123456789abcde\r~']],
];

describe('records', () => {
  for (const [text, expected] of records) {
    test(JSON.stringify(text), async () => {
      for (const sizes of CUTS) {
        const { heard, offsets } = await scan(text, sizes, all);
        assert.deepEqual(heard, expected, `in pieces of ${sizes.join(', ')}`);
        assert.equal(offsets.length, expected.length);
      }
    });
  }
});

const boundaries: readonly [string, readonly string[]][] = [
  ['--a\r\nb\r\n--c\r\n', ['--a|', '___', '--c|']],
  ['a\r\n-\r\n-x\r\n--c\r\n-', ['__________', '--c|', '-~']],
  ['a--b\r\n--\r\n', ['______', '--|']],
  ['x\r--y\r\n', ['_______']],
];

describe('where only boundaries are wanted', () => {
  for (const [text, expected] of boundaries) {
    test(JSON.stringify(text), async () => {
      const { heard } = await scan(text, [Number.POSITIVE_INFINITY], () => 'boundaries');
      assert.deepEqual(heard, expected);
    });
  }

  test('every line that begins with -- is heard, however the bytes are cut', async () => {
    const text = 'a\r\n--b\r\n-c\r\n\r\n--\r\n---d\r\nx--y\r\n--e';
    for (const sizes of CUTS) {
      const { heard } = await scan(text, sizes, () => 'boundaries');
      const marked = heard.filter((line) => line.startsWith('--'));
      assert.deepEqual(marked, ['--b|', '--|', '---d|', '--e~'], `in pieces of ${sizes.join(', ')}`);
    }
  });

  test('what is wanted may change with each record', async () => {
    const wants = (heard: readonly string[]): Wants => (heard.includes('stop|') ? 'nothing' : 'records');
    for (const sizes of CUTS) {
      const { heard } = await scan('a\r\nstop\r\nb\r\n--c\r\n', sizes, wants);
      assert.deepEqual(heard, ['a|', 'stop|', '________'], `in pieces of ${sizes.join(', ')}`);
    }
  });
});

test('offsets are those of the message', async () => {
  const text = 'ab\r\n\r\n0123456789abcdefg\r\nc\r\n';
  for (const sizes of CUTS) {
    const { offsets } = await scan(text, sizes, all);
    assert.deepEqual(offsets, [0, 4, 6, 22, 25]);
  }
});

test('a reader that has to be waited for gets one record after the other', async () => {
  const heard: string[] = [];
  let busy = false;
  const scanner = new RecordScanner(LIMIT, {
    wants: 'records',
    async record({ bytes, start, end }) {
      assert.equal(busy, false);
      busy = true;
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
      heard.push(bytes.toString('latin1', start, end));
    },
    skipped() {},
  });
  for (const chunk of cut(Buffer.from('a\r\nb\r\nc'), [4])) await scanner.write(chunk);
  await scanner.end();
  assert.deepEqual(heard, ['a', 'b', 'c']);
});

test('a large chunk of tiny lines leaves turns to others', async () => {
  let records = 0;
  const scanner = new RecordScanner(LIMIT, {
    wants: 'records',
    record() {
      records += 1;
    },
    skipped() {},
  });
  const written = scanner.write(Buffer.alloc(4_000_000, 'a\n'));
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  await written;
  clearInterval(timer);
  assert.equal(records, 2_000_000);
  assert.ok(turns > 2, `${turns} turns`);
});
