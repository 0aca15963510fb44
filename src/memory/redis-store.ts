/**
 * The store in Redis or Valkey, shared by several gateways: `state_store = redis://host`. Each entry is a string under
 * prefix, space and key, that expires by itself; it begins with the time of expiry. What must be one step is a small
 * script. It connects at once. A command that takes longer than the timeout fails; then for a moment all fail at once, so that a server that
 * hangs costs little. The bound of the spaces is the server's: `maxmemory` with `maxmemory-policy volatile-ttl` forgets
 * what would expire first, as the SQLite store does.
 */
import { createHash } from 'node:crypto';
import type { Log } from '../record/log.ts';
import type { Bucket, Taken } from './bucket.ts';
import { priceOf } from './bucket.ts';
import { openLink, type RedisLink } from './redis-link.ts';
import type { SpaceName } from './spaces.ts';
import { type Change, type Entry, type Store, StoreFailure } from './store.ts';
import type { RedisAddress } from './store-address.ts';

/** After a command that was not answered in time. */
const QUIET_MS = 1_000;
/** So often somebody else may be faster before a step is given up. */
const MOST_RACES = 20;
const SCANNED = 500;

class Script {
  readonly text: string;
  readonly digest: string;
  constructor(text: string) {
    this.text = text;
    this.digest = createHash('sha1').update(text).digest('hex');
  }
}

/** Writes if nobody has written meanwhile; else says what is there. ARGV: what was read, what to write, lifetime. */
const REPLACE = new Script(`
  local now = redis.call('GET', KEYS[1]) or ''
  if now ~= ARGV[1] then return now end
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return false`);

/** bucket.ts in one step. ARGV: now, price, time to fill. Gives what is missing. */
const TAKE = new Script(`
  local now, price, fill = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
  local kept = redis.call('GET', KEYS[1])
  local full = kept and tonumber(string.match(kept, ' (.*)$')) or 0
  local nxt = math.max(full, now) + price
  local missing = nxt - now - fill
  if missing > 0.001 then return tostring(missing) end
  local life = math.max(1, math.ceil(nxt - now))
  redis.call('SET', KEYS[1], string.format('%.0f %.3f', now + life, nxt), 'PX', life)
  return '0'`);

export interface RedisStoreOptions {
  readonly address: RedisAddress;
  readonly log: Log;
  readonly now?: () => number;
}

export class RedisStore implements Store {
  readonly name: string;
  readonly #address: RedisAddress;
  readonly #log: Log;
  readonly #now: () => number;
  #link: Promise<RedisLink> | undefined;
  /** On the clock of performance.now(): until then nothing is sent. */
  #quietUntil = 0;
  #trouble = false;
  #closed = false;

  constructor({ address, log, now = Date.now }: RedisStoreOptions) {
    this.name = address.shown;
    this.#address = address;
    this.#log = log;
    this.#now = now;
    this.#open().catch((error: Error) => this.#fails(error));
  }

  async get(space: SpaceName, key: string): Promise<Entry | undefined> {
    return this.#entryOf(key, await this.#read(this.#fullKey(space, key)));
  }

  async put(space: SpaceName, key: string, change: Change): Promise<void> {
    const { raw, lifetime } = this.#raw(change);
    const fullKey = this.#fullKey(space, key);
    await this.#send(fullKey, false, ['SET', fullKey, raw, 'PX', lifetime]);
  }

  async update(
    space: SpaceName,
    key: string,
    change: (now: Entry | undefined) => Change | undefined,
  ): Promise<Entry | undefined> {
    const fullKey = this.#fullKey(space, key);
    let raw = await this.#read(fullKey);
    for (let race = 0; race < MOST_RACES; race++) {
      const before = this.#entryOf(key, raw);
      const wanted = change(before);
      if (!wanted) return before;
      const after = this.#raw(wanted);
      const rival = await this.#run(REPLACE, fullKey, [raw, after.raw, after.lifetime]);
      if (rival === null) return this.#entryOf(key, after.raw);
      raw = String(rival);
    }
    throw new StoreFailure(this.name, `others change "${key}" all the time`);
  }

