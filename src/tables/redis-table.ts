/**
 * redis: the string that a Redis (or Valkey) server keeps under prefix + key. Ours; Postfix 3.7 has no such table.
 * `redis://host:6379/0?prefix=access:`, or a file with `uri` and `prefix`, so that passwords need not stand in main.cf.
 * A server that cannot be reached or is too slow fails the look-up for now; the connection is tried again by itself.
 */
import { once } from 'node:events';
import type { createClient } from 'redis';
import type { Complaint } from '../settings/complaint.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { readOptions } from './options-file.ts';
import type { SourceFile } from './source-file.ts';
import { type Found, LookupFailure } from './table.ts';

const MAX_WAITING = 1000;
const MAX_RECONNECT_MS = 3000;
const SCHEME = /^(?:redis|rediss|valkey|valkeys):\/\//;

interface Config {
  readonly uri: string;
  readonly prefix: string;
}

type Client = ReturnType<typeof createClient>;

export class RedisTable implements Lookup {
  readonly #context: KindContext;
  readonly #fixed: Config | undefined;
  readonly #file: SourceFile<Config | undefined> | undefined;
  #client: Promise<Client> | undefined;
  #inFlight = 0;

  constructor(name: string, context: KindContext) {
    this.#context = context;
    const { table, source, files } = context;
    if (name.startsWith('//')) this.#fixed = parseUri(`redis:${name}`);
    else this.#file = files.open(name, { table, source, onChange: () => this.#forget() }, readConfig);
  }

  get loading(): Promise<void> | undefined {
    return this.#file?.loading;
  }

  async find(key: string): Promise<Found | undefined> {
    const config = this.#fixed ?? this.#file?.content;
    const { table, source } = this.#context;
    if (!config) throw new LookupFailure(table, 'the options make no table', 'config');
    if (this.#inFlight >= MAX_WAITING)
      throw this.#failure(key, `more than ${MAX_WAITING} look-ups are waiting`);
    this.#inFlight += 1;
    try {
      const value = await this.#beforeDeadline(this.#get(config, key));
      return value === null ? undefined : { value, source };
    } catch (error) {
      throw this.#failure(key, (error as Error).message);
    } finally {
      this.#inFlight -= 1;
    }
  }

  complaints(): readonly Complaint[] {
    return this.#file?.complaints() ?? [];
  }

  close(): void {
    if (this.#file) this.#context.files.close(this.#file);
    this.#forget();
  }

  async #get(config: Config, key: string): Promise<string | null> {
    this.#client ??= connect(config.uri);
    const client = await this.#client;
    if (!client.isReady)
      await once(client, 'ready', { signal: AbortSignal.timeout(this.#context.deadlineMs) });
    return client.get(config.prefix + key);
  }

  async #beforeDeadline<T>(work: Promise<T>): Promise<T> {
    const { deadlineMs } = this.#context;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no reply within ${deadlineMs / 1000} s`)), deadlineMs);
    });
    work.catch(() => {}); // what fails after the deadline has been answered already
    return Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  #forget(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.then((one) => one.destroy()).catch(() => {});
  }

  #failure(key: string, problem: string): LookupFailure {
    return new LookupFailure(`${this.#context.table} lookup error for ${quoted(key)}`, problem);
  }
}

/** A client that connects in the background and never gives up. */
async function connect(url: string): Promise<Client> {
  const { default: redis } = await import('redis'); // CommonJS, of which a bundle has nothing else
  const client = redis.createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    socket: { reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, MAX_RECONNECT_MS) },
  }) as unknown as Client;
  client.on('error', () => {}); // each look-up says by itself what it misses
  client.connect().catch(() => {});
  return client;
}

/** Throws BadTableName. */
function parseUri(uri: string): Config {
  if (!URL.canParse(uri))
    throw new BadTableName('not a URI', 'write redis://host:port/number?prefix=text', 'config');
  const url = new URL(uri.replace(/^valkey/, 'redis'));
  const prefix = url.searchParams.get('prefix') ?? '';
  url.search = '';
  if (!/^\/?\d*$/.test(url.pathname)) {
    throw new BadTableName(
      `"${url.pathname.slice(1)}" is not a database number`,
      'write redis://host:port/0?prefix=text',
      'config',
    );
  }
  return { uri: url.href, prefix };
}

// biome-ignore lint/correctness/useYield: small enough to be read in one go.
function* readConfig(bytes: Buffer, complaints: FileComplaints): Generator<void, Config | undefined> {
  const options = readOptions(bytes, complaints, ['uri', 'prefix']);
  const uri = options.get('uri') ?? '';
  if (!SCHEME.test(uri)) {
    complaints.broken(
      options.lineOf('uri'),
      'there is no redis:// in uri',
      'write uri = redis://host:port/0',
    );
    return undefined;
  }
  try {
    const config = parseUri(uri);
    return { uri: config.uri, prefix: options.get('prefix') ?? config.prefix };
  } catch (error) {
    if (!(error instanceof BadTableName)) throw error;
    complaints.broken(options.lineOf('uri'), `uri: ${error.message}`, error.remedy);
    return undefined;
  }
}

export const redisKinds: readonly Kind[] = [
  {
    type: 'redis',
    nameIs: '//host:port/number?prefix=text, or /file/name of the options',
    wholeKeysOnly: false,
    open: (name, context) => new RedisTable(name, context),
    sentence: 'Strings in a Redis or Valkey server.',
  },
];
