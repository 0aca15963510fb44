/** One small file of every kind that is opened without the help of other programs, for tests that damage or cut them. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { noise, program } from '../attachment-look.ts';
import { compound } from './compound-builder.ts';
import { rar4, rar5 } from './rar-builder.ts';
import { zip } from './zip-builder.ts';

const letter = Buffer.from('Dear Madam or Sir,\n'.repeat(100));
const inner = zip([
  { name: 'hidden.scr', data: program },
  { name: 'b.txt', data: letter },
]);
const uue = 'begin 644 update.exe\n#35H``\n`\nend\n';

const mail = Buffer.from(
  [
    'From: a@example.com',
    'Subject: x',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    'Content-Type: application/zip; name=in.zip',
    'Content-Transfer-Encoding: base64',
    '',
    inner.toString('base64'),
    '--b',
    'Content-Disposition: attachment; filename="update.exe"',
    'Content-Transfer-Encoding: base64',
    '',
    program.toString('base64'),
    '--b--',
    '',
  ].join('\r\n'),
);

/** Opened in this process. */
export const samples: Readonly<Record<string, Buffer>> = {
  'a.zip': zip([
    { name: 'docs/update.exe', data: program },
    { name: 'in.zip', data: inner, method: 0 },
    { name: 'streamed.txt', data: letter, streamed: true },
    { name: 'z.bin', data: noise(70_000), method: 93 },
  ]),
  'a.docx': zip([
    { name: '[Content_Types].xml', data: letter },
    { name: 'word/document.xml', data: letter },
    { name: 'word/vbaProject.bin', data: compound({ 'VBA/_VBA_PROJECT': noise(100) }) },
  ]),
  'a.gz': gzipSync(inner),
  'a.zst': zstdCompressSync(inner),
  'a.msg': compound({
    '__properties_version1.0': noise(32),
    '__attach_version1.0_#00000000/__substg1.0_3707001F': Buffer.from('in.zip', 'utf16le'),
    '__attach_version1.0_#00000000/__substg1.0_37010102': inner,
    big: noise(20_000),
  }),
  'a.eml': mail,
  'a.txt': Buffer.from(`Hello,\r\n${uue}${uue}Bye\r\n`),
  'a.pdf': Buffer.from(`%PDF-1.4\n${letter}<< /S /JavaScript >> /Encrypt`),
};

/** Opened in another thread. */
export const rareSamples: Readonly<Record<string, Buffer>> = {
  'a4.rar': rar4([
    { name: 'update.exe', data: program },
    { name: 'in.zip', data: inner },
  ]),
  'a5.rar': rar5([
    { name: 'update.exe', data: program },
    { name: 'in.zip', data: inner },
  ]),
};
