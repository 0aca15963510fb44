/**
 * What Postfix 3.7.11 did with some 700 messages: the same refusals, the same bytes delivered, the same lines in the log,
 * however the bytes are cut.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { assembleAddresses } from '../../src/assembly/addresses.ts';
import { assembleContent } from '../../src/assembly/content.ts';
import { Openers } from '../../src/assembly/openers.ts';
import type { Content } from '../../src/content/content.ts';
import { decodeOctets } from '../../src/mail/octets.ts';
import { replyText } from '../../src/mail/reply.ts';
import { internalText, scan822 } from '../../src/mail/tokens822.ts';
import { readConfiguration } from '../../src/settings/configuration.ts';
import { Tables } from '../../src/tables/tables.ts';
import { LISTENER, writtenDirectory } from '../settings/written-directory.ts';
import { cut, envelopeFrom, pass, ReadableLog, sessionFrom } from './mail-under-test.ts';
import { type RecordedMessage, type Recording, readRecordings, unsqueezed } from './recordings.ts';

const BASE = `
compatibility_level = 3.6
myhostname = mx.home.test
mydomain = home.test
mydestination = $myhostname, localhost, home.test
mynetworks = 127.0.0.1/32
inet_interfaces = 127.0.0.1
alias_maps =
`;

/** Whole, byte by byte, and in odd pieces. */
const CUTS: readonly (readonly number[])[] = [[Number.POSITIVE_INFINITY], [1], [3, 1, 97, 2, 2047, 5]];

for (const recording of readRecordings()) {
  test(`as Postfix: ${recording.title}`, async () => {
    const log = new ReadableLog();
    const content = await serviceFor(recording, log);
    for (const [at, recorded] of recording.messages.entries()) {
      for (const sizes of CUTS) await compare(recording, recorded, { content, log, sizes, at });
    }
  });
}

interface Replay {
  readonly content: Content;
  readonly log: ReadableLog;
  readonly sizes: readonly number[];
  readonly at: number;
}

async function compare(recording: Recording, recorded: RecordedMessage, replay: Replay): Promise<void> {
  const { content, log, sizes, at } = replay;
  const name = `message ${at + 1} in pieces of ${sizes.join(', ')}`;
  const data = Buffer.from(unsqueezed(recorded.data), 'latin1');
  const envelope = envelopeFrom(internalText(scan822(recorded.sender ?? 'a@far.test')));
  envelope.localRewrite = recording.local ?? false;
  const session = sessionFrom('192.0.2.5');
  log.lines.length = 0;
  const { message, text } = await pass(content, { session, envelope }, cut(data, sizes));
  assert.equal(message.refusal && replyText(message.refusal.reply), recorded.reply, name);
  // Unlike Postfix: what stands behind a NUL is checked and logged, too
  if (!data.includes(0)) assert.deepEqual(told(log), (recorded.log ?? []).map(expected), name);
  if (recorded.to) assert.deepEqual(recipientsOf(envelope), recorded.to, name);
  if (recorded.reply !== undefined) return;
  assert.equal(envelope.orders.discard !== undefined, recorded.delivered === undefined, name);
  if (recorded.delivered === undefined) return;
  const wanted = recorded.delivered === true ? data.toString('latin1') : unsqueezed(recorded.delivered);
  assert.equal(comparable(text), wanted, name);
  assert.equal(message.sizeBytes, text.length, name);
}

async function serviceFor({ main, files = {} }: Recording, log: ReadableLog): Promise<Content> {
  const texts = Object.entries(files).map(([name, lines]) => [name, `${lines.join('\n')}\n`] as const);
  const directory = writtenDirectory({
    'main.cf': `${BASE}${main.join('\n')}\n`,
    'master.cf': LISTENER,
    ...Object.fromEntries(texts),
  });
  const { settings } = readConfiguration(directory);
  const tables = new Tables({ directory, log, smtputf8: true });
  after(() => tables.close());
  const openers = new Openers(tables, settings);
  const addresses = assembleAddresses(openers);
  return assembleContent({ openers, addresses, log, spoolDirectory: directory, isProxied: false });
}

function recipientsOf({ orders, recipients }: ReturnType<typeof envelopeFrom>): string[] {
  if (orders.redirect !== undefined) return [orders.redirect];
  return [...new Set([...recipients.map(({ address }) => address.text), ...orders.contentBcc])].sort();
}

/** Lines about the content of this message; the ends that are the same everywhere are left out. */
function told({ lines }: ReadableLog): string[] {
  const about = /^(?:warning: )?4XyzQueueId: (.*)$/;
  const kinds =
    /^(?:(?:warning|info|reject|strip|replace|prepend|hold|discard|redirect|bcc|filter|pass): (?:header|body|content|mime-error) |message rejected: |.*map lookup problem)/;
  return lines
    .map((line) => about.exec(line)?.[1] ?? '')
    .filter((line) => kinds.test(line))
    .map((line) =>
      line.replace(/header Received: from x\.test .*? from unknown/, 'header Received: OWN from unknown'),
    )
    .map((line) => line.replace(/ from unknown\[[\d.]+\]; from=.*? helo=<x\.test>/, ' ...'))
    .map((line) => line.replace(/ from unknown\[[\d.]+\]; from=.*$/, ' ...'))
    .map(shortened);
}

/** Very long lines of the log are cut off elsewhere than Postfix's. */
function expected(line: string): string {
  return shortened(decodeOctets(Buffer.from(unsqueezed(line), 'latin1')));
}

function shortened(line: string): string {
  return line.slice(0, 400);
}

function comparable(text: string): string {
  const withoutOwn = text.replace(/^Received: from x\.test.*\r\n(?:[ \t].*\r\n)*/m, '');
  return withoutOwn
    .replace(/^((?:Resent-)?Message-Id: )<4XyzQueueId@mx\.home\.test>/m, '$1<ADDED>')
    .replace(/^((?:Resent-)?Date: )\w\w\w, .*$/m, '$1ADDED');
}
