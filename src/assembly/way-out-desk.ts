/** The ways out of a configuration's services, put together for a shell command: only what a delivery needs. */
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Log } from '../record/log.ts';
import { ComplaintBook } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import { Openers } from './openers.ts';
import { assembleSources } from './sources.ts';
import { assembleWayOut, type WayOut } from './way-out.ts';

export class WayOutDesk {
  readonly #configuration: Configuration;
  readonly #log: Log;
  readonly #quarantine: Quarantine;
  readonly #sources: ReturnType<typeof assembleSources>;
  readonly #opened = new Map<string, WayOut>();

  constructor(configuration: Configuration, quarantine: Quarantine, log: Log) {
    this.#configuration = configuration;
    this.#quarantine = quarantine;
    this.#log = log;
    this.#sources = assembleSources(configuration, { log, ledger: undefined });
  }

  /** The way out of the service of this name; undefined: there is none. */
  async open(service: string): Promise<WayOut | undefined> {
    const known = this.#opened.get(service);
    if (known) return known;
    const found = this.#configuration.services.find(({ name }) => name === service);
    if (!found) return undefined;
    const { tables, relay } = this.#sources;
    const made = assembleWayOut(this.#configuration, new Openers(tables, found.settings), {
      relay,
      quarantine: this.#quarantine,
      log: this.#log,
      complain: new ComplaintBook().add,
    });
    await tables.ready();
    this.#opened.set(service, made);
    return made;
  }

  async close(): Promise<void> {
    await this.#sources.tables.close();
    await this.#sources.relay.close();
  }
}
