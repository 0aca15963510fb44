/** What is offered at EHLO: what the operator allows and the next hop can take. */
import type { NextHop } from '../relay/next-hop.ts';
import type { Relay } from '../relay/relay.ts';
import type { Capabilities } from '../smtp/capabilities.ts';
import type { Openers } from './openers.ts';

/** What the next hop lacks is not offered to clients, so that no mail is taken that it must refuse. */
export function nextHopAbilities(openers: Openers, hop: NextHop | undefined, relay: Relay) {
  const { settings } = openers;
  const own = new Set(settings.smtpd_discard_ehlo_keywords.map((word) => word.toLowerCase()));
  const maps = openers.maps('smtpd_discard_ehlo_keyword_address_maps');
  let capabilities: Capabilities | undefined;
  const learn = async () => {
    if (hop) capabilities = (await relay.capabilities(hop)) ?? capabilities;
  };
  return {
    async discardedKeywords(clientAddress: string): Promise<ReadonlySet<string>> {
      await learn();
      const found = await maps?.find(clientAddress);
      const words = found === undefined ? own : new Set(found.toLowerCase().split(/[\s,]+/));
      return capabilities ? new Set([...words, ...lacking(capabilities)]) : words;
    },
    nextHopSizeLimit: () => capabilities?.sizeLimitBytes,
  };
}

function lacking(capabilities: Capabilities): string[] {
  return [
    capabilities.takesEightBit ? '' : '8bitmime',
    capabilities.smtputf8 ? '' : 'smtputf8',
    capabilities.dsn ? '' : 'dsn',
  ].filter((word) => word !== '');
}
