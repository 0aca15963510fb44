import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, test } from 'node:test';
import type { CheckTable } from '../../src/content/cleanup/check-table.ts';
import type { Finding } from '../../src/content/finding.ts';
import { Inspection, type InspectionOptions } from '../../src/content/inspection.ts';
import { MessageRules, type MessageRulesOptions } from '../../src/content/message-rules.ts';
import type { LogicalHeader } from '../../src/content/mime/logical-header.ts';
import type { RawReader, RawVerdict } from '../../src/content/raw-reader.ts';
import { Refused } from '../../src/mail/refused.ts';
import { reply, replyText } from '../../src/mail/reply.ts';
import type { Source } from '../../src/mail/source.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { cut, envelopeFrom, pass, ReadableLog, sessionFrom, textOf } from './mail-under-test.ts';

const RULE: Source = { file: 'checks', line: 3 };
const RECEIVED = 'Received: from x by y\r\n';

/** A table of texts that begin so. */
function table(name: string, rules: Readonly<Record<string, string>>, isSlow = false): CheckTable {
  const find = (text: string) => {
    const rule = Object.keys(rules).find((start) => text.startsWith(start));
    if (rule === 'FAIL') throw new LookupFailure('tcp:x', 'no answer');
    return rule === undefined ? undefined : { value: rules[rule] ?? '', source: RULE };
  };
  return {
    name,
    findInBytes(bytes, start, end) {
      const text = bytes.toString('latin1', start, end);
      return isSlow ? new Promise((resolve) => setImmediate(resolve)).then(() => find(text)) : find(text);
    },
  };
}

interface Wanted extends Partial<Omit<InspectionOptions, 'rules'>> {
  readonly header?: CheckTable;
  readonly body?: CheckTable;
  readonly queue?: MessageRulesOptions['queue'];
  readonly isUnwanted?: (header: LogicalHeader) => boolean;
  readonly log?: ReadableLog;
}

function inspection({ header, body, queue, isUnwanted, ...wanted }: Wanted): Inspection {
  const log = wanted.log ?? new ReadableLog();
  const rules = new MessageRules({
    walk: {
      lineLimitBytes: 2048,
      headerLimitBytes: 102_400,
      boundaryLimitBytes: 2048,
      nestingLimit: 100,
      flat: false,
      watch: new Set(),
      rejected: undefined,
    },
    cleanup: {
      headerChecks: { primary: header, part: header, nested: header },
      bodyChecks: body,
      bodyCheckLimitBytes: 51_200,
      headerLimitBytes: 102_400,
      isUnwanted: isUnwanted ?? (() => false),
      log,
    },
    queue,
    hasUnwanted: isUnwanted !== undefined,
    log,
  });
  return new Inspection({
    spool: { directory: tmpdir(), memoryLimitBytes: 1_000 },
    checking: true,
    afterQueue: undefined,
    checks: [],
    stripped: undefined,
    readers: [],
    inspectors: [],
    receivedField: () => RECEIVED,
    sealers: [],
    verdictTimeoutMs: 1_000,
    log,
    ...wanted,
    rules,
  });
}

const mail = () => ({ session: sessionFrom('192.0.2.5'), envelope: envelopeFrom('a@far.test') });
const MAIL = 'Subject: x\r\nX-A: 1\r\n\r\nbody\r\n';

async function sent(content: Inspection, text = MAIL, whose = mail(), sizes = [7]) {
  return { ...(await pass(content, whose, cut(Buffer.from(text, 'latin1'), sizes))), ...whose };
}

function reader(
  name: string,
  verdict: RawVerdict | (() => Promise<RawVerdict>),
  read: string[] = [],
): RawReader {
  let text = '';
  return {
    name,
    write(chunk) {
      text += chunk.toString('latin1');
    },
    finish() {
      read.push(`${name}: ${text.length}`);
      return typeof verdict === 'function' ? verdict() : verdict;
    },
    close() {
      read.push(`${name} closed`);
    },
  };
}

