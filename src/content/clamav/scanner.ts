/**
 * Scans messages with clamd. Parameters: clamav_timeout, clamav_max_size. The same content is scanned once at a time,
 * however often it comes, and a scan that takes longer than its client can wait goes on: the client's next attempt
 * finds it running or finds its result. So a slow clamd gets slower mail, not more work.
 */
import type { Log } from '../../record/log.ts';
import type { ClamdPool } from './clamd-pool.ts';
import type { LateResult, LateResults } from './late-results.ts';
import type { MessageBytes } from './message-bytes.ts';
import { Scan } from './scan.ts';
import { ScanJob } from './scan-job.ts';
import type { ScanResult } from './scan-result.ts';
import type { StreamAhead } from './stream-ahead.ts';

export interface ScannerOptions {
  readonly pool: ClamdPool;
  readonly late: LateResults;
  /** From the end of a message to its verdict. */
  readonly timeoutMs: number;
  readonly maxSizeBytes: number;
  /** Scans that go on behind a time-out; beyond, the oldest is given up. */
  readonly maxLate: number;
  readonly log: Log;
  /** See ScanJobOptions. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 5_000;
/** How long a scan may go on behind a time-out. */
const LATE_MS = 15 * 60_000;
/** Clients come back within the hour; signatures of the operator's own do not change the version of the database. */
const RESULT_MS = 3_600_000;
/** A message that clamd does not survive is kept from it so long. */
const DANGER_MS = 60_000;
/** A database that was this version so long ago still is. */
const VERSION_MS = 5_000;
const LOOK_AGAIN_MS = 300;

export class Scanner {
  readonly #options: ScannerOptions;
  readonly #running = new Map<string, ScanJob>();
  readonly #late = new Set<ScanJob>();
  #hasMet = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
  }

  /** A message begins to arrive. */
  begin(): Scan {
    const { pool, maxSizeBytes } = this.#options;
    if (!this.#hasMet) void pool.meet();
    this.#hasMet = true;
    return new Scan({ pool, maxSizeBytes, settle: (...content) => this.#settle(...content) });
  }

  close(): void {
    this.#options.pool.close();
    for (const job of this.#running.values()) job.abort('the gateway ends');
  }

  /** The result for a complete message. Rejects when its bytes cannot be read. */
  async #settle(hash: string, bytes: MessageBytes, ahead: StreamAhead | undefined): Promise<ScanResult> {
    const until = Date.now() + this.#options.timeoutMs;
    do {
      const known = await this.#known(hash, until);
      if (!known) continue;
      ahead?.giveUp();
      return known;
    } while (this.#running.has(hash));
    const job = this.#start(hash, bytes, until, ahead);
    const result = await within(job.result, until);
    if (job.bytesFault !== undefined) throw job.bytesFault;
    if (result) return result;
    await this.#outlive(hash, job);
    return this.#timeOut();
  }

  /** What others are finding out, or have found out. */
  async #known(hash: string, until: number): Promise<ScanResult | undefined> {
    for (;;) {
      const job = this.#running.get(hash);
      if (job) {
        const result = await within(job.result, until);
        if (!result || !job.isOrphaned) return result ?? this.#timeOut();
        continue;
      }
      const late = await this.#options.late.find(hash);
      if (late === undefined) return undefined;
      if (late !== 'pending') return this.#stillTrue(late);
      if (Date.now() + LOOK_AGAIN_MS > until) return this.#timeOut();
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  /** A virus stays a virus; what was clean stays clean only under the same database. */
  async #stillTrue({ result, server, version }: LateResult): Promise<ScanResult | undefined> {
    if (result.kind !== 'clean') return result;
    const asked = this.#options.pool.servers.find(({ address }) => address.text === server);
    const now = await asked?.versionWithin(VERSION_MS);
    return now !== undefined && now === version ? result : undefined;
  }

  #start(hash: string, bytes: MessageBytes, until: number, ahead: StreamAhead | undefined): ScanJob {
    const { pool, silenceMs = SILENCE_MS } = this.#options;
    const job = new ScanJob({ pool, bytes, until, silenceMs }, ahead);
    this.#running.set(hash, job);
    void job.result.then(() => {
      if (this.#running.get(hash) === job) this.#running.delete(hash);
      if (job.isDangerous) void this.#remember(hash, job, DANGER_MS);
    });
    return job;
  }

  /** The client is not waiting any more: the scan goes on if clamd has the message. */
  async #outlive(hash: string, job: ScanJob): Promise<void> {
    const { late, maxLate } = this.#options;
    job.letGo();
    if (!job.isSent) return job.abort('clamd did not take the message in time');
    const [oldest] = this.#late;
    if (this.#late.size >= maxLate) oldest?.abort('too many scans go on behind their time-out');
    this.#late.add(job);
    const timer = setTimeout(() => job.abort('the scan took too long'), LATE_MS).unref();
    const begun = late.begin(hash, Date.now() + LATE_MS);
    void job.result.then(async () => {
      clearTimeout(timer);
      this.#late.delete(job);
      await begun; // the others hear of the beginning before the end
      await this.#remember(hash, job, RESULT_MS);
    });
    await begun;
  }

  async #remember(hash: string, job: ScanJob, forMs: number): Promise<void> {
    const result = await job.result;
    const isOfUse = (result.kind === 'unknown' && job.isDangerous) || isVerdict(result);
    const kept = { result, ...job.scannedBy, until: Date.now() + forMs } as LateResult;
    await this.#options.late.end(hash, isOfUse ? kept : undefined);
  }

  #timeOut(): ScanResult {
    return { kind: 'unknown', why: `no result within ${this.#options.timeoutMs / 1000} s` };
  }
}

function isVerdict({ kind }: ScanResult): boolean {
  return kind === 'clean' || kind === 'infected';
}

/** What a promise says in time, or undefined. */
async function within<T>(promise: Promise<T>, until: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), until - Date.now());
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
