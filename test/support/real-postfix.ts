/**
 * The machine's own Postfix, with configuration, queue and mailboxes of the test alone: sendmail(1), postmap(1) and the rest
 * work as usual. Only for tests with a network of their own (own-network.ts), since it mounts over the machine's files.
 * Mail for `$mydestination` is kept, one file for each; other mail goes where main.cf says.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { emptyDirectory, mountAt } from './own-network.ts';
import { until } from './until.ts';

export const noPostfix = existsSync('/usr/sbin/postfix') ? false : 'Postfix is not installed';

export interface PostfixPlan {
  /** Lines of main.cf, behind the usual ones. */
  readonly main: string;
  /** Lines of master.cf, before Postfix's own services. */
  readonly master: string;
  /** Files beside main.cf. */
  readonly files?: Readonly<Record<string, string>>;
  /** Directories in the queue that Postfix does not make itself. */
  readonly queueDirectories?: readonly string[];
}

const CONFIGURATION = '/etc/postfix';
const QUEUE = '/var/spool/postfix';
const STATE = '/var/lib/postfix';
const MAILBOXES = '/var/mail';
const LOG = join(STATE, 'maillog');
const MASTER = '/usr/lib/postfix/sbin/master';

const USUAL_MAIN = `
compatibility_level = 3.6
maillog_file = ${LOG}
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
local_transport = virtual
virtual_mailbox_domains =
virtual_mailbox_maps = static:all/
virtual_mailbox_base = ${MAILBOXES}
virtual_minimum_uid = 1
virtual_uid_maps = static:8
virtual_gid_maps = static:8
smtpd_peername_lookup = no
`;

const USUAL_MASTER = `
postlog   unix-dgram n - n - 1 postlogd
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
`;

export class RealPostfix {
  readonly #daemon: ChildProcess;
  /** What master(8) says before there is a log. */
  #complaints = '';

  private constructor(daemon: ChildProcess) {
    this.#daemon = daemon;
    daemon.stderr?.on('data', (bytes) => {
      this.#complaints += bytes;
    });
  }

  static async start({ main, master, files = {}, queueDirectories = [] }: PostfixPlan): Promise<RealPostfix> {
    for (const directory of [QUEUE, STATE, MAILBOXES]) emptyDirectory(directory);
    const own = join(STATE, 'configuration');
    cpSync(CONFIGURATION, own, { recursive: true });
    mountAt(own, CONFIGURATION);
    const written = { ...files, 'main.cf': USUAL_MAIN + main, 'master.cf': withOthers(master) };
    for (const [name, text] of Object.entries(written)) write(join(CONFIGURATION, name), text);
    makeQueue(queueDirectories);
    chownSync(MAILBOXES, 8, 8);
    const daemon = spawn(MASTER, ['-d'], { stdio: ['ignore', 'ignore', 'pipe'] });
    const postfix = new RealPostfix(daemon);
    await until(
      () => postfix.log().includes('daemon started'),
      () => `Postfix does not start\n${postfix.log()}`,
    );
    return postfix;
  }

  /** What has been delivered to an address, headers and all. */
  mails(address: string): string[] {
    const directory = join(MAILBOXES, 'all/new');
    if (!existsSync(directory)) return [];
    const all = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    return all.filter((mail) => mail.includes(`\nDelivered-To: ${address}\n`));
  }

  /** Waits for a mail with that text to be delivered to an address. */
  async mail(address: string, text: string): Promise<string> {
    const found = () => this.mails(address).find((mail) => mail.includes(text));
    return until(found, () => `no mail with "${text}" for ${address}\n${this.log()}`);
  }

  /** Gives a mail to sendmail(1), as local programs do. */
  sendmail(sender: string, recipient: string, message: string): void {
    const { status, stderr } = spawnSync('sendmail', ['-f', sender, '-i', recipient], {
      input: message,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  }

  /** Everything has been delivered, or returned. */
  queueIsEmpty(): boolean {
    return ['maildrop', 'incoming', 'active', 'deferred'].every((queue) =>
      readdirSync(join(QUEUE, queue), { recursive: true, withFileTypes: true }).every(
        (entry) => !entry.isFile(),
      ),
    );
  }

  log(): string {
    return this.#complaints + (existsSync(LOG) ? readFileSync(LOG, 'utf8') : '');
  }

  stop(): void {
    this.#daemon.kill();
  }
}

/** Postfix waits for files that are only just written. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  utimesSync(path, 1_700_000_000, 1_700_000_000);
}

/** A service of the test's own stands in for the usual one of that name. */
function withOthers(master: string): string {
  const names = new Set(master.split('\n').map((line) => /^(\S+)\s+(\S+)/.exec(line)?.slice(1).join('/')));
  const usual = USUAL_MASTER.split('\n').filter(
    (line) => !names.has(/^(\S+)\s+(\S+)/.exec(line)?.slice(1).join('/')),
  );
  return `${master}\n${usual.join('\n')}\n`;
}

/** What `postfix start` makes before it runs master(8), without its two seconds of shell scripts. */
function makeQueue(more: readonly string[]): void {
  const [owner, group] = [idOf('/etc/passwd', 'postfix'), idOf('/etc/group', 'postdrop')];
  chownSync(STATE, owner, 0);
  mkdirSync(join(QUEUE, 'pid'));
  for (const name of [...PRIVATE, ...more]) makeOwned(name, 0o700, owner, 0);
  makeOwned('maildrop', 0o1730, owner, group);
  makeOwned('public', 0o2710, owner, group);
}

const PRIVATE = 'active bounce corrupt defer deferred flush hold incoming private saved trace'.split(' ');

function makeOwned(name: string, mode: number, owner: number, group: number): void {
  const path = join(QUEUE, name);
  mkdirSync(path);
  chownSync(path, owner, group);
  chmodSync(path, mode);
}

/** The number of a name in passwd(5) or group(5). */
function idOf(file: string, name: string): number {
  const line = readFileSync(file, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${name}:`));
  return Number(line?.split(':')[2]);
}
