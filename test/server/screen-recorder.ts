/**
 * Plays the dialogues of screen-plans.ts with a real Postfix 3.7 and writes down what was heard and logged:
 *   unshare --net --mount --pid --fork --mount-proc node test/server/screen-recorder.ts > test/server/recordings/screen.json
 * as root, on a machine that has nothing else to do.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { BASE, type Plan, type Played, plans, playAll, zone } from './screen-plans.ts';

const SERVICES = `smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
postlog unix-dgram n - n - 1 postlogd
`;

class Postfix {
  readonly #directory: string;
  readonly #master: ChildProcess;

  private constructor(directory: string, master: ChildProcess) {
    this.#directory = directory;
    this.#master = master;
  }

  static async start(directory: string, port: number, mainCf: string): Promise<Postfix> {
    const [queue, data] = [join(directory, 'queue'), join(directory, 'data')];
    const [, , uid = '', gid = ''] =
      /^postfix:(.*)$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
    const own = (path: string) => {
      mkdirSync(path, { recursive: true });
      chownSync(path, Number(uid), Number(gid));
    };
    mkdirSync(queue, { recursive: true });
    for (const name of ['active', 'bounce', 'defer', 'incoming', 'maildrop', 'private', 'public'])
      own(join(queue, name));
    mkdirSync(join(queue, 'pid'));
    own(data);
    const places = `queue_directory = ${queue}\ndata_directory = ${data}\n`;
    const log = `maillog_file = ${directory}/log\nmaillog_file_prefixes = ${directory}\n`;
    const files = {
      'main.cf': `${BASE}alias_database =\ninet_interfaces = 127.0.0.1\n${places}${log}${mainCf}`,
      'master.cf': `127.0.0.1:${port} inet n - n - 1 postscreen\n${SERVICES}`,
    };
    const longAgo = new Date(Date.now() - 3_600_000); // Postfix waits for a file that has just been written
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(directory, name), text);
      utimesSync(join(directory, name), longAgo, longAgo);
    }
    writeFileSync(join(directory, 'log'), '');
    const daemons = spawnSync('postconf', ['-d', '-h', 'daemon_directory'], {
      encoding: 'utf8',
    }).stdout.trim();
    const env = { ...process.env, MAIL_CONFIG: directory };
    const master = spawn(join(daemons, 'master'), ['-c', directory, '-d'], { stdio: 'ignore', env });
    await untilListening(port);
    return new Postfix(directory, master);
  }

  log(): string[] {
    const lines = readFileSync(join(this.#directory, 'log'), 'utf8').split('\n');
    return lines.flatMap((line) => /postfix\/(?:postscreen|dnsblog)\[\d+\]: (.*)$/.exec(line)?.[1] ?? []);
  }

  async stop(): Promise<void> {
    this.#master.kill('SIGTERM');
    await new Promise((resolve) => this.#master.on('exit', resolve));
  }
}

/** Nobody may connect before the clients do: postscreen would know them. */
async function untilListening(port: number): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  for (let i = 0; i < 500; i++) {
    if (readFileSync('/proc/net/tcp', 'utf8').includes(wanted)) return;
    await sleep(20);
  }
  throw new Error('Postfix does not listen');
}

async function record(plan: Plan, directory: string, port: number): Promise<Played> {
  mkdirSync(directory);
  const postfix = await Postfix.start(directory, port, plan.mainCf);
  const heard = await playAll(port, plan);
  await sleep(200);
  const log = postfix.log();
  await postfix.stop();
  return { name: plan.name, heard, log };
}

spawnSync('ip', ['link', 'set', 'lo', 'up']);
const directory = mkdtempSync(join(tmpdir(), 'screen-'));
chmodSync(directory, 0o755);
writeFileSync(join(directory, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
spawnSync('mount', ['--bind', join(directory, 'resolv.conf'), '/etc/resolv.conf']);
const dns = new DnsServer(zone);
await dns.listen(53);
const recorded: Played[] = [];
for (const [i, plan] of plans.entries())
  recorded.push(await record(plan, join(directory, plan.name), 2_501 + i));
await dns.close();
spawnSync('umount', ['/etc/resolv.conf']);
rmSync(directory, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(recorded, undefined, 1)}\n`);
