import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SMTPServer } from 'smtp-server';
import { Spool } from '../../src/content/spool.ts';
import { replyText } from '../../src/mail/reply.ts';
import { silentLog } from '../../src/record/log.ts';
import { proxySettings, transportSettings } from '../../src/relay/client-settings.ts';
import type { NextHop } from '../../src/relay/next-hop.ts';
import { Relay } from '../../src/relay/relay.ts';
import { parseProxyFilter, parseTransport } from '../../src/relay/route.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { envelopeOf, noDns, recipientOf, sessionOf } from './parcel.ts';
import { startSmtpSink } from './smtp-sink.ts';

const settings = proxySettings({ heloName: 'gw.test', timeoutMs: 10_000 });
const joe = recipientOf('joe@example.org');
const parcel = (sender = 'a@example.com') => ({
  session: sessionOf(),
  envelope: envelopeOf(sender),
  queueId: 'Q1',
});

async function send(relay: Relay, hop: NextHop, text: string, sender?: string): Promise<string> {
  const delivery = relay.open(hop, parcel(sender));
  const answer = await delivery.recipient(joe);
  if (answer.code >= 300) {
    delivery.abandon();
    return replyText(answer);
  }
  const bytes = Buffer.from(text);
  return replyText((await delivery.send({ sizeBytes: bytes.length, chunks: () => [bytes] })).reply);
}

test('transports that deliver nowhere', async () => {
  const relay = new Relay({ dns: noDns, log: silentLog });
  const error = parseTransport('error:5.1.6 moved', new Map());
  assert.equal(await send(relay, error, 'x'), '550 5.1.6 moved');
  const discard = parseTransport('discard:', new Map());
  assert.equal(await send(relay, discard, 'x'), '250 2.0.0 Ok: queued as Q1');
  assert.deepEqual(
    (await relay.open(error, parcel()).recipients([joe, joe])).map(({ code }) => code),
    [550, 550],
  );
  assert.equal(await relay.capabilities(discard), undefined);
  await relay.close();
});

test('Postfix’s smtp-sink takes a thousand mails over kept connections', async (t) => {
  const sink = await startSmtpSink();
  if (typeof sink === 'string') return t.skip(sink);
  t.after(() => sink.stop());
  const relay = new Relay({ dns: noDns, log: silentLog });
  const hop = parseProxyFilter(`127.0.0.1:${sink.port}`, settings);
  const text = `Subject: x\r\n\r\n${'.line that begins with a dot\r\n'.repeat(140)}`;
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  const worker = async () => {
    for (let i = 0; i < 50; i++) assert.match(await send(relay, hop, text), /^250 2\.0\.0 Ok$/);
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  const { user, system } = process.cpuUsage(cpu);
  t.diagnostic(
    `${(1000 / ((performance.now() - from) / 1000)).toFixed(0)} mails/s, ${((user + system) / 1000).toFixed(0)} us CPU per mail (cold)`,
  );
  await relay.close();
});

test('Postfix’s smtp-sink as LMTP server, and one that refuses at each command', async (t) => {
  const lmtp = await startSmtpSink('-L');
  if (typeof lmtp === 'string') return t.skip(lmtp);
  t.after(() => lmtp.stop());
  const relay = new Relay({ dns: noDns, log: silentLog });
  const transports = new Map([
    [
      'lmtp',
      {
        kind: 'client',
        settings: transportSettings({ name: 'lmtp', protocol: 'lmtp', heloName: 'gw.test' }),
      },
    ],
  ] as const);
  assert.match(
    await send(relay, parseTransport(`lmtp:inet:127.0.0.1:${lmtp.port}`, transports), 'x\r\n'),
    /^250 2\.2\.0 Ok$/,
  );
  for (const command of ['MAIL', 'RCPT', 'DATA', '.']) {
    for (const [option, says] of [
      ['-r', /^4/],
      ['-f', /^5/],
    ] as const) {
      const sink = await startSmtpSink(option, command);
      if (typeof sink === 'string') throw new Error(sink);
      t.after(() => sink.stop());
      const hop = parseProxyFilter(`127.0.0.1:${sink.port}`, settings);
      assert.match(await send(relay, hop, 'x\r\n'), says, `${option} ${command}`);
    }
  }
  await relay.close();
});

test('the smtp-server package agrees about replies, bytes and envelopes', async () => {
  const got: { sender: string; recipients: string[]; text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('no') ? Object.assign(new Error('no such user'), { responseCode: 550 }) : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const sender = mailFrom === false ? '' : (mailFrom?.address ?? '');
        got.push({
          sender,
          recipients: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString('latin1'),
        });
        done(null, 'thanks');
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as { port: number };
  const relay = new Relay({ dns: noDns, log: silentLog });
  const hop = parseProxyFilter(`127.0.0.1:${port}`, settings);
  const delivery = relay.open(hop, parcel());
  assert.deepEqual(
    (await delivery.recipients([joe, recipientOf('no@example.org')])).map(({ code }) => code),
    [250, 550],
  );
  const text = Array.from({ length: 200 }, (_, i) => `${'.'.repeat(i % 5)}line ${i}\r\n`).join('');
  const chunks = function* () {
    for (let at = 0; at < text.length; at += 13) yield Buffer.from(text.slice(at, at + 13));
  };
  const { reply } = await delivery.send({ sizeBytes: text.length, chunks });
  assert.equal(replyText(reply), '250 thanks');
  assert.deepEqual(got, [{ sender: 'a@example.com', recipients: ['joe@example.org'], text }]);
  assert.match(await send(relay, hop, 'x\r\n', ''), /^250/, 'the null sender, over the same connection');
  assert.equal(got[1]?.sender, '');
  await relay.close();
  await new Promise<void>((resolve) => server.close(resolve));
});

test('50 MB from the spool to a slow next hop: memory stays flat', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'relay-'));
  const backend = await FakeBackend.start({ keepBodies: false, stallMs: 100 });
  const relay = new Relay({ dns: noDns, log: silentLog });
  const spool = new Spool({ directory, memoryLimitBytes: 1_000_000 });
  const before = process.memoryUsage().rss;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  }, 5);
  for (let i = 0; i < 800; i++) await spool.append(Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(64)));
  const delivery = relay.open(parseProxyFilter(`127.0.0.1:${backend.port}`, settings), parcel());
  assert.equal((await delivery.recipient(joe)).code, 250);
  assert.equal((await delivery.send(spool)).reply.code, 250);
  clearInterval(watch);
  assert.ok(backend.bodyBytes > 51_000_000);
  t.diagnostic(`${(peak / 1e6).toFixed(1)} MB more at the peak, spool and fake next hop included`);
  assert.ok(peak < 80e6, `${(peak / 1e6).toFixed(1)} MB`);
  await spool.close();
  await relay.close();
  await backend.stop();
  rmSync(directory, { recursive: true });
});
