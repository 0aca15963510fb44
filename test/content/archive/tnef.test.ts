import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directory, keysOf, keysWith, noise, program } from '../attachment-look.ts';
import { fixed, zip } from './zip-builder.ts';

/** MS-OXTNEF 2.1.3: level, id, length, bytes, checksum. */
function attribute(level: number, id: number, type: number, bytes: Buffer): Buffer {
  const sum = bytes.reduce((a, b) => (a + b) & 0xffff, 0);
  return Buffer.concat([
    fixed('', [
      [1, level],
      [2, id],
      [2, type],
      [4, bytes.length],
    ]),
    bytes,
    fixed('', [[2, sum]]),
  ]);
}

/** A MAPI property with a value of its own length. */
function property(type: number, id: number, value: Buffer): Buffer {
  const padding = Buffer.alloc((4 - (value.length % 4)) % 4);
  return Buffer.concat([
    fixed('', [
      [2, type],
      [2, id],
      [4, 1],
      [4, value.length],
    ]),
    value,
    padding,
  ]);
}

const properties = (...all: Buffer[]) => Buffer.concat([fixed('', [[4, all.length]]), ...all]);
const named = Buffer.concat([
  fixed('', [
    [2, 0x1e],
    [2, 0x8001],
  ]),
  Buffer.alloc(16),
  fixed('', [
    [4, 1],
    [4, 6],
  ]),
  Buffer.from('a\0b\0\0\0\0\0'),
  fixed('', [
    [4, 1],
    [4, 2],
  ]),
  Buffer.from('x\0\0\0'),
]);

function tnef(...attachments: { title?: string; data?: Buffer; properties?: Buffer }[]): Buffer {
  const parts = attachments.flatMap(({ title, data, properties: all }) => [
    attribute(2, 0x9002, 6, Buffer.alloc(14)),
    ...(data ? [attribute(2, 0x800f, 6, data)] : []),
    ...(title ? [attribute(2, 0x8010, 1, Buffer.from(`${title}\0`))] : []),
    ...(all ? [attribute(2, 0x9005, 6, all)] : []),
  ]);
  const version = attribute(1, 0x9006, 8, Buffer.from([0, 0, 1, 0]));
  const code = attribute(1, 0x9007, 6, Buffer.alloc(8));
  return Buffer.concat([
    fixed('', [
      [4, 0x223e_9f78],
      [2, 1],
    ]),
    version,
    code,
    ...parts,
  ]);
}

const inner = zip([{ name: 'hidden.scr', data: program }]);

test('winmail.dat: titles, long names, contents, archives inside', async () => {
  const bytes = tnef(
    {
      title: 'UPDATE~1.EXE',
      data: program,
      properties: properties(named, property(0x1f, 0x3707, Buffer.from('update now.exe\0', 'utf16le'))),
    },
    { title: 'in.zip', data: inner },
    {
      properties: properties(
        property(0x1e, 0x3707, Buffer.from('object.exe\0')),
        property(0x0d, 0x3701, Buffer.concat([Buffer.alloc(16), program])),
      ),
    },
  );
  const keys = await keysOf('winmail.dat', bytes);
  for (const key of ['update now.exe', 'UPDATE~1.EXE', 'in.zip', 'in.zip/hidden.scr', 'object.exe']) {
    assert.ok(keys.includes(`winmail.dat/${key}`), `${keys} has ${key}`);
  }
  assert.ok(keys.includes('type=tnef') && keys.includes('type=exe'));
  assert.deepEqual(keysWith('flag=', keys), []);
});

test('the builder builds what ytnef reads', (t) => {
  const file = join(directory, 'winmail.dat');
  writeFileSync(file, tnef({ title: 'update.exe', data: program }));
  const { status } = spawnSync('ytnef', ['-f', directory, file]);
  if (status === null) return t.skip('ytnef-tools is not installed');
  assert.ok(readFileSync(join(directory, 'update.exe')).equals(program));
});

test('winmail.dat cut off anywhere', async () => {
  const bytes = tnef({ title: 'update.exe', data: program, properties: properties(named) });
  for (let end = 20; end < bytes.length; end += 3) {
    const flags = keysWith('flag=', await keysOf('winmail.dat', bytes.subarray(0, end)));
    assert.ok(flags.length <= 1, String(flags));
  }
});

test('properties that count to four billion', async () => {
  const endless = Buffer.concat([
    fixed('', [
      [4, 0xffff_ffff],
      [2, 0x101e],
      [2, 0x3001],
      [4, 0xffff_ffff],
    ]),
    noise(200_000),
  ]);
  const keys = await keysOf('winmail.dat', tnef({ title: 'a.txt', data: program, properties: endless }));
  assert.ok(keys.includes('winmail.dat/a.txt'));
});
