/**
 * Not a test: how fast mails pass over kept connections to smtp-sink, and what one costs. Run by hand:
 * `node test/relay/bench-relay.ts [mails] [parallel]`
 */
import type { Reply } from '../../src/mail/reply.ts';
import { silentLog } from '../../src/record/log.ts';
import { proxySettings } from '../../src/relay/client-settings.ts';
import { Relay } from '../../src/relay/relay.ts';
import { parseProxyFilter } from '../../src/relay/route.ts';
import { envelopeOf, noDns, recipientOf, sessionOf } from './parcel.ts';
import { startSmtpSink } from './smtp-sink.ts';

const mails = Number(process.argv[2] ?? 40_000);
const parallel = Number(process.argv[3] ?? 50);
const message = Buffer.from(`Subject: x\r\n\r\n${`${'x'.repeat(76)}\r\n`.repeat(52)}`);

const sink = await startSmtpSink();
if (typeof sink === 'string') throw new Error(sink);
const relay = new Relay({ dns: noDns, log: silentLog });
const hop = parseProxyFilter(
  `127.0.0.1:${sink.port}`,
  proxySettings({ heloName: 'bench.test', timeoutMs: 10_000 }),
);
const session = sessionOf();

async function one(): Promise<Reply> {
  const envelope = envelopeOf('sender@example.com');
  const delivery = relay.open(hop, { session, envelope, queueId: 'BENCH' });
  const answer = await delivery.recipient(recipientOf('recipient@example.com'));
  if (answer.code !== 250) return answer;
  return (await delivery.send({ sizeBytes: message.length, chunks: () => [message] })).reply;
}

async function worker(share: number): Promise<void> {
  for (let i = 0; i < share; i++) {
    const answer = await one();
    if (answer.code !== 250) throw new Error(JSON.stringify(answer));
  }
}

for (let round = 1; round <= 3; round++) {
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  await Promise.all(Array.from({ length: parallel }, () => worker(Math.ceil(mails / parallel))));
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const rate = (mails / seconds).toFixed(0);
  const microseconds = ((user + system) / mails).toFixed(1);
  process.stdout.write(
    `${message.length} bytes, ${parallel} parallel: ${rate} mails/s, ${microseconds} us CPU per mail\n`,
  );
}
await relay.close();
sink.stop();
