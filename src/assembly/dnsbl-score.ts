/** The weighted DNS lists of a service, from settings. Parameters: postscreen_dnsbl_sites, postscreen_dnsbl_timeout. */
import { DEAD_REMEDY } from '../dns/dead-lists.ts';
import type { DnsLists } from '../dns/dns-lists.ts';
import { withoutListKeys } from '../dns/list-key.ts';
import { ListScore, parseWeightedList, type WeightedList } from '../dns/list-score.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Settings } from '../settings/settings.ts';
import type { Token } from '../settings/tokens.ts';

/** What cannot be read is left out, with a complaint. */
export function assembleDnsblScore(settings: Settings, lists: DnsLists, complain: Complain): ListScore {
  const rows = settings
    .tokens('postscreen_dnsbl_sites')
    .flatMap((token) => readSite(token, lists, complain) ?? []);
  return new ListScore(rows, lists, settings.postscreen_dnsbl_timeout);
}

function readSite({ text, source }: Token, lists: DnsLists, complain: Complain): WeightedList | undefined {
  try {
    const row = parseWeightedList(text);
    lists.mentioned(row.list.zone, source);
    const problem = lists.whyDead(row.list.zone);
    if (problem !== undefined) complain({ source, severity: 'warning', problem, remedy: DEAD_REMEDY });
    return row;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const problem = withoutListKeys(`postscreen_dnsbl_sites: ${error.message}`);
    complain({ source, severity: 'error', problem, remedy: 'write domain=filter*weight' });
    return undefined;
  }
}
