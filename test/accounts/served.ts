/** A gateway that is run as its users run it, with one submission service on a loopback port, and a client that speaks line by line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { PROGRAM } from '../support/gateway-program.ts';

export class Served {
  readonly directory = mkdtempSync(join(tmpdir(), 'logins-'));
  port = 0;
  #process: ChildProcess | undefined;

  /** Writes the configuration; `main` is added to main.cf. */
  async prepare(main: string): Promise<void> {
    this.port = await freePort();
    chmodSync(this.directory, 0o755); // the service is another user when root runs the tests
    this.write('certificate', testCertificate);
    this.write('key', testKey);
    this.write('log', '');
    chmodSync(join(this.directory, 'log'), 0o666);
    this.write('main.cf', `${COMMON}data_directory = ${this.directory}/data\n${main}`);
    this.write('master.cf', `127.0.0.1:${this.port} inet n - n - - smtpd\n`);
  }

  async start(): Promise<void> {
    this.#process = spawn(process.execPath, [PROGRAM, 'serve', '-c', this.directory], { stdio: 'inherit' });
    for (let i = 0; i < 200; i++) {
      const client = await Client.open(this.port).catch(() => undefined);
      if (client) return client.close();
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error('the gateway does not listen');
  }

  /** Has it read its configuration again. */
  async reload(): Promise<void> {
    const done = /^reloaded the configuration$/;
    const before = this.log().filter((line) => done.test(line)).length;
    this.#process?.kill('SIGHUP');
    await this.logged(done, before + 1);
  }

  /** Ends it; it may be started again. */
  async end(): Promise<void> {
    const running = this.#process;
    if (running?.kill()) await new Promise((done) => running.once('exit', done));
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  /** The processes that serve. */
  workers(): string[] {
    const pid = this.#process?.pid;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text, { mode: 0o644 });
  }

  /** The lines of the log, without time and process. */
  log(): string[] {
    const text = readFileSync(join(this.directory, 'log'), 'utf8');
    return text.split('\n').map((line) => line.replace(/^.*?\[\d+\]: /, ''));
  }

  /** Waits until so many lines of the log are like this. */
  async logged(pattern: RegExp, times = 1): Promise<void> {
    for (let i = 0; i < 100; i++) {
      if (this.log().filter((one) => pattern.test(one)).length >= times) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`not logged: ${pattern}\n${this.log().join('\n')}`);
  }
}

const COMMON = `compatibility_level = 3.6
myhostname = mx.home.test
mydestination =
mynetworks =
worker_processes = 1
smtpd_peername_lookup = no
maillog_file = $config_directory/log
maillog_format = postfix
smtpd_tls_security_level = may
smtpd_tls_cert_file = $config_directory/certificate
smtpd_tls_key_file = $config_directory/key
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject
`;

/** Speaks SMTP without TLS. */
export class Client {
  readonly socket: Socket;
  #input = '';
  #heard: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#input += chunk.toString();
      this.#heard();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#heard());
  }

  /** Connects, and hears the greeting. */
  static async open(port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((done, failed) => {
      socket.once('connect', done);
      socket.once('error', failed);
    });
    const client = new Client(socket);
    await client.reply();
    return client;
  }

  /** Sends a line; the reply, its lines between `|`. */
  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    return this.reply();
  }

  async reply(): Promise<string> {
    for (;;) {
      const [whole] = /^(?:\d{3}-.*\r\n)*\d{3} .*\r\n/.exec(this.#input) ?? [];
      if (whole !== undefined) {
        this.#input = this.#input.slice(whole.length);
        return whole.slice(0, -2).replaceAll('\r\n', '|');
      }
      if (this.socket.closed) return '<closed>';
      await new Promise<void>((done) => {
        this.#heard = done;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}
