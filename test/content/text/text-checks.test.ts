import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TextTable } from '../../../src/content/text/text-search.ts';
import { Refused } from '../../../src/mail/refused.ts';
import { replyText } from '../../../src/mail/reply.ts';
import { type Found, LookupFailure } from '../../../src/tables/table.ts';
import { here, RecordingLog, Workshop } from '../../tables/opened.ts';
import { encoded, transferred } from './encodings.ts';
import { AskedTexts, findingsIn, textsOf } from './mail-text.ts';

const workshop = new Workshop();
after(() => workshop.close());

/** Finds texts that hold a word, as a table of fixed rules. */
class Words implements TextTable {
  readonly #rules: readonly [word: string, action: string][];
  asked = 0;
  constructor(...rules: [word: string, action: string][]) {
    this.#rules = rules;
  }
  findInBytes(bytes: Buffer, start: number, end: number): Found | undefined {
    this.asked += 1;
    const text = bytes.toString('utf8', start, end);
    const line = this.#rules.findIndex(([word]) => text.includes(word));
    const rule = this.#rules[line];
    return rule && { value: rule[1], source: { file: 'words', line: line + 1 } };
  }
}

const MULTIPART = `From: Somebody <a@b.example>
Subject: =?koi8-r?B?${encoded('Семинар', 'koi8-r').toString('base64')}?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: base64

${transferred(encoded('Добрый день!\r\n\r\nЗвоните по\r\nтелефону', 'koi8-r'), 'base64')}
--x
Content-Type: message/rfc822

Subject: inner one
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>Hel<b>lo</b> =D0=97=D0=B2<span style=3D"display:none">NO</span></p>
--x
Content-Type: application/octet-stream; name="price.doc"
Content-Transfer-Encoding: base64

QUJD
--x--
`;

test('a message is read part by part', async () => {
  const texts = await textsOf(MULTIPART);
  for (const text of [
    'Somebody <a@b.example>',
    'Семинар',
    'Добрый день!',
    'Звоните по телефону',
    'inner one',
    'Hello Зв',
    'price.doc',
  ])
    assert.ok(texts.includes(text), text);
  assert.ok(!texts.some((text) => /NO|ABC/.test(text)));
  for (const size of [1, 7, 100]) assert.deepEqual(await textsOf(MULTIPART, size), texts, `by ${size}`);
});

test('findings tell the rule, the part, the place and the original text', async () => {
  const cases: [word: string, evidence: string][] = [
    ['телефон', 'part 1, character 25: Звоните по [телефон]у'],
    ['добрый', 'part 1, character 1: [Добрый] день!'],
    ['Семинар', 'Subject: Семинар'],
    ['inner', 'Subject of part 2.0: [inner] one'],
    ['Hello', 'part 2.0, character 1: [Hello] Зв'],
    ['price', 'file name of part 3: [price].doc'],
  ];
  for (const [word, evidence] of cases) {
    const found = await findingsIn(MULTIPART, new Words([word, 'WARN seen']));
    assert.deepEqual(
      found.map((finding) => ({ ...finding })),
      [{ check: 'text_checks', action: 'WARN seen', source: { file: 'words', line: 1 }, evidence }],
      word,
    );
  }
});

test('disguises are seen through, and shown as they came', async () => {
  const mail = 'Content-Type: text/html; charset=utf-8\n\n<p>Кyпить V&#1110;&shy;аgrа зд<b>e</b>cь</p>';
  const patterns: [pattern: string, shown: string][] = [
    ['/viagra/ REJECT no', 'Vіаgrа'],
    ['/купить/ REJECT no', 'Кyпить'],
    ['/здесь/ REJECT no', 'здecь'],
  ];
  for (const [pattern, shown] of patterns) {
    const [found] = await findingsIn(mail, workshop.tables.open(`regexp:{{${pattern}}}`, here));
    assert.ok(found?.evidence.includes(`[${shown}]`), `${pattern}: ${found?.evidence}`);
  }
});

test('patterns ignore the case of all letters', async () => {
  const table = workshop.tables.open('regexp:{{/звоните/ WARN x}}', here);
  for (const text of ['Звоните', 'ЗВОНИТЕ', 'звоните'])
    assert.equal((await findingsIn(`\n${text}\n`, table)).length, 1, text);
});

test('each rule is found once, and the last word ends the search', async () => {
  const body = `\n${'spam\n\n'.repeat(50)}bad\n\nspam\n`;
  const table = new Words(['spam', 'WARN spam'], ['bad', 'REJECT bad'], ['never', 'WARN never']);
  const found = await findingsIn(`${body}\nnever\n`, table);
  assert.deepEqual(
    found.map(({ action }) => action),
    ['WARN spam', 'REJECT bad'],
  );
});

test('a refusal is heard behind any number of warnings', async () => {
  const rules = Array.from({ length: 300 }, (_, n): [string, string] => [`word${n}x`, `WARN ${n}`]);
  const body = `\n${rules.map(([word]) => `${word}\n\n`).join('')}bad\n`;
  const found = await findingsIn(body, new Words(...rules, ['bad', 'REJECT bad']));
  assert.equal(found.length, 101);
  assert.equal(found.at(-1)?.action, 'REJECT bad');
});

test('an entry without an opinion ends the search of its paragraph only', async () => {
  const table = new Words(['our friend', 'DUNNO'], ['spam', 'REJECT spam']);
  assert.deepEqual(await findingsIn('\nour friend spam\n', table), []);
  assert.equal((await findingsIn('\nour friend spam\n\nspam\n', table)).length, 1);
});