test('nothing to do: the message passes as it came, below our Received field', async () => {
  const { message, text } = await sent(inspection({}));
  assert.equal(text, RECEIVED + MAIL);
  assert.equal(message.sizeBytes, text.length);
  assert.equal(message.refusal, undefined);
});

test('the same without a field of ours', async () => {
  for (const text of [MAIL, MAIL + 'line\r\n'.repeat(1_000)]) {
    const passed = await sent(inspection({ receivedField: () => '' }), text);
    assert.equal(passed.text, text);
    assert.equal(passed.message.sizeBytes, text.length);
  }
});

test('a large message goes through the spool file, and can be read again as received', async () => {
  const long = `${MAIL}${'line\r\n'.repeat(50_000)}`;
  const content = inspection({ header: table('header_checks', { 'X-A': 'IGNORE' }) });
  const whose = mail();
  const incoming = content.begin(whose.session, whose.envelope);
  for (const chunk of cut(Buffer.from(long), [65_536])) await incoming.write(chunk);
  const message = await incoming.finish();
  for (let round = 0; round < 2; round++) {
    assert.equal(await textOf(message.chunks()), RECEIVED + long.replace('X-A: 1\r\n', ''));
    assert.equal(await textOf(message.asReceived()), long);
  }
  incoming.close();
});

test('a filter in front of the queue gets headers as they came, but for what rules change', async () => {
  const odd = `Bcc: x\r\nSubject : y\r\nX-A: 1\r\nX-Nul: a\0b\r\nno header\r\n\r\nbody\r\n`;
  const content = inspection({ header: table('header_checks', { 'X-A': 'REPLACE X-B: 2' }) });
  assert.equal((await sent(content, odd)).text, RECEIVED + odd.replace('X-A: 1', 'X-B: 2'));
});

test('a header far beyond the limit passes in front of a queue', async () => {
  const long = `X-Long: a\r\n${' folded\r\n'.repeat(30_000)}X-A: 1\r\n\r\nbody\r\n`;
  const content = inspection({ header: table('header_checks', { 'X-A': 'IGNORE' }) });
  assert.equal((await sent(content, long, mail(), [4096])).text, RECEIVED + long.replace('X-A: 1\r\n', ''));
});

test('our own Received field is checked, too', async () => {
  const content = inspection({ header: table('header_checks', { Received: 'REPLACE X-Hidden: yes' }) });
  assert.equal((await sent(content)).text, `X-Hidden: yes\r\n${MAIL}`);
});

test('what is unwanted is taken out of the message, not of its parts', async () => {
  const text =
    'Authentication-Results: us; dkim=pass\r\nContent-Type: message/rfc822\r\n\r\nAuthentication-Results: us\r\n\r\nx\r\n';
  const content = inspection({ isUnwanted: ({ name }) => name === 'authentication-results' });
  const passed = (await sent(content, text)).text;
  assert.equal(passed, RECEIVED + text.slice(text.indexOf('Content-Type')));
});

for (const isSlow of [false, true]) {
  test(`refusals name the rule${isSlow ? ', also of a table that takes its time' : ''}`, async () => {
    const header = table('header_checks', { 'X-A': 'REJECT no such header' }, isSlow);
    const body = table('body_checks', { body: 'REJECT 5.7.9 no such line' }, isSlow);
    const { message, text } = await sent(inspection({ header, body }));
    assert.deepEqual(message.refusal, {
      reply: reply(550, '5.7.1', 'no such header'),
      restriction: 'header_checks',
      rule: RULE,
    });
    assert.equal(text, RECEIVED + MAIL); // whole, for those who keep it
    const second = await sent(inspection({ body }));
    assert.equal(second.message.refusal && replyText(second.message.refusal.reply), '550 5.7.9 no such line');
  });

  test(`a table that fails defers${isSlow ? ', also late' : ''}`, async () => {
    const content = inspection({
      body: table('body_checks', { body: 'FAIL', FAIL: '' }, isSlow),
      log: new ReadableLog(),
    });
    const failing = inspection({
      body: { ...table('body_checks', {}, isSlow), findInBytes: () => refusing(isSlow) },
    });
    assert.equal((await sent(content)).message.refusal, undefined);
    const { message } = await sent(failing);
    assert.equal(
      message.refusal && replyText(message.refusal.reply),
      '451 4.3.0 Error: queue file write error',
    );
  });
}

