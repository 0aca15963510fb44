import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, keysWith, noise, program } from '../attachment-look.ts';

interface TarPiece {
  readonly name: string;
  readonly data?: Buffer;
  readonly type?: string;
  readonly prefix?: string;
  readonly size?: string;
}

function tar(...pieces: readonly TarPiece[]): Buffer {
  const blocks = pieces.flatMap(({ name, data = Buffer.alloc(0), type = '0', prefix = '', size }) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write('0000644\0', 100);
    header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write(type, 156);
    header.write('ustar\0', 257);
    header.write(prefix, 345);
    header.write('        ', 148);
    const sum = header.reduce((a, b) => a + b, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1_024)]);
}

const pax = (...pairs: [string, string][]) =>
  Buffer.from(
    pairs
      .map(([key, value]) => {
        const rest = ` ${key}=${value}\n`;
        const bytes = Buffer.byteLength(rest);
        const length = bytes + String(bytes + 2).length;
        return `${length}${rest}`;
      })
      .join(''),
  );

const cases: Record<string, { pieces: TarPiece[]; has: string[]; not?: string[]; flags?: string[] }> = {
  'a prefix': { pieces: [{ name: 'a.exe', prefix: 'x/y', data: program }], has: ['x/y/a.exe'] },
  'a long name of GNU, and the short one': {
    pieces: [
      { name: '././@LongLink', type: 'L', data: Buffer.from('long/name.exe\0') },
      { name: 'name.txt', data: program },
    ],
    has: ['long/name.exe', 'name.txt'],
  },
  'a name of pax, and the plain one': {
    pieces: [
      { name: 'PaxHeader', type: 'x', data: pax(['path', 'Привет.exe'], ['mtime', '1']) },
      { name: 'a.txt', data: program },
    ],
    has: ['Привет.exe', 'a.txt'],
  },
  'a size of pax': {
    pieces: [
      { name: 'x', type: 'x', data: pax(['size', '600']) },
      { name: 'a.bin', data: noise(600), size: '00000000000\0' },
      { name: 'b.exe', data: program },
    ],
    has: ['a.bin', 'b.exe'],
  },
  'names for all do not end names for one': {
    pieces: [
      { name: 'x', type: 'x', data: pax(['path', 'b.exe']) },
      { name: 'g', type: 'g', data: pax(['comment', 'x']) },
      { name: 'a.txt', data: program },
    ],
    has: ['b.exe', 'a.txt'],
  },
  'links, devices and directories are no files': {
    pieces: [
      { name: 'a.exe', type: '2' },
      { name: 'b.exe', type: '1' },
      { name: 'c.exe', type: '3' },
      { name: 'd.exe/', type: '5' },
      { name: 'e.exe', data: program },
    ],
    ...{ has: ['e.exe'], not: ['a.exe', 'b.exe', 'c.exe', 'd.exe/'] },
  },
  'a size in binary': {
    pieces: [
      { name: 'a.bin', data: noise(600), size: '\x80\0\0\0\0\0\0\0\0\0\x02\x58' },
      { name: 'b.exe', data: program },
    ],
    has: ['a.bin', 'b.exe'],
  },
  'a size beyond the end': {
    pieces: [{ name: 'a.exe', data: program, size: '77777777777\0' }],
    has: ['a.exe'],
    flags: ['broken'],
  },
  'a size that is no number': {
    pieces: [
      { name: 'a.exe', data: program },
      { name: 'b.exe', size: 'xxxxxxxxxxx\0' },
    ],
    has: ['a.exe'],
    flags: ['broken'],
  },
};

for (const [name, { pieces, has, not = [], flags = [] }] of Object.entries(cases)) {
  test(`tar: ${name}`, async () => {
    const keys = await keysOf('a.tar', tar(...pieces));
    for (const one of has) assert.ok(keys.includes(`a.tar/${one}`), `${keys} has ${one}`);
    for (const one of not) assert.ok(!keys.includes(`a.tar/${one}`), `${keys} has not ${one}`);
    const found = keysWith('flag=', keys).filter((flag) => flag !== 'disguised');
    assert.deepEqual(found, flags);
    assert.ok(keys.includes('type=exe') || flags.length > 0);
  });
}
