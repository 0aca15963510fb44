import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Refused } from '../../src/mail/refused.ts';
import { replyText } from '../../src/mail/reply.ts';
import { builtIn } from '../../src/mail/source.ts';
import { silentLog } from '../../src/record/log.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { Tables } from '../../src/tables/tables.ts';
import { zip } from './archive/zip-builder.ts';
import {
  checksWith,
  directory,
  feed,
  keysOf,
  keysWith,
  named,
  noise,
  part,
  program,
} from './attachment-look.ts';

const tables = new Tables({ directory, log: silentLog, smtputf8: true });
after(() => tables.close());

/** Tables as the operator writes them. */
function checksOf(files: Readonly<Record<string, string>>) {
  const specs = Object.entries(files).map(([type, text], i) => {
    const file = join(directory, `${type}-${i}-${Object.keys(files).length}-${text.length}`);
    writeFileSync(file, text);
    return `${type}:${file}`;
  });
  return checksWith(tables.openAll(specs, builtIn));
}

const archive = zip([
  { name: 'docs/update.exe', data: program },
  { name: 'letter.txt', data: Buffer.from('hello') },
]);

const rules: Record<string, { files: Record<string, string>; found: string[] }> = {
  'a pattern for names': { files: { regexp: '/\\.exe$/ REJECT no programs' }, found: ['REJECT no programs'] },
  'a pattern for paths': { files: { pcre: '/^report\\.zip\\/.*\\.exe$/ REJECT' }, found: ['REJECT'] },
  'a pattern that is anchored to the bare name': {
    files: { pcre: '/^update\\.exe$/ REJECT' },
    found: ['REJECT'],
  },
  'extensions in a hash': {
    files: { texthash: '.exe REJECT programs\n.zip DUNNO\n' },
    found: ['DUNNO', 'REJECT programs'],
  },
  'a whole name in a hash': { files: { texthash: 'Update.EXE REJECT' }, found: ['REJECT'] },
  'the path comes before the name, the name before the extension': {
    files: { texthash: 'report.zip/docs/update.exe DUNNO ours\nupdate.exe REJECT\n.exe REJECT\n' },
    found: ['DUNNO ours'],
  },
  'what it is, in spite of its name': { files: { texthash: 'type=exe REJECT exe' }, found: ['REJECT exe'] },
  'groups of types': {
    files: { texthash: 'type=executable REJECT\ntype=archive WARN' },
    found: ['WARN', 'REJECT'],
  },
  'media types': { files: { pcre: '/^type=application\\/zip$/ HOLD' }, found: ['HOLD'] },
  'nothing that fits': { files: { regexp: '/\\.scr$/ REJECT', texthash: 'type=elf REJECT' }, found: [] },
  'the first of several tables': {
    files: { texthash: '.exe DUNNO', regexp: '/\\.exe$/ REJECT' },
    found: ['REJECT'],
  },
};

for (const [name, { files, found }] of Object.entries(rules)) {
  test(`tables: ${name}`, async () => {
    const findings = await feed(checksOf(files), named('report.zip'), archive);
    assert.deepEqual(
      findings.map(({ action }) => action),
      found,
    );
    for (const finding of findings) assert.equal(finding.check, 'attachment_checks');
  });
}

test('a finding says which rule, which part, which file, and why', async () => {
  const checks = checksOf({ pcre: '# programs\n/^type=exe$/ REJECT\n/\\.txt$/ WARN' });
  const findings = await feed(checks, named('report.zip'), archive);
  assert.deepEqual(
    findings.map(({ evidence, source }) => [evidence, source.line]),
    [
      ['part 1: report.zip/docs/update.exe (type=exe)', 2],
      ['part 1: report.zip/letter.txt', 3],
    ],
  );
});

