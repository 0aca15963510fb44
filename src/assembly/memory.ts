/**
 * What the gateway remembers, from settings. Parameters: state_store, greylist_*, correspondent_lifetime, address_verify_*,
 * unverified_*. The store is opened once for each process; what asks it is made for each service.
 */

import type { Address } from '../mail/address.ts';
import { Correspondents } from '../memory/correspondents.ts';
import { Greylist } from '../memory/greylist.ts';
import { Identities, type Sighting } from '../memory/identities.ts';
import type { KnownSigners } from '../memory/known-signers.ts';
import { MapStore } from '../memory/map-store.ts';
import { openStore } from '../memory/open-store.ts';
import { RateLimiter } from '../memory/rate-limiter.ts';
import type { Store } from '../memory/store.ts';
import { parseStoreAddress, StoreAddressError } from '../memory/store-address.ts';
import type { Log } from '../record/log.ts';
import type { Greylisting, MemorySources, UnverifiedReplies } from '../restrictions/memory-sources.ts';
import type { MailSpf } from '../sender-auth/mail-spf.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Settings } from '../settings/settings.ts';
import { assembleCallouts, type CalloutNeeds } from './callout.ts';
import type { Openers } from './openers.ts';
import type { World } from './world.ts';

/** The store of a process. `housekeeping`: it lasts, and may look after a database file. */
export function assembleStore(
  settings: Settings,
  log: Log,
  complain: Complain,
  housekeeping: boolean,
): Store {
  try {
    return openStore(parseStoreAddress(settings.state_store), log, housekeeping);
  } catch (error) {
    if (!(error instanceof StoreAddressError)) throw error;
    const [problem = '', remedy = ''] = error.message.split('; ', 2);
    complain({
      source: settings.sourceOf('state_store'),
      severity: 'error',
      problem: `state_store: ${problem}`,
      remedy,
    });
    return new MapStore();
  }
}

export interface MemoryNeeds extends Omit<CalloutNeeds, 'openers'> {
  readonly spf: Pick<MailSpf, 'of'>;
  readonly signers: Pick<KnownSigners, 'find'>;
}

export interface MemoryParts extends MemorySources {
  readonly correspondents: Correspondents;
  isProbeSender(recipient: Address): boolean;
}

export function assembleMemory(openers: Openers, needs: MemoryNeeds): MemoryParts {
  const { settings } = openers;
  const { store, spf, signers } = needs;
  const prefixBits = { ipv4: settings.greylist_ipv4_prefix, ipv6: settings.greylist_ipv6_prefix };
  const { sender, ...callouts } = assembleCallouts({ ...needs, openers });
  return {
    isProbeSender: (recipient) => sender.isOurs(recipient),
    identities: new Identities({
      by: settings.greylist_key,
      prefixBits,
      signers,
      spfDomain: (sighting) => spfDomain(sighting, spf),
    }),
    correspondents: new Correspondents({ store, lifetimeMs: settings.correspondent_lifetime }),
    greylisting: greylisting(openers, store, needs.world),
    rates: {
      limiter: new RateLimiter(store),
      clientExceptions: openers.list('smtpd_client_event_limit_exceptions', 'network'),
      prefixBits: {
        ipv4: settings.smtpd_client_ipv4_prefix_length,
        ipv6: settings.smtpd_client_ipv6_prefix_length,
      },
    },
    verification: {
      ...callouts,
      replies: { sender: repliesTo(settings, 'sender'), recipient: repliesTo(settings, 'recipient') },
    },
  };
}

function greylisting(openers: Openers, store: Store, world: World | undefined): Greylisting {
  const { settings } = openers;
  return {
    list: new Greylist({
      store,
      delayMs: settings.greylist_delay,
      retryWindowMs: settings.greylist_retry_window,
      lifetimeMs: settings.greylist_lifetime,
      autoWhitelistAfter: settings.greylist_auto_whitelist_clients,
      ...(world?.now && { now: world.now }),
    }),
    whitelist: openers.maps('greylist_whitelist'),
    message: settings.greylist_message,
    training: settings.greylist_training,
    failureAction: settings.greylist_failure_action,
    by: `portcullis at ${settings.myhostname}`,
  };
}

/** What a domain has written itself and what lets anybody pass prove nothing of who sends. */
async function spfDomain(
  { session, sender, envelope }: Sighting,
  spf: Pick<MailSpf, 'of'>,
): Promise<string | undefined> {
  try {
    const checked = await spf.of(session, sender, envelope);
    const { result, domain, guessed, mechanism = '' } = checked?.result ?? {};
    const isProof = result === 'pass' && !guessed && !/^\+?all$/i.test(mechanism);
    return isProof ? domain : undefined;
  } catch {
    return undefined; // a table of forwarders that does not answer proves nothing
  }
}

function repliesTo(settings: Settings, party: 'sender' | 'recipient'): UnverifiedReplies {
  return {
    rejectCode: settings[`unverified_${party}_reject_code`],
    deferCode: settings[`unverified_${party}_defer_code`],
    rejectReason: settings[`unverified_${party}_reject_reason`],
    tempfailAction: settings[`unverified_${party}_tempfail_action`],
  };
}