function refusing(isSlow: boolean): Promise<undefined> | undefined {
  const failure = new LookupFailure('tcp:x', 'no answer');
  if (!isSlow) throw failure;
  return Promise.reject(failure);
}

describe('those who read every byte', () => {
  test('read the bytes as they came, and put fields on top in their order', async () => {
    const heard: string[] = [];
    const content = inspection({
      readers: [
        () => reader('one', { fields: ['A: 1', 'B: 2'], facts: { dkim: 'pass' } }, heard),
        () => undefined,
        () => reader('two', { fields: ['C: 3'], facts: { virus: 'none' } }, heard),
      ],
      header: table('header_checks', { 'X-A': 'IGNORE' }),
    });
    const whose = mail();
    whose.envelope.orders.prepend.push('By-Rule: yes');
    const { text, message } = await sent(content, MAIL, whose);
    const kept = MAIL.replace('X-A: 1\r\n', '');
    assert.equal(text, `A: 1\r\nB: 2\r\nC: 3\r\nBy-Rule: yes\r\n${RECEIVED}${kept}`);
    assert.deepEqual(message.facts, { dkim: 'pass', virus: 'none' });
    assert.equal(message.sizeBytes, text.length);
    assert.deepEqual(heard, [`one: ${MAIL.length}`, `two: ${MAIL.length}`, 'one closed', 'two closed']);
  });

  test('the first refusal in their order counts, whoever is faster', async () => {
    const no = (text: string) => ({ reply: reply(550, '5.7.1', text), restriction: text, rule: RULE });
    const slow = async (): Promise<RawVerdict> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { refusal: no('slow') };
    };
    const content = inspection({
      readers: [() => reader('slow', slow), () => reader('fast', { refusal: no('fast') })],
    });
    assert.equal((await sent(content)).message.refusal?.restriction, 'slow');
  });

  test('a header rule that refuses ends it: nobody is asked', async () => {
    const heard: string[] = [];
    const content = inspection({
      header: table('header_checks', { Subject: 'REJECT' }),
      readers: [() => reader('one', {}, heard)],
    });
    await sent(content);
    assert.deepEqual(heard, ['one closed']);
  });

  test('PASS ends the checks of tables, not the search for viruses', async () => {
    const finding: Finding = { check: 'clamav', action: 'REJECT virus', source: RULE, evidence: 'Eicar' };
    const content = inspection({
      header: table('header_checks', { Subject: 'PASS' }),
      body: table('body_checks', { body: 'REJECT not seen' }),
      readers: [() => reader('clamd', { findings: [finding] })],
    });
    assert.equal((await sent(content)).message.refusal?.restriction, 'clamav');
  });

  test('no verdict in time: the mail waits', async () => {
    const content = inspection({
      readers: [() => reader('never', () => new Promise(() => {}))],
      verdictTimeoutMs: 20,
    });
    await assert.rejects(sent(content), (error: Refused) => error.reply.code === 451);
  });

  test('one that refuses for now stops the mail; one that nobody needs may fail', async () => {
    const later = new Refused('clamd is down', reply(451, '4.7.1', 'later'));
    const failing = () => reader('clamd', () => Promise.reject(later));
    await assert.rejects(sent(inspection({ readers: [failing] })), later);
    const discarded = inspection({
      readers: [
        () => reader('one', { findings: [{ check: 'x', action: 'DISCARD', source: RULE, evidence: '' }] }),
        failing,
      ],
    });
    const { envelope, message } = await sent(discarded);
    assert.equal(message.refusal, undefined);
    assert.notEqual(envelope.orders.discard, undefined);
  });
});

