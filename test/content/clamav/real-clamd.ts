/** A real clamd with a database of a few signatures, made for the tests; nothing is fetched from anywhere. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseClamdAddress } from '../../../src/content/clamav/clamd-address.ts';
import { ClamdConnection } from '../../../src/content/clamav/clamd-connection.ts';
import { freePort } from '../../support/free-port.ts';

const PROGRAM = '/usr/sbin/clamd';
const TEST_FILES = '/usr/share/clamav-testfiles';

/** Why there can be no tests with a real one; undefined: there can. */
export const noClamd = existsSync(PROGRAM)
  ? undefined
  : `${PROGRAM} is not installed (apt install clamav-daemon)`;
export const noTestFiles = existsSync(TEST_FILES) ? undefined : 'clamav-testfiles is not installed';

export const testFile = (name: string): Buffer => readFileSync(join(TEST_FILES, name));

/** The harmless file that all scanners know, put together here so that no scanner stumbles over this source. */
export const EICAR = Buffer.from(
  `${['X5O!P%@AP[4', 'PZX54(P^)7CC)7}$'].join('\\')}${'EICAR-STANDARD-'}ANTIVIRUS-TEST-FILE!$H+H*`,
);
export const MARKER = 'PORTCULLIS-TEST-MARKER';

/** A mail with something attached. */
export function mailWith(attachment: Buffer, name = 'thing.bin'): Buffer {
  const base64 = attachment.toString('base64').replace(/.{76}/g, '$&\r\n');
  return Buffer.from(
    [
      'From: <ann@far.example>\r\nSubject: see there\r\nMIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b',
      `Content-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n`,
      `${base64}\r\n--b--\r\n`,
    ].join('\r\n'),
  );
}

export class RealClamd {
  readonly directory: string;
  readonly port: number;
  readonly #more: string;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number, more: string) {
    this.directory = directory;
    this.port = port;
    this.#more = more;
  }

  /** `more`: lines for clamd.conf. */
  static async start(more = ''): Promise<RealClamd> {
    const directory = await mkdtemp(join(tmpdir(), 'clamd-'));
    const clamd = new RealClamd(directory, await freePort(), more);
    await clamd.#configure();
    await clamd.restart();
    return clamd;
  }

  get unix(): string {
    return `unix:${this.directory}/clamd.ctl`;
  }

  get inet(): string {
    return `inet:127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Resolves when it answers. */
  async restart(): Promise<void> {
    this.#process = spawn(PROGRAM, ['-c', join(this.directory, 'clamd.conf')], { stdio: 'ignore' });
    for (let i = 0; i < 300; i++) {
      if ((await this.ask('PING').catch(() => '')) === 'PONG') return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`clamd does not start: ${readFileSync(join(this.directory, 'clamd.log'), 'utf8')}`);
  }

  ask(command: string): Promise<string> {
    return new ClamdConnection(parseClamdAddress(this.inet), command).answer;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Without a goodbye. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async addSignature(name: string, text: string): Promise<void> {
    await writeFile(
      join(this.directory, `${name}.ndb`),
      `${name}:0:*:${Buffer.from(text).toString('hex')}\n`,
    );
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #configure(): Promise<void> {
    const files: [string, Buffer][] = [['Eicar-Test-Signature', EICAR]];
    if (!noTestFiles) files.push(['ClamAV-Test-File', testFile('clam.exe')]);
    const hashes = files.map(([name, bytes]) => `${md5(bytes)}:${bytes.length}:${name}\n`);
    await writeFile(join(this.directory, 'own.hdb'), hashes.join(''));
    await this.addSignature('Marker.Test', MARKER);
    await writeFile(
      join(this.directory, 'clamd.conf'),
      [
        'Foreground yes',
        `DatabaseDirectory ${this.directory}`,
        `LocalSocket ${this.directory}/clamd.ctl`,
        'FixStaleSocket yes',
        `TCPSocket ${this.port}`,
        'TCPAddr 127.0.0.1',
        `LogFile ${this.directory}/clamd.log`,
        'SelfCheck 0',
        this.#more,
        '',
      ].join('\n'),
    );
  }
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
