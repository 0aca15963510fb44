/** The whole gateway inside the test, with a name server and a scripted next hop of its own, on free loopback ports. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assembleLedger } from '../../src/assembly/ledger.ts';
import { DnsServer } from '../../src/demo/dns-server.ts';
import type { LedgerWriter } from '../../src/ledger/ledger-writer.ts';
import { type Assembly, assemble } from '../../src/main.ts';
import type { Attempt } from '../../src/record/attempt.ts';
import type { Log } from '../../src/record/log.ts';
import { LocalCounters } from '../../src/server/counters.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { readConfiguration } from '../../src/settings/configuration.ts';
import { FakeBackend, type Script } from '../smtp/fake-backend.ts';

export interface GatewayPlan {
  /** Lines behind the usual ones. */
  readonly mainCf?: string;
  readonly masterCf?: string;
  /** Files beside main.cf. */
  readonly files?: Readonly<Record<string, string>>;
  readonly zone?: readonly string[];
  readonly script?: Script;
  /** What the next hop offers besides the usual. */
  readonly offers?: readonly string[];
  /** Keeps the ledger in its file, too. */
  readonly keepsLedger?: true;
}

const BASE_MAIN = `
compatibility_level = 3.6
myhostname = gw.test
mydomain = gw.test
mydestination =
relay_domains = ours.test
mynetworks = 10.0.0.0/8
alias_maps =
local_recipient_maps =
smtpd_proxy_filter = 127.0.0.1:{backend}
smtpd_error_sleep_time = 0
dns_servers = 127.0.0.1:{dns}
dns_timeout = 2s
data_directory = {dir}/data
`;
const BASE_MASTER = 'smtp inet n - n - - smtpd\n';

export class RunningGateway {
  readonly directory: string;
  readonly backend: FakeBackend;
  /** Sentences of the log, levels in front. */
  readonly log: readonly string[];
  /** The story of each attempt. */
  readonly attempts: readonly Attempt[];
  /** By the name in master.cf. */
  readonly ports: ReadonlyMap<string, number>;
  readonly assembly: Assembly;
  readonly #ledger: LedgerWriter | undefined;
  readonly #dns: DnsServer;
  readonly #servers: readonly Server[];
  /** Of the clients that are connected. */
  readonly #sockets = new Set<Socket>();

  private constructor(parts: {
    ledger: LedgerWriter | undefined;
    directory: string;
    backend: FakeBackend;
    log: readonly string[];
    attempts: readonly Attempt[];
    dns: DnsServer;
    assembly: Assembly;
    servers: readonly Server[];
  }) {
    this.#ledger = parts.ledger;
    this.directory = parts.directory;
    this.backend = parts.backend;
    this.log = parts.log;
    this.attempts = parts.attempts;
    this.assembly = parts.assembly;
    this.#dns = parts.dns;
    this.#servers = parts.servers;
    for (const server of parts.servers) {
      server.on('connection', (socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
    }
    this.ports = new Map(
      parts.assembly.services.map(({ service }, i) => [
        service.name,
        (parts.servers[i]?.address() as AddressInfo).port,
      ]),
    );
  }

  static async start(plan: GatewayPlan = {}): Promise<RunningGateway> {
    const directory = await mkdtemp(join(tmpdir(), 'portcullis-test-'));
    const dns = new DnsServer(plan.zone ?? []);
    const backend = await FakeBackend.start({ script: plan.script ?? {} });
    backend.keywords.push(...(plan.offers ?? []));
    const facts = { dir: directory, backend: String(backend.port), dns: String(await dns.listen()) };
    const filled = (text: string) =>
      text.replace(/\{(dir|backend|dns)\}/g, (_, name: keyof typeof facts) => facts[name]);
    const files = {
      'main.cf': BASE_MAIN + (plan.mainCf ?? ''),
      'master.cf': plan.masterCf ?? BASE_MASTER,
      ...plan.files,
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), filled(text));
    const sentences: string[] = [];
    const attempts: Attempt[] = [];
    const configuration = readConfiguration(directory);
    const ledger = plan.keepsLedger && assembleLedger(configuration.settings, keptLog(sentences));
    const assembly = await assemble(configuration, {
      log: keptLog(sentences),
      counters: new LocalCounters(60_000),
      ledger: {
        keep(attempt) {
          attempts.push(attempt);
          ledger?.keep(attempt);
        },
        answered: (question, answer) => ledger?.answered(question, answer),
      },
    });
    const errors = assembly.complaints.filter(({ severity }) => severity === 'error').map(complaintLine);
    if (errors.length > 0) {
      for (const part of [assembly, dns]) await part.close();
      await backend.stop();
      throw new Error(errors.join('\n'));
    }
    const servers = assembly.services.map((service) => service.server());
    for (const server of servers)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RunningGateway({
      ledger,
      directory,
      backend,
      log: sentences,
      attempts,
      dns,
      assembly,
      servers,
    });
  }

  /** The port of the only service, or of the named one. */
  port(service?: string): number {
    const found = service === undefined ? [...this.ports.values()][0] : this.ports.get(service);
    if (found === undefined) throw new Error(`no service "${service}"`);
    return found;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy(); // a test that failed has left its clients behind
    await this.assembly.close();
    await this.#ledger?.close();
    await this.backend.stop();
    await this.#dns.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}

function keptLog(sentences: string[]): Log {
  return {
    info: (sentence) => void sentences.push(sentence),
    warn: (sentence) => void sentences.push(`warning: ${sentence}`),
    error: (sentence, facts) =>
      void sentences.push(`error: ${sentence} ${facts ? JSON.stringify(facts) : ''}`),
  };
}