describe('findings', () => {
  const found = (...actions: string[]) => ({
    begin: () => undefined,
    finish: () =>
      actions.map((action) => ({
        check: 'text_checks',
        action,
        source: RULE,
        evidence: '"call 123" in part 1',
      })),
    close() {},
  });

  const cases: readonly { action: string; log: readonly string[]; orders?: object; refusal?: string }[] = [
    {
      action: 'REJECT no calls',
      log: ['reject: text "call 123" in part 1 ...: 5.7.1 no calls'],
      refusal: '550 5.7.1 no calls',
    },
    { action: 'WARN', log: ['warning: text "call 123" in part 1 ...'] },
    {
      action: 'HOLD look',
      log: ['hold: text "call 123" in part 1 ...: look'],
      orders: { hold: 'text "call 123" in part 1: look' },
    },
    {
      action: 'DISCARD',
      log: ['discard: text "call 123" in part 1 ...'],
      orders: { discard: 'text "call 123" in part 1' },
    },
    { action: 'BCC b@c', log: ['bcc: text "call 123" in part 1 ...: b@c'], orders: { contentBcc: ['b@c'] } },
    {
      action: 'REDIRECT b@c',
      log: ['redirect: text "call 123" in part 1 ...: b@c'],
      orders: { redirect: 'b@c' },
    },
    {
      action: 'FILTER smtp:x',
      log: ['filter: text "call 123" in part 1 ...: smtp:x'],
      orders: { filter: 'smtp:x' },
    },
    {
      action: 'PREPEND X-Call: yes',
      log: ['prepend: text "call 123" in part 1 ...: X-Call: yes'],
      orders: { prepend: ['X-Call: yes'] },
    },
    {
      action: 'PREPEND no header',
      log: [
        'warning: bad PREPEND header text "no header" in text_checks map -- need "headername: headervalue"',
      ],
    },
    {
      action: 'STRIP',
      log: ['warning: text_checks map: action STRIP works with headers and body lines only: STRIP'],
    },
    {
      action: 'REPLACE x',
      log: ['warning: text_checks map: action REPLACE works with headers and body lines only: REPLACE x'],
    },
    { action: 'DUNNO', log: [] },
    { action: 'NONSENSE', log: ['warning: unknown command in text_checks map: NONSENSE'] },
  ];
  for (const { action, log, orders = {}, refusal } of cases) {
    test(action, async () => {
      const readable = new ReadableLog();
      const { message, envelope, text } = await sent(
        inspection({ log: readable, inspectors: [() => found(action)] }),
      );
      const told = readable.lines.map((line) =>
        line.replace('4XyzQueueId: ', '').replace(/ from unknown.*? helo=<x\.test>/, ' ...'),
      );
      assert.deepEqual(told, log);
      assert.equal(message.refusal && replyText(message.refusal.reply), refusal);
      assert.deepEqual(envelope.orders, { ...mail().envelope.orders, ...orders });
      const top = envelope.orders.prepend.map((line) => `${line}\r\n`).join('');
      assert.equal(text, top + RECEIVED + MAIL);
    });
  }

  test('come in order, until one decides', async () => {
    const content = inspection({
      inspectors: [() => found('WARN one', 'REJECT two', 'REJECT three'), () => found('REJECT four')],
    });
    const { message } = await sent(content);
    assert.equal(message.refusal && replyText(message.refusal.reply), '550 5.7.1 two');
  });

  test('a structure that nobody can follow is refused', async () => {
    const deep = 'Content-Type: message/rfc822\r\n\r\n'.repeat(200);
    const { message } = await sent(inspection({ inspectors: [() => found()] }), deep);
    assert.equal(
      message.refusal && replyText(message.refusal.reply),
      '550 5.6.0 MIME nesting exceeds safety limit',
    );
    assert.equal((await sent(inspection({}), deep)).message.refusal, undefined);
  });
});