test('tables that answer later are waited for', async () => {
  const words = new Words(['телефон', 'REJECT x'], ['Семинар', 'WARN y']);
  const later: TextTable = {
    findInBytes: async (bytes, start, end) => {
      await new Promise((resolve) => setImmediate(resolve));
      return words.findInBytes(bytes, start, end);
    },
  };
  const found = await findingsIn(MULTIPART, later);
  assert.deepEqual(found.map(({ action }) => action).sort(), ['REJECT x', 'WARN y']);
});

test('a table that cannot answer refuses the mail for now', async () => {
  const failing: TextTable = {
    findInBytes() {
      throw new LookupFailure('tcp:x', 'timeout');
    },
  };
  const failingLater: TextTable = {
    findInBytes: async () => Promise.reject(new LookupFailure('tcp:x', 'timeout')),
  };
  for (const table of [failing, failingLater]) {
    const error = await findingsIn(MULTIPART, table).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Refused);
    assert.equal(replyText(error.reply), '451 4.3.0 Error: queue file write error');
    assert.match(error.message, /^text_checks map lookup problem .*tcp:x: timeout$/);
  }
});

test('a mistake of the program is not taken for an answer', async () => {
  const broken: TextTable = {
    findInBytes() {
      throw new TypeError('a bug');
    },
  };
  await assert.rejects(async () => findingsIn(MULTIPART, broken), TypeError);
});

test('beyond the limit nothing is read', async () => {
  const paragraph = `${'word '.repeat(20)}\n\n`;
  const mail = `\n${paragraph.repeat(1000)}the end\n`;
  const table = new Words(['the end', 'REJECT x']);
  assert.equal((await findingsIn(mail, table, { sizeLimitBytes: 50_000 })).length, 0);
  assert.equal((await findingsIn(mail, table, { sizeLimitBytes: 0 })).length, 1);
  assert.equal((await findingsIn(mail, table)).length, 1);
});

test('text for programs is not read, text of all other types is', async () => {
  const cases: [type: string, isRead: boolean][] = [
    ['text/plain', true],
    ['text/html', true],
    ['TEXT/PLAIN; charset=utf-8', true],
    ['text/enriched', true],
    ['text/calendar', true],
    ['application/xhtml+xml', true],
    ['text/css', false],
    ['text/rtf', false],
    ['text/csv', false],
    ['image/png', false],
    ['application/octet-stream', false],
  ];
  for (const [type, isRead] of cases) {
    const table = new AskedTexts();
    await findingsIn(`Content-Type: ${type}\n\nbody text\n`, table);
    assert.equal(table.texts.includes('body text'), isRead, type);
  }
});

test('of several types the one that shows text counts', async () => {
  const mail = 'Content-Type: image/png\nContent-Type: text/html\n\n<b>bo</b>dy\n';
  assert.ok((await textsOf(mail)).includes('body'));
});

test('a charset that fails late is replaced from there on', async () => {
  const early = 'ordinary text\r\n\r\n'.repeat(3000);
  const head = Buffer.from(
    'Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n',
  );
  const mail = Buffer.concat([head, Buffer.from(early), encoded('Звоните нам\r\n', 'koi8-r')]);
  const found = await findingsIn(mail, new Words(['Звоните нам', 'REJECT x']));
  assert.equal(found.length, 1);
});

/** How much processor time passes between two turns of the event loop; other programs do not count. */
class Turns {
  readonly #spentMs: number[] = [];
  #isOver = false;

  constructor() {
    let before = process.cpuUsage();
    const turn = () => {
      const { user } = process.cpuUsage(before);
      before = process.cpuUsage();
      this.#spentMs.push(user / 1000);
      if (!this.#isOver) setImmediate(turn);
    };
    setImmediate(turn);
  }

  stop(): { usual: number; longest: number } {
    this.#isOver = true;
    const sorted = this.#spentMs.sort((a, b) => a - b);
    return { usual: sorted[Math.floor(sorted.length * 0.99)] ?? 0, longest: sorted.at(-1) ?? 0 };
  }
}

test('nothing blocks the event loop, whatever comes', async () => {
  const log = new RecordingLog();
  const table = workshop.tables.openAll(
    ['regexp:{{/never seen (a|b)+c/ REJECT x}}', 'phone:{{105-51-86}}'],
    here,
  );
  const head = 'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n';
  const shapes: [name: string, piece: string][] = [
    ['20 MB of open elements', '<div style="font-size:12px"><p>a<td>'],
    ['20 MB of paragraphs', '<p>8 (495) 105-51-8'],
    ['20 MB of one word', 'x'],
    ['20 MB of digits', '1 2 3-4(5)6.7'],
    ['20 MB of Cyrillic in disguise', 'Кyпить '],
    ['20 MB of comments', '<!-- '],
    ['20 MB of entities', '&#1047;&amp'],
  ];
  for (const [name, piece] of shapes) {
    const line = `${piece.repeat(Math.ceil(900 / piece.length))}\r\n`;
    const block = Buffer.from(line.repeat(Math.ceil(1_000_000 / Buffer.byteLength(line))));
    const mail = Buffer.concat([Buffer.from(head), ...Array.from({ length: 20 }, () => block)]);
    const turns = new Turns();
    const before = process.cpuUsage();
    await findingsIn(mail, table, { log });
    const cpuMs = process.cpuUsage(before).user / 1000;
    const { usual, longest } = turns.stop();
    console.log(
      `${name}: ${cpuMs.toFixed(0)} ms, 99 of 100 turns up to ${usual.toFixed(1)} ms, longest ${longest.toFixed(0)} ms`,
    );
    assert.ok(usual < 50, `${name}: ${usual} ms`);
  }
});
