/**
 * Runs clamav_virus_command when a virus was found, with the environment variables of clamsmtp's VirusAction: CLIENT,
 * REMOTE, REMOTE_HELO, SENDER, RECIPIENTS, SERVER, VIRUS, EMAIL, TMPDIR (and TMP). `clamsmtpd(8), VIRUS ACTIONS`.
 * No shell reads the command, mail does not wait for it, and neither its output nor its exit status matter.
 * Senders choose most of the values, and a flood of viruses could be a flood of commands: only a few run at a time,
 * each for a limited time, and what does not fit into the line is not run, which the log tells.
 */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { externalForm } from '../../mail/address.ts';
import { printable } from '../../mail/reply.ts';
import type { Log } from '../../record/log.ts';
import type { MailOf } from '../inspection.ts';

export interface VirusCommandOptions {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** The next hop, for SERVER; empty where that is not one alone. */
  readonly server: string;
  /** Where the message is kept for people, once it is; undefined: nowhere. */
  keptAt(id: string): Promise<string | undefined>;
  readonly log: Log;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const MOST_AT_A_TIME = 4;
const MOST_WAITING = 100;
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

interface Errand {
  readonly mail: MailOf;
  readonly signature: string;
  /** Whether the message goes into quarantine. */
  readonly isKept: boolean;
}

export class VirusCommand {
  readonly #options: VirusCommandOptions;
  readonly #waiting: Errand[] = [];
  #running = 0;

  constructor(options: VirusCommandOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  run(mail: MailOf, signature: string, isKept: boolean): void {
    const { log, command } = this.#options;
    if (this.#waiting.length >= MOST_WAITING) {
      log.warn(
        `${mail.envelope.id}: clamav_virus_command: ${MOST_WAITING} are waiting; ${command[0]} is not run`,
      );
      return;
    }
    this.#waiting.push({ mail, signature, isKept });
    this.#next();
  }

  #next(): void {
    if (this.#running >= MOST_AT_A_TIME) return;
    const errand = this.#waiting.shift();
    if (!errand) return;
    this.#running += 1;
    void this.#do(errand).finally(() => {
      this.#running -= 1;
      this.#next();
    });
  }

  async #do(errand: Errand): Promise<void> {
    const { log, keptAt } = this.#options;
    const { id } = errand.mail.envelope;
    try {
      const path = errand.isKept ? await keptAt(id) : undefined;
      const problem = await this.#spawn(environment(errand, this.#options.server, path));
      if (problem !== undefined) log.warn(`${id}: clamav_virus_command: ${problem}`);
    } catch (error) {
      log.error(`${id}: clamav_virus_command: ${(error as Error).message}`);
    }
  }

  /** Resolves when it has ended, with what went wrong. */
  #spawn(env: NodeJS.ProcessEnv): Promise<string | undefined> {
    const { command, timeoutMs = TIMEOUT_MS } = this.#options;
    const [program, ...args] = command;
    return new Promise((resolve) => {
      const child = spawn(program, args, { env, cwd: '/', stdio: 'ignore', detached: true });
      const timer = setTimeout(() => {
        if (child.pid !== undefined) endGroup(child.pid);
        resolve(`${program} ran longer than ${timeoutMs / 1000} s and was ended`);
      }, timeoutMs);
      child.on('error', (error) => {
        clearTimeout(timer);
        resolve(`${program} cannot be run: ${error.message}`);
      });
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        resolve(code === 0 ? undefined : `${program} ended with ${signal ?? `status ${code}`}`);
      });
    });
  }
}

/** It and whatever it has started. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone already
  }
}

function environment(
  { mail, signature }: Errand,
  server: string,
  path: string | undefined,
): NodeJS.ProcessEnv {
  const { session, envelope } = mail;
  const { forwarded, client } = session;
  const known: Record<string, string | undefined> = {
    CLIENT: client.address,
    REMOTE: forwarded?.address,
    REMOTE_HELO: forwarded?.helo,
    SENDER: externalForm(envelope.sender),
    SERVER: server,
    VIRUS: signature,
    EMAIL: path,
    TMP: tmpdir(),
    TMPDIR: tmpdir(),
  };
  const recipients = envelope.recipients.map(({ address }) => oneLine(externalForm(address))).join('\n');
  const env: NodeJS.ProcessEnv = { PATH, RECIPIENTS: recipients };
  for (const [name, value] of Object.entries(known)) if (value) env[name] = oneLine(value);
  return env;
}

/** Nothing that could look like another variable or another recipient. */
function oneLine(text: string): string {
  return printable(text, '?');
}