test('PASS spares a mail whose structure nobody can follow', async () => {
  const deep = `X-Pass: yes\r\n${'Content-Type: message/rfc822\r\n\r\n'.repeat(200)}`;
  const inspector = () => ({ begin: () => undefined, finish: () => [], close() {} });
  const header = table('header_checks', { 'X-Pass': 'PASS' });
  const content = inspection({ inspectors: [inspector], header });
  assert.equal((await sent(content, deep)).message.refusal, undefined);
});

test('behind a queue a refusal becomes quarantine, and the checks go on', async () => {
  const content = inspection({
    afterQueue: 'quarantine',
    header: table('header_checks', { Subject: 'REJECT no' }),
    body: table('body_checks', { body: 'BCC b@c' }),
  });
  const { message, envelope, text } = await sent(content);
  assert.equal(message.refusal, undefined);
  assert.equal(envelope.orders.hold, '550 5.7.1 no');
  assert.deepEqual(envelope.orders.contentBcc, ['b@c']);
  assert.equal(text, RECEIVED + MAIL);
});

test('sealers see all that is sent; a later one stands above', async () => {
  const seen: string[] = [];
  const seal =
    (name: string) =>
    async (_mail: object, outgoing: { chunks(): Iterable<Buffer> | AsyncIterable<Buffer> }) => {
      seen.push(await textOf(outgoing.chunks()));
      return [`${name}: 1`];
    };
  const { text, message } = await sent(inspection({ sealers: [seal('One'), seal('Two')] }));
  assert.deepEqual(seen, [RECEIVED + MAIL, `One: 1\r\n${RECEIVED}${MAIL}`]);
  assert.equal(text, `Two: 1\r\nOne: 1\r\n${RECEIVED}${MAIL}`);
  assert.equal(message.sizeBytes, text.length);
});

test('the server need not wait between chunks', async () => {
  const body = table('body_checks', { 'line 7': 'REPLACE seven' }, true);
  const text = `\r\n${Array.from({ length: 20 }, (_, at) => `line ${at}\r\n`).join('')}`;
  const whose = mail();
  const incoming = inspection({ body }).begin(whose.session, whose.envelope);
  const waits = [...cut(Buffer.from(text), [5])].map((chunk) => incoming.write(chunk));
  await Promise.all(waits);
  const message = await incoming.finish();
  assert.equal(await textOf(message.chunks()), RECEIVED + text.replace('line 7', 'seven'));
  incoming.close();
});

test('closed in the middle: nothing is left', async () => {
  const heard: string[] = [];
  const whose = mail();
  const incoming = inspection({ readers: [() => reader('one', {}, heard)] }).begin(
    whose.session,
    whose.envelope,
  );
  await incoming.write(Buffer.from(MAIL));
  incoming.close();
  await incoming.write(Buffer.from(MAIL));
  incoming.close();
  assert.deepEqual(heard, ['one closed', 'one closed']);
});

test('rules that change every line of a large message are stopped', async () => {
  const body = table('body_checks', { a: 'REPLACE b' });
  const text = `Content-Type: multipart/mixed; boundary=B\r\n\r\n${`--B\r\n\r\n${'a\r\n'.repeat(5_000)}`.repeat(50)}`;
  const { message } = await sent(inspection({ body }), text, mail(), [65_536]);
  assert.equal(message.refusal && replyText(message.refusal.reply), '552 5.3.4 Error: message file too big');
  const held = await sent(inspection({ body, afterQueue: 'quarantine' }), text, mail(), [65_536]);
  assert.equal(held.envelope.orders.hold, '552 5.3.4 Error: message file too big');
  assert.equal(held.text.length, RECEIVED.length + text.length);
});
