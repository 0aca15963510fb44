/** How a gateway and its workers end, asked or not: nobody hears 250 for a mail that the next hop has not taken. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServedGateway } from '../support/served-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';
import { Serving } from './serving.ts';

const TWO_WORKERS = 'worker_processes = 2\n';

/** Everything but the dot is said. */
async function sayMail({ port }: Serving, subject: string): Promise<SmtpClient> {
  const client = new SmtpClient(port);
  await client.dialogue('HELO x.test', 'MAIL FROM:<a@far.test>', 'RCPT TO:<b@ours.test>', 'DATA');
  client.write(`Subject: ${subject}\r\n\r\nhello\r\n`);
  return client;
}

const confirmed = ({ backend }: Serving, subject: string) =>
  backend.received.filter((mail) => mail.confirmed && mail.wire.toString().includes(`Subject: ${subject}\r`))
    .length;

test('killed workers are replaced, SIGTERM lets mail finish', async (t) => {
  const serving = await Serving.start(t, TWO_WORKERS);
  const { backend, gateway } = serving;
  const [halfway, waiting] = [await sayMail(serving, 'halfway'), await sayMail(serving, 'waiting')];
  backend.script = { dot: { delayMs: 400 } };
  waiting.write('.\r\n');
  await until(
    () => backend.received.length > 0,
    () => 'the next hop has not got it',
  );
  const killed = gateway.workers();
  for (const pid of killed) process.kill(pid, 'SIGKILL');
  assert.deepEqual([await halfway.reply(), await waiting.reply()], ['<closed>', '<closed>']);
  await until(
    () => gateway.workers().length === 2 && gateway.workers().every((pid) => !killed.includes(pid)),
    () => `${gateway.workers()} instead of ${killed}`,
  );
  const again = await until(
    async () => {
      const client = await sayMail(serving, 'again');
      return (await client.say('.')).startsWith('250 ');
    },
    () => 'the new workers do not serve',
  );
  assert.ok(again);
  assert.deepEqual([confirmed(serving, 'halfway'), confirmed(serving, 'again')], [0, 1]);

  const [last, cut] = [await sayMail(serving, 'last'), await sayMail(serving, 'cut')];
  const count = backend.received.length;
  last.write('.\r\n');
  await until(
    () => backend.received.length > count,
    () => 'the next hop has not got the last one',
  );
  gateway.signal('SIGTERM');
  assert.match(await last.reply(), /^250 /);
  assert.match(await last.reply(), /^421 4\.3\.2 /);
  cut.close();
  assert.equal(await gateway.ended(), 0);
  assert.deepEqual([confirmed(serving, 'last'), confirmed(serving, 'cut')], [1, 0]);
});

/** Its workers get ready. */
async function withTwoWorkers(directory: string): Promise<ServedGateway> {
  const gateway = ServedGateway.begin(directory);
  await until(
    () => gateway.workers().length === 2,
    () => 'no workers',
  );
  return gateway;
}

test('SIGHUP and SIGTERM while the workers get ready', async (t) => {
  const { directory } = await Serving.prepare(t, TWO_WORKERS);
  const gateway = await withTwoWorkers(directory);
  const first = gateway.workers();
  process.kill(first[0] as number, 'SIGSTOP');
  gateway.signal('SIGHUP');
  await sleep(500);
  assert.deepEqual(gateway.workers(), first, 'the first ones come first');
  process.kill(first[0] as number, 'SIGCONT');
  await gateway.logged('reloaded the configuration');
  await until(
    () => gateway.workers().length === 2 && gateway.workers().every((pid) => !first.includes(pid)),
    () => `${gateway.workers()} serve instead of ${first}`,
  );
  gateway.signal('SIGHUP');
  await until(
    () => gateway.workers().length === 4,
    () => 'no new workers',
  );
  gateway.signal('SIGTERM');
  assert.equal(await gateway.ended(), 0, gateway.output);

  const other = await withTwoWorkers(directory);
  other.signal('SIGTERM');
  assert.equal(await other.ended(), 0, other.output);
});

test('workers that die in the moment when they are to serve do not take the supervisor along', async (t) => {
  const { directory } = await Serving.prepare(t, TWO_WORKERS);
  const gateway = await withTwoWorkers(directory);
  gateway.signal('SIGSTOP');
  await sleep(3_000); // they say that they are prepared, and nobody listens
  for (const worker of gateway.workers()) process.kill(worker, 'SIGKILL');
  gateway.signal('SIGCONT');
  assert.equal(await gateway.ended(), 1);
  assert.match(gateway.output, /a worker ended before it was ready \(SIGKILL\)/);
  assert.doesNotMatch(gateway.output, /Unhandled/);
});

test('a port that another program has is told at once', async (t) => {
  const { directory, port } = await Serving.prepare(t);
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
  const gateway = ServedGateway.begin(directory);
  const began = performance.now();
  assert.equal(await gateway.ended(), 1);
  other.close();
  assert.match(
    gateway.output,
    new RegExp(`cannot listen on 127.0.0.1:${port}: another program listens there`),
  );
  assert.ok(performance.now() - began < 30_000);
});
