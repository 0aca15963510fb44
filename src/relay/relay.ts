/** The way out of the house: deliveries to next hops, over kept connections. It decides nothing about mails. */
import type { Log } from '../record/log.ts';
import type { Capabilities } from '../smtp/capabilities.ts';
import { BackendDelivery } from './backend-delivery.ts';
import { BackendOpener } from './backend-opener.ts';
import { BackendPool, type PoolLimits } from './backend-pool.ts';
import type { Delivery, Parcel } from './delivery.ts';
import { FixedDelivery } from './fixed-delivery.ts';
import type { HostSources } from './host-candidates.ts';
import type { NextHop } from './next-hop.ts';

export interface RelayOptions extends HostSources {
  readonly log: Log;
  readonly limits?: Partial<PoolLimits>;
}

const defaultLimits: PoolLimits = { perHop: 100, total: 500, slotWaitMs: 30_000, capabilitiesWaitMs: 2_000 };

export class Relay {
  readonly #pool: BackendPool;
  readonly #log: Log;

  constructor(options: RelayOptions) {
    this.#log = options.log;
    const opener = new BackendOpener(options, options.log);
    this.#pool = new BackendPool(opener, { ...defaultLimits, ...options.limits }, options.log);
  }

  /** A mail's way to a next hop; nothing is sent before its first recipient. */
  open(hop: NextHop, mail: Parcel): Delivery {
    if (hop.kind !== 'deliver') return new FixedDelivery(hop, mail.queueId);
    return new BackendDelivery(this.#pool, hop, mail, this.#log);
  }

  /** What the next hop can do, as far as that can be known soon; asks it when nobody has. */
  async capabilities(hop: NextHop): Promise<Capabilities | undefined> {
    return hop.kind === 'deliver' ? this.#pool.capabilities(hop) : undefined;
  }

  /** Opens nothing more; resolves when the last connection is gone. Deliveries that are under way are finished. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}
