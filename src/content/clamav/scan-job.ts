/**
 * The scan of one complete message: by one server, and by another or once more when that one fails. It goes on without
 * the message once clamd has all of it; whoever asks sets the deadline. Never rejects; a message that crashes clamd is
 * not shown to it for ever.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAnswer } from './clamd-answer.ts';
import { ClamdConnection, ClamdFault } from './clamd-connection.ts';
import { type ClamdPool, type Lease, NoClamd } from './clamd-pool.ts';
import type { ClamdServer } from './clamd-server.ts';
import type { MessageBytes } from './message-bytes.ts';
import type { ScanResult, Verdict } from './scan-result.ts';
import type { StreamAhead } from './stream-ahead.ts';

export interface ScanJobOptions {
  readonly pool: ClamdPool;
  readonly bytes: MessageBytes;
  /** Milliseconds since 1970: until then a server must be found that takes the message. */
  readonly until: number;
  /** After so long without an answer the server is asked whether it is still there. */
  readonly silenceMs: number;
}

/** How one attempt ended. */
type Attempt =
  | Verdict
  /** This server will not say anything else; another one may. */
  | { readonly kind: 'refused'; readonly why: string; readonly isFinal: boolean }
  /** The connection ended; `scanning`: when clamd had the whole message. */
  | { readonly kind: 'broken'; readonly why: string; readonly scanning: boolean };

const MOST_ATTEMPTS = 10;
/** Connections that end during the scan: after so many it is the message's fault. */
const MOST_CRASHES = 2;
const PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** A version that was known this long before a scan still counts as the version of the scan. */
const VERSION_MS = 60_000;

export class ScanJob {
  readonly result: Promise<ScanResult>;
  readonly #options: ScanJobOptions;
  #bytes: MessageBytes | undefined;
  /** Why the bytes could not be read; it is the message's owner who has to know. */
  #bytesFault: unknown;
  #connection: ClamdConnection | undefined;
  #abortedBecause: string | undefined;
  #isSent = false;
  #server: ClamdServer | undefined;
  #version: string | undefined;
  #crashes = 0;

  /** `ahead`: the connection that has got all bytes already. */
  constructor(options: ScanJobOptions, ahead: StreamAhead | undefined) {
    this.#options = options;
    this.#bytes = options.bytes;
    this.result = this.#run(ahead);
  }

  /** clamd has the whole message and works on it: the job can go on without the message. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** It ended because its message went away, not because clamd said so. */
  get isOrphaned(): boolean {
    return this.#abortedBecause !== undefined || this.#bytesFault !== undefined;
  }

  get bytesFault(): unknown {
    return this.#bytesFault;
  }

  /** clamd has broken down over this message more than once. */
  get isDangerous(): boolean {
    return this.#crashes >= MOST_CRASHES;
  }

  /** Who scanned it, and the version of its database before that, as far as known. */
  get scannedBy(): { readonly server: string; readonly version: string | undefined } {
    return { server: this.#server?.address.text ?? '', version: this.#version };
  }

  /** The message is not there any more; there is no second attempt. */
  letGo(): void {
    this.#bytes = undefined;
  }

  abort(why: string): void {
    this.#abortedBecause ??= why;
    this.#connection?.destroy(why);
  }

  async #run(ahead: StreamAhead | undefined): Promise<ScanResult> {
    const refusers = new Set<ClamdServer>();
    let attempt = await this.#attempt(refusers, ahead);
    for (let count = 1; ; count++) {
      if (attempt.kind === 'clean' || attempt.kind === 'infected') return attempt;
      const { why } = attempt;
      if (this.#abortedBecause !== undefined) return { kind: 'unknown', why: this.#abortedBecause };
      if (this.#isLast(attempt, refusers) || count >= MOST_ATTEMPTS) return { kind: 'unknown', why };
      if (attempt.kind === 'broken') await this.#recover(count);
      attempt = await this.#attempt(refusers, undefined);
    }
  }

  #isLast(attempt: Exclude<Attempt, Verdict>, refusers: ReadonlySet<ClamdServer>): boolean {
    if (this.#bytes === undefined || this.#bytesFault !== undefined) return true;
    if (attempt.kind === 'refused')
      return attempt.isFinal || refusers.size >= this.#options.pool.servers.length;
    this.#crashes += attempt.scanning ? 1 : 0;
    return this.isDangerous;
  }

  /** Lets the server be looked after, and gives it a moment. */
  async #recover(count: number): Promise<void> {
    await this.#server?.doubt();
    await sleep(Math.min(PAUSE_MS * 2 ** (count - 1), LONGEST_PAUSE_MS));
  }

  async #attempt(refusers: Set<ClamdServer>, ahead: StreamAhead | undefined): Promise<Attempt> {
    const { pool, until } = this.#options;
    let lease: Lease;
    try {
      lease = ahead?.lease ?? (await pool.lease(until, refusers));
    } catch (error) {
      if (!(error instanceof NoClamd)) throw error;
      return { kind: 'refused', why: error.message, isFinal: true };
    }
    try {
      const answer = await this.#ask(lease.server, ahead?.connection);
      if (answer.kind === 'refused') refusers.add(lease.server);
      return answer;
    } finally {
      lease.release();
    }
  }

  async #ask(server: ClamdServer, begun: ClamdConnection | undefined): Promise<Attempt> {
    this.#server = server;
    this.#version = server.version;
    void server.versionWithin(VERSION_MS);
    const connection = begun ?? ClamdConnection.forMessage(server.address);
    this.#connection = connection;
    if (this.#abortedBecause !== undefined) connection.destroy(this.#abortedBecause);
    let scanning = false;
    const leave = () => {
      scanning = false; // it hangs; that is not the message's fault
      connection.destroy('it does not answer any more');
    };
    const watch = setInterval(() => void this.#lookAfter(server, leave), this.#options.silenceMs);
    try {
      if (!begun) await this.#send(connection);
      connection.finish();
      this.#isSent = true;
      scanning = !connection.isOver;
      return this.#understood(await connection.answer, server);
    } catch (error) {
      if (error instanceof ClamdFault) {
        return { kind: 'broken', why: `${server.address.text}: ${error.message}`, scanning };
      }
      this.#bytesFault = error;
      return { kind: 'broken', why: (error as Error).message, scanning: false };
    } finally {
      clearInterval(watch);
      this.#isSent = false;
      connection.destroy();
    }
  }

  async #send(connection: ClamdConnection): Promise<void> {
    for await (const chunk of this.#bytes?.() ?? []) {
      if (connection.isOver) return;
      await connection.send([chunk]);
    }
  }

  #understood(text: string, server: ClamdServer): Attempt {
    const answer = parseAnswer(text);
    const where = server.address.text;
    if (!answer)
      return { kind: 'refused', why: `${where}: an answer that nobody understands`, isFinal: false };
    if (answer.kind !== 'refused') return answer;
    const remedy = answer.isSizeLimit
      ? '; raise StreamMaxLength in clamd.conf, or lower clamav_max_size'
      : '';
    return { kind: 'refused', why: `${where}: ${answer.why}${remedy}`, isFinal: false };
  }

  /** No answer for a while: a server that is alive takes its time, one that hangs is left if there is another. */
  async #lookAfter(server: ClamdServer, leave: () => void): Promise<void> {
    await server.doubt();
    const isElsewhere = this.#options.pool.servers.some(({ state }) => state === 'up');
    if (server.state !== 'up' && isElsewhere) leave();
  }
}
