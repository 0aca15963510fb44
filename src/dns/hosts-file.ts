/**
 * The hosts file: names and addresses that the operator of this machine has written down. A changed file is seen within
 * seconds; one that cannot be read is an empty one, as the system's own resolver takes it.
 */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { normalAddress } from './reverse-name.ts';

/** So often we look whether it has changed. */
const LOOK_EVERY_MS = 5_000;

interface Contents {
  readonly version: number;
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The first name of an address is its own, the others are aliases. */
  readonly names: ReadonlyMap<string, string>;
}

const NOTHING: Contents = { version: -1, addresses: new Map(), names: new Map() };

export class HostsFile {
  readonly #path: string;
  readonly #now: () => number;
  #contents = NOTHING;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(path = '/etc/hosts', now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  /** Undefined: the name is not there. */
  addressesOf(name: string): readonly string[] | undefined {
    return this.#current().addresses.get(name.toLowerCase().replace(/\.$/, ''));
  }

  nameOf(address: string): string | undefined {
    return this.#current().names.get(normalAddress(address));
  }

  #current(): Contents {
    const now = this.#now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return this.#contents;
    this.#lookedAt = now;
    try {
      const version = statSync(this.#path).mtimeMs;
      if (version !== this.#contents.version) {
        this.#contents = contentsOf(readFileSync(this.#path, 'utf8'), version);
      }
    } catch {
      this.#contents = NOTHING;
    }
    return this.#contents;
  }
}

function contentsOf(text: string, version: number): Contents {
  const addresses = new Map<string, string[]>();
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [written = '', ...own] = line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
    const [first] = own;
    if (isIP(written) === 0 || first === undefined) continue;
    const address = normalAddress(written);
    if (!names.has(address)) names.set(address, first);
    for (const name of own.map((one) => one.toLowerCase())) {
      const known = addresses.get(name);
      if (!known) addresses.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return { version, addresses, names };
}
