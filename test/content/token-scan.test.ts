import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenScan } from '../../src/content/token-scan.ts';
import { processorMs } from '../support/processor-time.ts';
import { noise } from './attachment-look.ts';

const cases: [type: string, text: string, flags: string[]][] = [
  ['pdf', '%PDF-1.4 1 0 obj << /S /JavaScript /JS (app.alert(1)) >>', ['javascript']],
  ['pdf', '<< /Launch >> ... << /EmbeddedFile >> /Encrypt 5 0 R', ['launch', 'embedded', 'encrypted']],
  ['pdf', '<< /Type /Page /JSomething >>', []],
  ['rtf', '{\\rtf1{\\object\\objdata 0105}}', ['embedded']],
  ['html', '<script>a=atob("TVo=");b=new Blob([a]);u=URL.createObjectURL(b)</script>', ['smuggling']],
  ['html', '<p>an article about atob( and createObjectURL</p>', []],
  ['html', '<script>x.innerHTML = 1</script>', []],
  ['svg', '<svg xmlns="x"><script>1</script></svg>', ['javascript']],
];

test('words that make a document more than something to read, cut anywhere', () => {
  for (const [type, words, flags] of cases) {
    const bytes = Buffer.concat([noise(300), Buffer.from(words), noise(300)]);
    for (const size of [1, 2, 5, 16, 64, 1_000]) {
      const scan = TokenScan.of(type);
      for (let at = 0; at < bytes.length; at += size) scan?.write(bytes.subarray(at, at + size));
      assert.deepEqual([...(scan?.flags ?? [])].sort(), [...flags].sort(), `${words}, chunks of ${size}`);
    }
  }
});

test('other types are not read at all', () => {
  for (const type of ['png', 'toString', '__proto__']) assert.equal(TokenScan.of(type), undefined);
});

test('it reads fast', () => {
  const bytes = noise(20_000_000);
  const began = processorMs();
  const scan = TokenScan.of('pdf');
  for (let at = 0; at < bytes.length; at += 65_536) scan?.write(bytes.subarray(at, at + 65_536));
  const rate = bytes.length / 1e6 / ((processorMs() - began) / 1_000);
  console.log(`words in a PDF: ${Math.round(rate)} MB/s`);
  assert.ok(rate > 50);
});
