/** The tests before the greeting, from the settings of a postscreen line: server/screen.ts. */
import { shownName } from '../dns/list-score.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { PassedClients } from '../memory/passed-clients.ts';
import { ClientAccessList } from '../restrictions/client-access-list.ts';
import { ClientLimiter } from '../server/client-limits.ts';
import { Places } from '../server/places.ts';
import type { GreetTest, ListsTest, Rule, ScreenOptions } from '../server/screen-options.ts';
import type { StressedSettings } from '../settings/services.ts';
import type { Settings } from '../settings/settings.ts';
import { LookupFailure } from '../tables/table.ts';
import { assembleDnsblScore } from './dnsbl-score.ts';
import { Openers } from './openers.ts';
import type { Shared } from './service.ts';

export function assembleScreen(
  name: string,
  { settings, stressed }: StressedSettings,
  shared: Shared,
): ScreenOptions {
  const { log, counters, complain, tables } = shared;
  const openers = new Openers(tables, settings);
  const access = new ClientAccessList(settings.tokens('postscreen_access_list'), {
    ...{ name: 'postscreen_access_list', log, complain },
    mynetworks: openers.list('mynetworks', 'network'),
    openTable: (spec, source) => tables.open(spec, source),
  });
  return {
    log,
    softBounce: settings.soft_bounce,
    words: settings.respectful_logging ? { allow: 'ALLOW', deny: 'DENY' } : { allow: 'WHITE', deny: 'BLACK' },
    opinionOf: (address) => access.opinionOf(address),
    deny: rule(settings, 'postscreen_denylist_action'),
    ...ownAddresses(openers),
    passed: new PassedClients(shared.store, settings.postscreen_cache_retention_time),
    waitMs: { calm: settings.postscreen_greet_wait, stress: stressed.postscreen_greet_wait },
    greet: greetTest(settings),
    lists: listsTest(openers, shared),
    places: new Places(counters, `postscreen ${name}`, settings.postscreen_pre_queue_limit),
    perClient: connectionLimit(name, settings, shared),
  };
}

function rule(
  settings: Settings,
  name: 'postscreen_denylist_action' | 'postscreen_greet_action' | 'postscreen_dnsbl_action',
): Rule {
  return { action: settings[name], source: settings.sourceOf(name) };
}

function greetTest(settings: Settings): GreetTest | undefined {
  const { postscreen_greet_banner: banner, postscreen_greet_ttl: ttlMs } = settings;
  return banner === '' ? undefined : { banner, ttlMs, rule: rule(settings, 'postscreen_greet_action') };
}

function listsTest(openers: Openers, { lists, complain }: Shared): ListsTest | undefined {
  const { settings } = openers;
  const score = assembleDnsblScore(settings, lists, complain);
  if (score.isEmpty) return undefined;
  const names = openers.maps('postscreen_dnsbl_reply_map');
  return {
    score,
    rule: rule(settings, 'postscreen_dnsbl_action'),
    threshold: settings.postscreen_dnsbl_threshold,
    allowThreshold: settings.postscreen_dnsbl_allowlist_threshold,
    minTtlMs: settings.postscreen_dnsbl_min_ttl,
    maxTtlMs: settings.postscreen_dnsbl_max_ttl,
    nameOf: (found) => shownName(found, names).catch(() => found.top?.shown ?? ''),
  };
}

/** At which of our addresses newcomers may pass; at none when that cannot be known. `Postfix: psc_allist_if`. */
function ownAddresses(openers: Openers): Pick<ScreenOptions, 'mayPassAt' | 'interfacesSource'> {
  const interfaces = openers.list('postscreen_allowlist_interfaces', 'network');
  const nowhere = (error: unknown): false => {
    if (error instanceof LookupFailure) return false;
    throw error;
  };
  return {
    interfacesSource: openers.settings.sourceOf('postscreen_allowlist_interfaces'),
    mayPassAt(address): MaybePromise<boolean> {
      try {
        const found = interfaces.has({ name: 'unknown', address });
        return isPromise(found) ? found.catch(nowhere) : found;
      } catch (error) {
        return nowhere(error);
      }
    },
  };
}

function connectionLimit(name: string, settings: Settings, { counters }: Shared): ClientLimiter {
  return new ClientLimiter({
    service: `postscreen ${name}`,
    counters,
    concurrency: settings.postscreen_client_connection_count_limit,
    rates: { connection: 0, mail: 0, recipient: 0, auth: 0, tls: 0 },
    exceptions: { has: () => false },
    ipv4PrefixBits: 32,
    ipv6PrefixBits: 128,
  });
}