test('evidence is printable, short, and not without end', async () => {
  const checks = checksOf({ pcre: '/exe/ REJECT' });
  const many = zip(
    Array.from({ length: 500 }, (_, i) => ({ name: `${i}\x07\n${'x'.repeat(900)}.exe`, data: program })),
  );
  const findings = await feed(checks, named('a.zip'), many);
  assert.equal(findings.length, 100);
  for (const { evidence } of findings) assert.match(evidence, /^[^\x00-\x1f\x7f]{1,320}$/);
});

test('a table that cannot answer: the mail is refused for now', async () => {
  for (const findEntry of [
    () => {
      throw new LookupFailure('hash:x', 'gone');
    },
    () => Promise.reject(new LookupFailure('hash:x', 'gone')),
  ]) {
    await assert.rejects(
      feed(checksWith({ findEntry }), named('a.txt'), Buffer.from('x')),
      (error: unknown) => {
        assert.ok(error instanceof Refused);
        assert.equal(replyText(error.reply), '451 4.3.0 Error: queue file write error');
        assert.match(error.message, /attachment_checks map lookup problem.*hash:x: gone/);
        return true;
      },
    );
  }
});

test('a disk that takes nothing: the mail is refused for now', async () => {
  const gone = join(directory, 'nowhere');
  const broken = checksWith({ findEntry: () => undefined }, { memoryLimitBytes: 0, spoolDirectory: gone });
  await assert.rejects(feed(broken, named('a.bin'), noise(400_000)), (error: unknown) => {
    assert.ok(error instanceof Refused);
    assert.equal(replyText(error.reply), '452 4.3.1 Insufficient system storage');
    return true;
  });
});

test('bodies are no files; what is written out in them, and programs that play a body, are', async () => {
  const body = part({}, 'text/plain');
  const html = part({}, 'text/html');
  assert.deepEqual(await keysOf(body, Buffer.from('#!/bin/sh is how scripts begin\n')), []);
  assert.deepEqual(await keysOf(html, Buffer.from('<html><script>atob(createObjectURL)</script>')), []);
  assert.ok((await keysOf(body, program)).includes('type=exe'));
  const uue = await keysOf(body, Buffer.from('Hello\nbegin 644 update.exe\n#35H``\n`\nend\n'));
  assert.deepEqual(uue.slice(0, 3), ['update.exe', '~.exe', 'type=uue']);
  const page = await keysOf(named('page.html'), Buffer.from('<html><script>atob(createObjectURL)</script>'));
  assert.deepEqual(keysWith('flag=', page), ['smuggling']);
});

test('a part with parts has a name, too', async () => {
  const checks = checksOf({ regexp: '/forward\\.eml/ WARN' });
  const inspector = checks.inspect();
  await inspector
    .begin(part({ 'content-disposition': 'attachment; filename=forward.eml' }, 'message/rfc822'))
    ?.end();
  assert.equal((await inspector.finish()).length, 1);
  inspector.close();
});

test('programs under other names, names with oddities', async () => {
  const flags = async (name: string, bytes: Buffer) => keysWith('flag=', await keysOf(name, bytes));
  assert.deepEqual(await flags('invoice.pdf', program), ['disguised']);
  assert.deepEqual(await flags('setup.exe', program), []);
  assert.deepEqual(await flags('README', program), []);
  assert.deepEqual(await flags('invoice.pdf.exe', program), ['double-extension']);
  const rlo = part({ 'content-disposition': "attachment; filename*=utf-8''invoice%E2%80%AEfdp.exe" });
  assert.deepEqual(keysWith('flag=', await keysOf(rlo, program)), ['rlo']);
});

test('letting go in the middle, as often as one likes', async () => {
  for (const stop of [0, 1, 5, 50]) {
    const checks = checksWith({ findEntry: () => undefined });
    const inspector = checks.inspect();
    const reader = inspector.begin(named('a.zip'));
    for (let i = 0; i < stop; i++) await reader?.write(noise(50_000));
    const ending = stop > 1 ? Promise.resolve(reader?.end()).catch(() => {}) : undefined;
    inspector.close();
    inspector.close();
    await ending;
  }
});
