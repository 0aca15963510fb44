/**
 * Address verification of a service, from settings: where probes go (address_verify_*transport*, address_verify_relayhost),
 * who sends them (address_verify_sender), how long results are kept, how often strangers are asked
 * (address_verify_host_rate_limit, address_verify_host_pause), and who is not asked about (address_verify_exceptions,
 * address_verify_skip_proven_senders).
 */
import { AliasError } from '../addresses/mapper.ts';
import { rewriteAddress } from '../addresses/rewrite.ts';
import { withCatchAll } from '../callout/catch-all.ts';
import { ProbeSender } from '../callout/probe-sender.ts';
import { Prober } from '../callout/prober.ts';
import { TargetBudget } from '../callout/target-budget.ts';
import type { Dns } from '../dns/dns.ts';
import type { Address } from '../mail/address.ts';
import { AddressVerifier, type ProbeResult } from '../memory/address-verify.ts';
import type { Store } from '../memory/store.ts';
import { hopForDomain, type NextHop } from '../relay/next-hop.ts';
import { RouteError } from '../relay/route.ts';
import type { Verification } from '../restrictions/memory-sources.ts';
import { LookupFailure } from '../tables/table.ts';
import { type AddressParts, rewriteRules } from './addresses.ts';
import type { NextHopParts } from './next-hops.ts';
import type { Openers } from './openers.ts';
import type { World } from './world.ts';

export interface CalloutNeeds {
  readonly openers: Openers;
  readonly store: Store;
  readonly dns: Dns;
  readonly addresses: AddressParts;
  readonly hops: NextHopParts;
  readonly world: World | undefined;
}

export interface CalloutParts extends Omit<Verification, 'replies'> {
  readonly sender: ProbeSender;
}

/** Addresses that one may stand for. */
const MOST_TARGETS = 10;
/** How long it is believed that a domain takes mail for any address. */
const CATCH_ALL_MS = 24 * 3_600_000;

export function assembleCallouts(needs: CalloutNeeds): CalloutParts {
  const { openers, store } = needs;
  const { settings } = openers;
  const sender = probeSender(openers);
  const probe = assembleProbe(needs, sender);
  const verifier = new AddressVerifier({
    store,
    probe: settings.address_verify_catch_all_probe
      ? withCatchAll(probe, { store, keptMs: CATCH_ALL_MS })
      : probe,
    positive: {
      expireMs: settings.address_verify_positive_expire_time,
      refreshMs: settings.address_verify_positive_refresh_time,
    },
    negative: {
      expireMs: settings.address_verify_negative_expire_time,
      refreshMs: settings.address_verify_negative_refresh_time,
    },
    negativeCache: settings.address_verify_negative_cache,
    pendingLimit: settings.address_verify_pending_request_limit,
    waitMs: (settings.address_verify_poll_count - 1) * settings.address_verify_poll_delay,
  });
  return {
    sender,
    status: (address) => verifier.status(address),
    exceptions: openers.maps('address_verify_exceptions'),
    skipProvenSenders: settings.address_verify_skip_proven_senders,
  };
}

function probeSender({ settings }: Openers): ProbeSender {
  const rules = rewriteRules(settings);
  return new ProbeSender({
    text: settings.address_verify_sender,
    ttlMs: settings.address_verify_sender_ttl,
    complete: (of) => rewriteAddress(of, rules),
  });
}

/** Asks about an address where mail for it would go. */
function assembleProbe(needs: CalloutNeeds, sender: ProbeSender): (address: Address) => Promise<ProbeResult> {
  const { openers, store, dns, addresses, world } = needs;
  if (world?.asksOthers === false) return async () => NOT_ASKED;
  const { settings } = openers;
  const budget = new TargetBudget({
    store,
    perMinute: settings.address_verify_host_rate_limit,
    pauseMs: settings.address_verify_host_pause,
  });
  const prober = new Prober({
    dns,
    sources: { isOwnAddress: (address) => addresses.isOwnAddress(address) },
    budget,
    target: settings.smtp_address_verify_target,
    sender: () => sender.current(),
  });
  return async (address) => {
    try {
      const targets = await addresses.mapper.recipients(address);
      const results: ProbeResult[] = [];
      for (const target of targets.slice(0, MOST_TARGETS)) {
        const route = await routeOf(target, sender.current(), needs);
        const result = await prober.probe(route.hop, target, route.isForeign);
        if (result.kind === 'deliverable') return result;
        results.push(result);
      }
      return results.find(({ kind }) => kind === 'unknown') ?? results[0] ?? UNROUTED;
    } catch (error) {
      return failureOf(error);
    }
  };
}

const NOT_ASKED: ProbeResult = { kind: 'unknown', text: 'nobody is asked in a trial', passing: true };
const UNROUTED: ProbeResult = { kind: 'unknown', text: 'mail for the address goes nowhere', passing: true };

/** The next hop of a probe; where Postfix would deliver by itself, it is where the gateway hands mail on. */
async function routeOf(
  target: Address,
  sender: Address,
  { addresses, hops, openers }: CalloutNeeds,
): Promise<{ hop: NextHop; isForeign: boolean }> {
  const { transport, nexthop, address, class: klass } = await addresses.probeResolver.resolve(target, sender);
  if (klass === 'local' && address.local === openers.settings.double_bounce_sender.toLowerCase())
    return {
      hop: { kind: 'discard', text: '', why: 'it is where bounces of bounces end' },
      isForeign: false,
    };
  try {
    const hop = hopForDomain(hops.parseHop(`${transport}:${nexthop}`), address.domain);
    const [destination] = hop.kind === 'deliver' ? hop.destinations : [];
    const isForeign = destination?.kind === 'host' && destination.mx && nexthop === address.domain;
    return { hop, isForeign };
  } catch (error) {
    const usual = hops.proxyFilter ?? hops.contentFilter;
    if (!(error instanceof RouteError) || !usual) throw error;
    return { hop: hopForDomain(usual, address.domain), isForeign: false };
  }
}

/** A bug goes on. */
function failureOf(error: unknown): ProbeResult {
  if (error instanceof LookupFailure)
    return { kind: 'unknown', text: 'Temporary lookup failure', passing: true };
  if (error instanceof RouteError || error instanceof AliasError)
    return { kind: 'unknown', text: error.message, passing: true };
  throw error;
}
