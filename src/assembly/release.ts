/** The way out of held mail, put together for a shell command: only what a delivery needs. */
import type { Quarantine } from '../quarantine/quarantine.ts';
import { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import { Releaser } from '../release.ts';
import { ComplaintBook } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import { Openers } from './openers.ts';
import { assembleSources } from './sources.ts';
import { assembleWayOut } from './way-out.ts';

export class ReleaseDesk {
  readonly #configuration: Configuration;
  readonly #log: Log;
  readonly #quarantine: Quarantine;
  readonly #sources: ReturnType<typeof assembleSources>;
  readonly #releasers = new Map<string, Releaser>();

  constructor(configuration: Configuration, quarantine: Quarantine, log: Log) {
    this.#configuration = configuration;
    this.#quarantine = quarantine;
    this.#log = log;
    this.#sources = assembleSources(configuration, { log, ledger: undefined });
  }

  /** Delivers as the service of this name does; undefined: there is none. */
  async releaser(service: string): Promise<Releaser | undefined> {
    const known = this.#releasers.get(service);
    if (known) return known;
    const found = this.#configuration.services.find(({ name }) => name === service);
    if (!found) return undefined;
    const { tables, relay } = this.#sources;
    const book = new ComplaintBook();
    const { carrier, addresses } = assembleWayOut(this.#configuration, new Openers(tables, found.settings), {
      relay,
      quarantine: this.#quarantine,
      log: this.#log,
      complain: book.add,
    });
    await tables.ready();
    const journal = new Journal(this.#log, undefined);
    const made = new Releaser({ carrier, mapper: addresses.mapper, journal });
    this.#releasers.set(service, made);
    return made;
  }

  async close(): Promise<void> {
    await this.#sources.tables.close();
    await this.#sources.relay.close();
  }
}
