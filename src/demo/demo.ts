/**
 * The whole gateway with everything around it, on free loopback ports and in a directory that is gone afterwards: sends
 * a few mails through it, and shows for each what became of it, which rule decided, and what its client was told.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createTransport } from 'nodemailer';
import { type Assembly, assemble } from '../main.ts';
import type { Attempt } from '../record/attempt.ts';
import { silentLog } from '../record/log.ts';
import { makeDkimKey } from '../sender-auth/dkim-keygen.ts';
import { LocalCounters } from '../server/counters.ts';
import { readConfiguration } from '../settings/configuration.ts';
import { demoZone, writeDemoConfiguration } from './configuration.ts';
import { DnsServer } from './dns-server.ts';
import { MailboxServer } from './mailbox-server.ts';
import { type DemoAttempt, demoAttempts } from './mails.ts';
import { storedZip } from './stored-zip.ts';

const PASSWORD = 'correct horse battery staple';
const PROGRAM = Buffer.from(`MZ${'\0'.repeat(62)}`);
const COUNTER_UNIT_MS = 60_000;

/** One attempt, and what came of it. */
export interface DemoOutcome {
  readonly attempt: DemoAttempt;
  readonly record: Attempt | undefined;
}

/** Runs the demo, telling of each attempt when it is over. Gives what the mail server behind has got. */
export async function runDemo(tell: (outcome: DemoOutcome) => void): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-demo-'));
  const key = await makeDkimKey('rsa');
  const dns = new DnsServer(demoZone(key.record));
  const mailbox = new MailboxServer(['ann@demo.test']);
  try {
    const ports = { dns: await dns.listen(), backend: await mailbox.listen() };
    await writeDemoConfiguration(directory, ports, { keyPem: key.privateKeyPem, password: PASSWORD });
    await withGateway(directory, async (services, last) => {
      for (const attempt of demoAttempts(storedZip('update.exe', PROGRAM), PASSWORD)) {
        await wait(attempt.afterMs ?? 0);
        await send(attempt, services);
        tell({ attempt, record: last() });
      }
    });
    return mailbox.mails.map(({ text }) => text);
  } finally {
    await mailbox.close();
    await dns.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Services = ReadonlyMap<string, number>;

async function withGateway(
  directory: string,
  work: (services: Services, last: () => Attempt | undefined) => Promise<void>,
): Promise<void> {
  const records: Attempt[] = [];
  const assembly = await assemble(readConfiguration(directory), {
    log: silentLog,
    counters: new LocalCounters(COUNTER_UNIT_MS),
    ledger: { keep: (attempt) => void records.push(attempt), answered: () => {} },
  });
  const servers = assembly.services.map((service) => service.server());
  try {
    await work(await ports(assembly, servers), () => records.pop());
  } finally {
    for (const server of servers) server.close();
    await assembly.close();
  }
}

async function ports(assembly: Assembly, servers: readonly Server[]): Promise<Services> {
  const found = new Map<string, number>();
  for (const [i, server] of servers.entries()) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    found.set(assembly.services[i]?.service.name ?? '', (server.address() as AddressInfo).port);
  }
  return found;
}

/** Whatever the gateway says, its record has it. */
async function send(attempt: DemoAttempt, services: Services): Promise<void> {
  const { client, helo, sender, recipient, message, password } = attempt;
  const transport = createTransport({
    host: '127.0.0.1',
    port: services.get(password === undefined ? 'smtp' : 'submission') ?? 0,
    localAddress: client,
    name: helo,
    ignoreTLS: true,
    ...(password === undefined ? {} : { auth: { user: sender, pass: password } }),
  });
  try {
    await transport.sendMail({ envelope: { from: sender, to: recipient }, raw: message });
  } catch {
    // refused: that is what most of these mails are for
  } finally {
    transport.close();
  }
}
