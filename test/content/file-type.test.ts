import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isText } from '../../src/content/file-marks.ts';
import { fileType } from '../../src/content/file-type.ts';
import { processorMs } from '../support/processor-time.ts';
import { noise, program } from './attachment-look.ts';

const hex = (marks: string, behind = noise(600)) =>
  Buffer.concat([Buffer.from(marks.replaceAll(' ', ''), 'hex'), behind]);
const latin1 = (text: string, behind = noise(600)) => Buffer.concat([Buffer.from(text, 'latin1'), behind]);
const text = (words: string) => Buffer.from(words);
const at = (offset: number, mark: string) =>
  Buffer.concat([Buffer.alloc(offset), Buffer.from(mark), Buffer.alloc(2_000)]);

const cases: Record<string, [type: string | undefined, ...files: Buffer[]]> = {
  'Windows program': ['exe', program],
  'two letters in a text': [undefined, text('MZ is a pair of letters')],
  'Linux program': ['elf', latin1('\x7fELF')],
  'macOS program, for several processors too': ['macho', hex('cffaedfe'), hex('cafebabe 00000002')],
  'Java class': ['class', hex('cafebabe 0000 0034')],
  'Windows shortcut': ['lnk', hex('4c000000 01140200 00000000 c0000000 00000046')],
  'compiled help': ['chm', latin1('ITSF\x03')],
  zip: ['zip', latin1('PK\x03\x04'), latin1('PK\x05\x06')],
  rar: ['rar', latin1('Rar!\x1a\x07\0'), latin1('Rar!\x1a\x07\x01\0')],
  '7z': ['7z', hex('377abcaf271c')],
  gzip: ['gz', hex('1f8b08')],
  compress: ['z', hex('1f9d90')],
  'two bytes like those of compress': [undefined, hex('1f9dff')],
  bzip2: ['bz2', latin1('BZh9')],
  xz: ['xz', hex('fd377a585a00')],
  zstd: ['zst', hex('28b52ffd'), hex('502a4d18')],
  lzma: ['lzma', hex('5d00008000 ffffffffffffffff 00')],
  cab: ['cab', hex('4d534346 00000000')],
  lzh: ['lzh', latin1('\x22\x33-lh5-')],
  ace: ['ace', latin1('1234567**ACE**')],
  'tar by its mark': ['tar', at(257, 'ustar')],
  tnef: ['tnef', hex('789f3e22')],
  'iso 9660': ['iso', at(32_769, 'CD001')],
  udf: ['iso', at(32_769, 'BEA01'), at(34_817, 'NSR02')],
  'virtual disks': ['vhdx', latin1('vhdxfile')],
  'a disk with FAT': [
    'img',
    (() => {
      const disk = at(510, '\x55');
      disk[510] = 0x55;
      disk[511] = 0xaa;
      disk.write('FAT12', 54);
      return disk;
    })(),
  ],
  ole: ['ole', hex('d0cf11e0a1b11ae1')],
  'pdf, also with something before it': ['pdf', text('%PDF-1.7\n'), text(`${'x'.repeat(500)}\n%PDF-1.4`)],
  rtf: ['rtf', text('{\\rtf1'), text('{\\rt')],
  onenote: ['one', hex('e4525c7b8cd8a74daeb15378d02996d3')],
  png: ['png', hex('89504e470d0a1a0a')],
  jpeg: ['jpeg', hex('ffd8ffe0')],
  gif: ['gif', latin1('GIF89a')],
  webp: ['webp', latin1('RIFF1234WEBP')],
  tiff: ['tiff', hex('49492a00')],
  bmp: ['bmp', hex('424d 00000000 00000000')],
  mp4: ['mp4', latin1('\0\0\0\x20ftypisom')],
  mp3: ['mp3', latin1('ID3')],
  wav: ['wav', latin1('RIFF1234WAVE')],
  html: [
    'html',
    text('<html>'),
    text('\ufeff \n<!DOCTYPE html>'),
    text('<!-- hello -->\n<HTML>'),
    text('<script>x</script>'),
    Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html><body>', 'utf16le')]),
  ],
  svg: [
    'svg',
    text('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">'),
    text('<svg width="1">'),
  ],
  hta: ['hta', text('<html><head><HTA:APPLICATION ID="x">')],
  'Windows script': ['wsf', text('<job id="x"><script>'), text('<?xml version="1.0"?><package>')],
  batch: ['bat', text('@echo off\r\ndel *'), text('Echo Off')],
  'Internet shortcut': ['url', text('[InternetShortcut]\r\nURL=file://x')],
  script: ['script', text('#!/bin/sh\n')],
  mail: [
    'mail',
    text('From: a@b\r\nSubject: x\r\n\r\nhello'),
    text('From a@b Mon Jan  1\nReceived: x\nDate: y\n\n'),
    text('X-Strange: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n'),
  ],
  'words that look a bit like a mail': [
    undefined,
    text('Note: hello\nthis is no header\n'),
    text('Subject: only this\n\n'),
  ],
  'a letter': [undefined, text('Dear Madam or Sir,\n')],
  nothing: [undefined, Buffer.alloc(0)],
  zeros: [undefined, Buffer.alloc(40_000)],
};

for (const [name, [type, ...files]] of Object.entries(cases)) {
  test(`types by content: ${name}`, () => {
    for (const file of files)
      assert.equal(fileType(file)?.name, type, JSON.stringify(file.toString('latin1', 0, 40)));
  });
}

test('an old tar archive is known by its checksum', () => {
  const header = Buffer.alloc(512);
  header.write('a.txt');
  header.write('0000644\0', 100);
  header.write('00000000005\0', 124);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((a, b) => a + b, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  assert.equal(fileType(Buffer.concat([header, Buffer.alloc(1_024)]))?.name, 'tar');
  header[0] = 0x62;
  assert.equal(fileType(header)?.name, undefined);
});

test('text, and what is not', () => {
  for (const file of [text('hello\r\n\tworld\x1b[0m'), text('Привет'), Buffer.from([0xff, 0xfe, 0x41, 0])])
    assert.ok(isText(file));
  for (const file of [Buffer.from('a\0b'), noise(1_000)]) assert.ok(!isText(file));
});

test('types are told fast, whatever the beginning', () => {
  const heads = [
    Buffer.alloc(36_864, '<!-- '),
    Buffer.alloc(36_864, ' '),
    Buffer.alloc(36_864, '<?xml '),
    Buffer.alloc(36_864, 'a: b\n'),
    Buffer.alloc(36_864, '<svg'),
    noise(36_864),
    Buffer.alloc(36_864),
  ];
  const began = processorMs();
  for (const head of heads) for (let i = 0; i < 20; i++) fileType(head);
  const each = (processorMs() - began) / (20 * heads.length);
  console.log(`file types: ${each.toFixed(3)} ms each`);
  assert.ok(each < 5, `${each} ms`);
});
