/** Where the mail of a service goes, from its settings: next hops, quarantine, addresses as they are rewritten on the way. */

import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Log } from '../record/log.ts';
import type { Carrier } from '../relay/carrier.ts';
import { Dispatcher } from '../relay/dispatcher.ts';
import { DryCarrier } from '../relay/dry-carrier.ts';
import { HopFinder } from '../relay/hop-finder.ts';
import type { Relay } from '../relay/relay.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import { type AddressParts, assembleAddresses } from './addresses.ts';
import { assembleNextHops, type NextHopParts } from './next-hops.ts';
import { Openers } from './openers.ts';
import { hold } from './quarantine.ts';
import type { World } from './world.ts';

export interface WayOutNeeds {
  readonly relay: Relay;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly complain: Complain;
  readonly world?: World | undefined;
}

export interface WayOut {
  readonly addresses: AddressParts;
  readonly hops: NextHopParts;
  readonly carrier: Carrier;
}

/** `cleanup`: for what is done to the mail itself. */
export function assembleWayOut(
  configuration: Configuration,
  openers: Openers,
  needs: WayOutNeeds,
  cleanup = openers,
): WayOut {
  const { relay, quarantine, log, complain } = needs;
  const addresses = assembleAddresses(openers, cleanup);
  const hops = assembleNextHops(
    configuration,
    openers,
    (other) => new Openers(openers.tables, other),
    complain,
  );
  const finder = new HopFinder({ ...hops, resolver: addresses.resolver });
  if (needs.world) return { addresses, hops, carrier: new DryCarrier(finder) };
  const carrier = new Dispatcher({
    relay,
    hops: finder,
    early: openers.settings.announce_recipients_early,
    keepsOriginals: cleanup.settings.enable_original_recipient,
    quarantine: hold(quarantine),
    log,
  });
  return { addresses, hops, carrier };
}
