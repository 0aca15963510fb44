/** A real rbldnsd with lists of its own, on a free port of the loopback: what every list does, and what bad ones do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { chmodSync, existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressFront } from '../../src/dns/list-query.ts';
import { Resolver } from '../../src/dns/resolver.ts';

const PROGRAM = '/usr/sbin/rbldnsd';

/** Why a test is skipped; false when the program is there. */
export const rbldnsdMissing: string | false = existsSync(PROGRAM) ? false : 'rbldnsd is not installed';

/** Lines of an `ip4set`, a `dnset` or a `generic` data set; rbldnsd(8). */
export interface RblZone {
  readonly type: 'ip4set' | 'ip6trie' | 'dnset' | 'generic';
  readonly lines: readonly string[];
}

/** What RFC 5782 wants every list of addresses to have. */
export const TEST_ENTRY = '127.0.0.2 :127.0.0.2:test entry';

/** A list of addresses with the entry that all have. */
export function goodList(...lines: readonly string[]): RblZone {
  return { type: 'ip4set', lines: [':127.0.0.2:listed, see http://bl.test/$', TEST_ENTRY, ...lines] };
}

/** The zone above a list whose domain was sold: every name in it has an address. `label`: the list's, below the zone. */
export function soldList(label: string, address: string): RblZone {
  return { type: 'dnset', lines: [`:${address}:parked`, `.${label}`] };
}

/** The same zone while the list is what it should be. */
export function honestList(label: string, ...addresses: readonly string[]): RblZone {
  const names = ['127.0.0.2', ...addresses].map((address) => `${addressFront(address)}.${label}`);
  return { type: 'dnset', lines: [':127.0.0.2:listed', ...names] };
}

const START_MS = 10_000;

export class RblServer {
  readonly port: number;
  readonly #directory: string;
  readonly #process: ChildProcess;
  #changes = 0;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#process = child;
  }

  /** `port`: a free one, unless said otherwise. */
  static async start(zones: Readonly<Record<string, RblZone>>, port?: number): Promise<RblServer> {
    const directory = mkdtempSync(join(tmpdir(), 'rbldnsd-'));
    chmodSync(directory, 0o755);
    for (const [name, zone] of Object.entries(zones)) write(directory, name, zone);
    const at = port ?? (await freeDatagramPort());
    const specs = Object.entries(zones).map(([name, { type }]) => `${name}:${type}:${name}`);
    const args = ['-n', '-b', `127.0.0.1/${at}`, '-w', directory, '-t', '1', '-c', '0', ...specs];
    const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => said.push(String(bytes)));
    const server = new RblServer(at, directory, child);
    await server.#ready(Object.keys(zones)[0] ?? '', said);
    return server;
  }

  /** As dns_servers names it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Another content for a zone, of the same type. It looks at whole seconds to see whether a file has changed. */
  async change(name: string, zone: RblZone): Promise<void> {
    write(this.#directory, name, zone);
    const time = new Date(Date.now() + 1_000 * ++this.#changes);
    utimesSync(join(this.#directory, name), time, time);
    const reloaded = new Promise<void>((resolve) => this.#process.stdout?.once('data', () => resolve()));
    this.#process.kill('SIGHUP');
    await reloaded;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await new Promise((resolve) => {
        this.#process.on('exit', resolve);
        this.#process.kill('SIGTERM');
      });
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ready(zone: string, said: readonly string[]): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const dns = new Resolver({ servers: [this.address], timeoutMs: 200, tries: 1 });
      if ((await dns.a(`2.0.0.127.${zone}`)).kind !== 'unknown') return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.stop();
    throw new Error(`rbldnsd does not answer: ${said.join('')}`);
  }
}

function write(directory: string, name: string, { lines }: RblZone): void {
  const soa = '$SOA 60 ns.test hostmaster.test 0 1h 1h 1d 60';
  writeFileSync(join(directory, name), `${[soa, ...lines].join('\n')}\n`, { mode: 0o644 });
}

function freeDatagramPort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
