import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseName, extensionOf, extensions, fileNames } from '../../src/content/attachment-names.ts';
import { processorMs } from '../support/processor-time.ts';

const RLO = '\u202e';

/** What must be among the forms of a name. */
const forms: Record<string, [written: string, ...has: string[]]> = {
  plain: ['a.exe', 'a.exe'],
  'directories of Windows': ['C:\\temp\\a.exe', 'C:\\temp\\a.exe'],
  'directories of others': ['../../etc/a.exe . ', '../../etc/a.exe'],
  'dots and blanks at the end': ['a.exe . .', 'a.exe'],
  'strange blanks at the end': ['a.exe\u00a0\u3000', 'a.exe'],
  'blanks at the beginning': ['  a.exe', 'a.exe'],
  'a NUL: what is before it, and all': ['a.exe\0.txt', 'a.exe', 'a.exe.txt'],
  'control characters': ['a\x01.ex\x7fe', 'a.exe'],
  'a stream of NTFS': ['a.exe:b.txt', 'a.exe', 'b.txt'],
  'the stream everybody has': ['a.exe::$DATA', 'a.exe'],
  'right to left: with and without': [`invoice${RLO}fdp.exe`, 'invoicefdp.exe', `invoice${RLO}fdp.exe`],
  'characters without a width': ['a.e\u200bx\u00ade', 'a.exe'],
  'quotes left over': ['"a.exe"', 'a.exe'],
  'many blanks': ['a.pdf          .exe', 'a.pdf.exe'],
  'a tab of a folded field': ['a.e\txe', 'a.exe'],
};

for (const [name, [written, ...has]] of Object.entries(forms)) {
  test(`forms of a name: ${name}`, () => {
    const found = fileNames([written])?.forms ?? [];
    for (const form of has) assert.ok(found.includes(form), `${JSON.stringify(found)} has ${form}`);
  });
}

const flags: Record<string, string[]> = {
  'a.exe': [],
  'report.pdf': [],
  'archive.tar.gz': [],
  'version 1.2.exe': [],
  'report.pdf.exe': ['double-extension'],
  'REPORT.DOCX.SCR': ['double-extension'],
  'photo.jpg .js': ['double-extension'],
  'photo.jpg                             .lnk': ['double-extension'],
  'photo.jpg\0.exe': ['double-extension'],
  'x.pdf.exe.': ['double-extension'],
  [`invoice${RLO}fdp.exe`]: ['rlo'],
  'a\u2067b\u2069.txt': ['rlo'],
  [`report.pdf${RLO}.exe`]: ['rlo', 'double-extension'],
  'שלום.pdf': [],
};

for (const [name, expected] of Object.entries(flags)) {
  test(`oddities of a name: ${JSON.stringify(name)}`, () => {
    assert.deepEqual(fileNames([name])?.flags, expected);
  });
}

test('no name is no name', () => {
  assert.equal(fileNames([]), undefined);
  assert.equal(fileNames(['', ' ', '...']), undefined);
});

test('the first name is shown, with slashes', () => {
  assert.equal(fileNames(['docs\\a.txt', 'b.exe'])?.shown, 'docs/a.txt');
});

test('the bare name', () => {
  for (const name of ['a.exe', 'C:\\temp\\a.exe', '../../a.exe', 'x\\y/a.exe'])
    assert.equal(baseName(name), 'a.exe');
  assert.equal(baseName('directory/'), '');
});

test('extensions, the longest first', () => {
  assert.deepEqual(extensions('dir.d/report.2024.tar.gz'), ['.2024.tar.gz', '.tar.gz', '.gz']);
  assert.deepEqual(extensions('a.b.c.d.e.f'), ['.d.e.f', '.e.f', '.f']);
  assert.deepEqual(extensions('Makefile'), []);
  assert.deepEqual(extensions('trailing.'), []);
  assert.equal(extensionOf('dir.d/Report.EXE '), 'exe');
  assert.equal(extensionOf('dir.d/report'), '');
});

test('names of a megabyte keep their end and take no time', () => {
  const began = processorMs();
  for (const filler of [' ', '.', 'a.', '\u200b', '/', '\0', '. ']) {
    const found = fileNames([`${filler.repeat(500_000)}x.exe`, `a${filler.repeat(500_000)}`]);
    assert.ok(
      found?.forms.some((form) => form.endsWith('x.exe')),
      JSON.stringify(filler),
    );
    assert.ok(found?.forms.every((form) => form.length <= 1_024));
  }
  assert.ok(processorMs() - began < 500, `${processorMs() - began} ms`);
});
