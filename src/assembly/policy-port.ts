/** A listener of kind `policy`, from its settings: the judges of a service without content and next hop. */
import { PolicyDesk } from '../policy-desk.ts';
import { Places } from '../server/places.ts';
import type { PolicyListenerOptions } from '../server/policy-listener.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Service } from '../settings/services.ts';
import type { Settings } from '../settings/settings.ts';
import { assembleMemory } from './memory.ts';
import { Openers } from './openers.ts';
import { assembleBench } from './restrictions.ts';
import { assembleSenderAuth } from './sender-auth.ts';
import type { Shared } from './service.ts';
import { assembleWayOut } from './way-out.ts';

export function assemblePolicyPort(
  configuration: Configuration,
  { name, settings, maxConnections }: Service,
  shared: Shared,
): PolicyListenerOptions {
  const { log, journal, counters } = shared;
  const openers = new Openers(shared.tables, settings);
  const { addresses, hops } = assembleWayOut(configuration, openers, shared);
  const { spf, signers } = assembleSenderAuth(openers, shared);
  const memory = assembleMemory(openers, { ...shared, addresses, hops, spf, signers });
  const bench = assembleBench({ ...shared, openers, addresses, spf, memory, purpose: 'advice' });
  complainOfRelayList(configuration, settings, shared.complain);
  const clients = openers.list('policy_authorized_clients', 'network');
  return {
    name,
    desk: new PolicyDesk({ bench, softBounce: settings.soft_bounce, journal, log }),
    log,
    requestTimeoutMs: settings.smtpd_timeout,
    mayAsk: (address) => clients.has({ name: 'unknown', address }),
    places: new Places(counters, name, maxConnections),
  };
}

const RELAY_LIST = 'smtpd_relay_restrictions';

/** Somebody has written one for this service alone. */
function complainOfRelayList(configuration: Configuration, settings: Settings, complain: Complain): void {
  if (settings.text(RELAY_LIST) === configuration.settings.text(RELAY_LIST)) return;
  complain({
    source: settings.sourceOf(RELAY_LIST),
    severity: 'warning',
    problem: `${RELAY_LIST} is not asked by a policy service`,
    remedy:
      'the server that asks knows who may relay; write other restrictions into smtpd_recipient_restrictions',
  });
}
