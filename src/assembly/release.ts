/** The way out of held mail, put together for a shell command. */
import type { Quarantine } from '../quarantine/quarantine.ts';
import { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import { Releaser } from '../release.ts';
import type { Configuration } from '../settings/configuration.ts';
import { WayOutDesk } from './way-out-desk.ts';

export class ReleaseDesk {
  readonly #desk: WayOutDesk;
  readonly #journal: Journal;

  constructor(configuration: Configuration, quarantine: Quarantine, log: Log) {
    this.#desk = new WayOutDesk(configuration, quarantine, log);
    this.#journal = new Journal(log, undefined);
  }

  /** Delivers as the service of this name does; undefined: there is none. */
  async releaser(service: string): Promise<Releaser | undefined> {
    const way = await this.#desk.open(service);
    if (!way) return undefined;
    const { carrier, addresses } = way;
    return new Releaser({ carrier, mapper: addresses.mapper, journal: this.#journal });
  }

  close(): Promise<void> {
    return this.#desk.close();
  }
}