  async take(space: SpaceName, key: string, bucket: Bucket): Promise<Taken> {
    const args = [this.#now(), priceOf(bucket), bucket.fillMs].map(String);
    const missing = Number(await this.#run(TAKE, this.#fullKey(space, key), args));
    return missing > 0 ? { kind: 'refused', waitMs: missing } : { kind: 'taken' };
  }

  async delete(space: SpaceName, key: string): Promise<boolean> {
    const fullKey = this.#fullKey(space, key);
    return Number(await this.#send(fullKey, false, ['DEL', fullKey])) > 0;
  }

  async *entries(space: SpaceName, prefix = ''): AsyncGenerator<Entry> {
    const start = this.#fullKey(space, '');
    for (const key of await this.#keys(start + prefix)) {
      const entry = await this.get(space, key.slice(start.length));
      if (entry) yield entry;
    }
  }

  async count(space: SpaceName): Promise<number> {
    return (await this.#keys(this.#fullKey(space, ''))).size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const link = this.#link;
    this.#link = undefined;
    await link?.then((open) => open.close()).catch(() => {});
  }

  #fullKey(space: SpaceName, key: string): string {
    return `${this.#address.prefix}${space}:${key}`;
  }

  #raw({ value, lifetimeMs }: Change): { raw: string; lifetime: string } {
    const lifetime = Math.max(1, Math.ceil(lifetimeMs));
    return { raw: `${Math.ceil(this.#now() + lifetime)} ${value}`, lifetime: String(lifetime) };
  }

  /** Undefined for what another program has written there. */
  #entryOf(key: string, raw: string): Entry | undefined {
    const match = /^(\d{1,15}) (.*)$/s.exec(raw);
    return match ? { key, value: match[2] ?? '', expiresAt: Number(match[1]) } : undefined;
  }

  async #read(fullKey: string): Promise<string> {
    return String((await this.#send(fullKey, true, ['GET', fullKey])) ?? '');
  }

  async #keys(prefix: string): Promise<Set<string>> {
    const keys = new Set<string>();
    const pattern = `${prefix.replace(/[[\]*?\\]/g, '\\$&')}*`;
    const link = await this.#open();
    await this.#inTime(
      link.onEachMaster(async (send) => {
        let cursor = '0';
        do {
          const scan = await send(['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(SCANNED)]);
          const [next, found] = scan as [string, string[]];
          for (const key of found) keys.add(key);
          cursor = String(next);
        } while (cursor !== '0');
      }),
      Number.POSITIVE_INFINITY,
    );
    return keys;
  }

  async #run(script: Script, fullKey: string, args: readonly string[]): Promise<unknown> {
    try {
      return await this.#send(fullKey, false, ['EVALSHA', script.digest, '1', fullKey, ...args]);
    } catch (error) {
      if (!/NOSCRIPT/.test((error as Error).message)) throw error;
      return this.#send(fullKey, false, ['EVAL', script.text, '1', fullKey, ...args]);
    }
  }

  async #send(fullKey: string, isReadOnly: boolean, command: readonly string[]): Promise<unknown> {
    if (performance.now() < this.#quietUntil) {
      throw new StoreFailure(this.name, `no answer within ${this.#address.timeoutMs} ms a moment ago`);
    }
    const link = await this.#open();
    const answer = link.tried.then(() => link.send(fullKey, isReadOnly, command));
    return this.#inTime(answer, this.#address.timeoutMs);
  }

  async #inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    // One more look at what has arrived: it may be this process that was busy.
    const giveUp = () => setImmediate(() => isOpen && reject(this.#late()));
    let isOpen = true;
    const timer = Number.isFinite(timeoutMs) ? setTimeout(giveUp, timeoutMs) : undefined;
    work.catch(() => {}); // what fails after its time has been answered already
    try {
      const answer = await Promise.race([work, late]);
      this.#works();
      return answer;
    } catch (error) {
      throw this.#failure(error as Error);
    } finally {
      isOpen = false;
      clearTimeout(timer);
    }
  }

  #late(): Error {
    this.#quietUntil = performance.now() + QUIET_MS;
    return new Error(`no answer within ${this.#address.timeoutMs} ms`);
  }

  #failure(error: Error): StoreFailure {
    if (error instanceof StoreFailure) return error;
    const isScriptMissing = /^NOSCRIPT/.test(error.message);
    if (!isScriptMissing && !this.#closed) this.#fails(error);
    return new StoreFailure(this.name, error.message || error.name, error);
  }

  async #open(): Promise<RedisLink> {
    if (this.#closed) throw new StoreFailure(this.name, 'closed');
    this.#link ??= this.#connect();
    try {
      return await this.#link;
    } catch (error) {
      this.#link = undefined;
      throw this.#failure(error as Error);
    }
  }

  #connect(): Promise<RedisLink> {
    return openLink(this.#address, {
      onReady: () => {
        this.#quietUntil = 0;
      },
      onError: (error) => this.#fails(error),
    });
  }

  #fails({ message, name }: Error): void {
    if (this.#trouble || this.#closed) return;
    this.#trouble = true;
    this.#log.error(
      `${this.name}: ${message || name}; greylisting and its kin do without their memory until it answers`,
    );
  }

  #works(): void {
    if (!this.#trouble) return;
    this.#trouble = false;
    this.#log.info(`${this.name}: works again`);
  }
}
