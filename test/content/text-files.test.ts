import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextFileScan } from '../../src/content/text-files.ts';
import { processorMs } from '../support/processor-time.ts';
import { noise } from './attachment-look.ts';

interface Found {
  readonly type: string;
  readonly name: string;
  readonly data: Buffer;
}

async function filesIn(text: Buffer, size = text.length): Promise<Found[]> {
  const found: Found[] = [];
  const scan = new TextFileScan({
    begin: ({ name: type }, [name = '']) => {
      const chunks: Buffer[] = [];
      return {
        write: (bytes) => void chunks.push(Buffer.from(bytes)),
        end: () => void found.push({ type, name, data: Buffer.concat(chunks) }),
      };
    },
  });
  for (let at = 0; at < text.length; at += size) await scan.write(text.subarray(at, at + size));
  await scan.end();
  return found;
}

/** As uuencode(1) writes it. */
function uuencoded(name: string, data: Buffer, mode = '644', space = '`'): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += 45) {
    const piece = data.subarray(at, at + 45);
    const padded = Buffer.concat([piece, Buffer.alloc((3 - (piece.length % 3)) % 3)]);
    let line = character(piece.length, space);
    for (let i = 0; i < padded.length; i += 3) {
      const bits = padded.readUIntBE(i, 3);
      for (const shift of [18, 12, 6, 0]) line += character((bits >> shift) & 63, space);
    }
    lines.push(line);
  }
  return `begin ${mode} ${name}\n${lines.join('\n')}\n${space}\nend\n`;
}

function character(six: number, space: string): string {
  return six === 0 ? space : String.fromCharCode(six + 32);
}

function yencoded(name: string, data: Buffer): Buffer {
  const bytes: number[] = [];
  data.forEach((byte, i) => {
    const moved = (byte + 42) & 255;
    if ([0, 10, 13, 61].includes(moved)) bytes.push(61, (moved + 64) & 255);
    else bytes.push(moved);
    if (i % 128 === 127) bytes.push(13, 10);
  });
  const head = `=ybegin line=128 size=${data.length} name=${name}\r\n`;
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(bytes),
    Buffer.from(`\r\n=yend size=${data.length}\r\n`),
  ]);
}

const data = noise(1_000);

const cases: Record<string, { text: string | Buffer; found: [type: string, name: string, data: Buffer][] }> =
  {
    'a file in a letter': {
      text: `Hello,\n${uuencoded('a.exe', data)}Bye\n`,
      found: [['uue', 'a.exe', data]],
    },
    'blanks for zeros': { text: uuencoded('a.exe', data, '0755', ' '), found: [['uue', 'a.exe', data]] },
    'lines that end with CRLF': {
      text: uuencoded('my file.exe', data).replaceAll('\n', '\r\n'),
      found: [['uue', 'my file.exe', data]],
    },
    'two files': {
      text: uuencoded('a.txt', data) + uuencoded('b.exe', data),
      found: [
        ['uue', 'a.txt', data],
        ['uue', 'b.exe', data],
      ],
    },
    'an end is missing': {
      text: uuencoded('a.exe', data).replace(/`\nend\n$/, ''),
      found: [['uue', 'a.exe', data]],
    },
    'base64 of the same family': {
      text: `begin-base64 644 a.exe\n${data.toString('base64').replace(/(.{60})/g, '$1\n')}\n====\n`,
      found: [['uue', 'a.exe', data]],
    },
    yEnc: {
      text: Buffer.concat([Buffer.from('see\r\n'), yencoded('a b.exe', data)]),
      found: [['yenc', 'a b.exe', data]],
    },
    'words about beginnings': {
      text: 'begin with this\nbegin 644\nwe begin 644 a.exe\n begin 644 a.exe\nbegin 999 a.exe\n',
      found: [],
    },
    'the first line': {
      text: uuencoded('a.exe', Buffer.from('x')),
      found: [['uue', 'a.exe', Buffer.from('x')]],
    },
    'behind a very long line': {
      text: `${'x'.repeat(10_000)}\n${uuencoded('a.exe', data)}`,
      found: [['uue', 'a.exe', data]],
    },
  };

for (const [name, { text, found }] of Object.entries(cases)) {
  test(`files written out in texts: ${name}, cut anywhere`, async () => {
    const bytes = Buffer.from(text);
    for (const size of [bytes.length, 1, 7, 61, 1_000]) {
      const got = await filesIn(bytes, size);
      assert.deepEqual(
        got.map((file) => [file.type, file.name]),
        found.map(([type, file]) => [type, file]),
        `chunks of ${size}`,
      );
      for (const [i, [, , expected]] of found.entries()) {
        assert.ok(got[i]?.data.subarray(0, expected.length).equals(expected), `chunks of ${size}`);
      }
    }
  });
}

test('looking for files costs little', async () => {
  const letter = Buffer.from('We begin to see what it means to begin again, she wrote.\r\n'.repeat(200_000));
  const began = processorMs();
  assert.deepEqual(await filesIn(letter, 65_536), []);
  const rate = letter.length / 1e6 / ((processorMs() - began) / 1_000);
  console.log(`looking for files in a text: ${Math.round(rate)} MB/s`);
  assert.ok(rate > 50);
});
