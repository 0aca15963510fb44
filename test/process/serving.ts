/** A configuration directory for tests of processes: one listener on a free loopback port, and a next hop that keeps mail. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FakeBackend, type Script } from '../smtp/fake-backend.ts';
import { freePort } from '../support/free-port.ts';
import { ServedGateway } from '../support/served-gateway.ts';

const USUAL = `
compatibility_level = 3.6
myhostname = gw.test
mydestination =
relay_domains = ours.test
mynetworks =
local_recipient_maps =
alias_maps =
smtpd_peername_lookup = no
worker_processes = 1
`;

export class Serving {
  readonly directory = mkdtempSync(join(tmpdir(), 'serving-'));
  readonly backend: FakeBackend;
  readonly port: number;
  #gateway: ServedGateway | undefined;

  private constructor(backend: FakeBackend, port: number) {
    this.backend = backend;
    this.port = port;
  }

  /** Starts with these lines of main.cf behind the usual ones. */
  static async start(
    t: TestContext,
    mainCf = '',
    how: { script?: Script; files?: Record<string, string> } = {},
  ): Promise<Serving> {
    const serving = await Serving.prepare(t, mainCf, how);
    serving.#gateway = await ServedGateway.start(serving.directory);
    return serving;
  }

  /** The same without the gateway. */
  static async prepare(
    t: TestContext,
    mainCf = '',
    { script = {}, files = {} }: { script?: Script; files?: Record<string, string> } = {},
  ): Promise<Serving> {
    const serving = new Serving(await FakeBackend.start({ script }), await freePort());
    chmodSync(serving.directory, 0o755); // whoever serves is not root
    t.after(() => serving.#stop());
    for (const [name, text] of Object.entries(files)) serving.write(name, text);
    serving.write('master.cf', `127.0.0.1:${serving.port} inet n - n - - smtpd\n`);
    serving.configure(mainCf);
    return serving;
  }

  get gateway(): ServedGateway {
    if (!this.#gateway) throw new Error('it has not started');
    return this.#gateway;
  }

  /** Another main.cf. */
  configure(lines: string): void {
    const own = `smtpd_proxy_filter = 127.0.0.1:${this.backend.port}\ndata_directory = ${this.directory}/data\n`;
    this.write('main.cf', USUAL + own + lines);
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  /** Writes these files; the function that is given back undoes it. */
  change(files: Readonly<Record<string, string>>): () => void {
    const before = Object.keys(files).map((name) => [name, this.read(name)] as const);
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    return () => {
      for (const [name, text] of before) this.write(name, text);
    };
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), 'utf8');
  }

  async #stop(): Promise<void> {
    await this.#gateway?.stop();
    await this.backend.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
