/**
 * Answers of DNS lists that are no listings but say: I do not answer you. Postfix takes them for listings, and then all
 * mail is refused. THE table of such codes; a list that gives one is out of service until it answers again.
 */
import { AddressPattern } from './list-query.ts';

interface RefusalRow {
  /** The list and those below it; undefined: any list. */
  readonly zones?: readonly string[];
  readonly codes: string;
  /** What the operator should know. */
  readonly meaning: string;
  /** Where it is documented. */
  readonly source: string;
}

export const refusalRows: readonly RefusalRow[] = [
  {
    codes: '127.255.255.252',
    meaning: 'the name of the list has a typing error',
    source: 'spamhaus.org/news/article/788, "DNSBL return codes: technical update"',
  },
  {
    codes: '127.255.255.254',
    meaning: 'it does not answer public or open resolvers; see dns_servers',
    source: 'spamhaus.org/news/article/788, "DNSBL return codes: technical update"',
  },
  {
    codes: '127.255.255.255',
    meaning: 'there were too many queries, or this resolver is not registered',
    source: 'spamhaus.org/news/article/788; Validity uses it for its lists, too',
  },
  {
    codes: '127.255.255.[0..253]',
    meaning: 'it does not answer this resolver',
    source: 'spamhaus.org: the network 127.255.255.0/24 is for errors',
  },
  {
    zones: ['dbl.spamhaus.org', 'dbl.dq.spamhaus.net'],
    codes: '127.0.1.255',
    meaning: 'it lists domains and was asked about an address',
    source: 'spamhaus.org, "Domain Blocklist: return codes"',
  },
  {
    zones: ['zrd.spamhaus.org', 'zrd.dq.spamhaus.net'],
    codes: '127.0.2.255',
    meaning: 'it lists domains and was asked about an address',
    source: 'docs.spamhaus.com, "Zero Reputation Domains: return codes"',
  },
  {
    zones: ['surbl.org', 'uribl.com'],
    codes: '127.0.0.1',
    meaning: 'it does not answer this resolver',
    source: 'uribl.com/refused.shtml; surbl.org, "Implementation guidelines"',
  },
  {
    zones: ['dnswl.org'],
    codes: '127.0.0.255',
    meaning: 'there were too many queries, or this resolver is not registered',
    source: 'dnswl.org, "Am I Blocked?"; rspamd rbl.conf, DNSWL_BLOCKED',
  },
];

const rows = refusalRows.map((row) => ({ ...row, pattern: new AddressPattern(row.codes) }));

/** Why an answer of a list is a refusal to answer; undefined when it is an answer. */
export function refusalMeaning(zone: string, addresses: readonly string[]): string | undefined {
  for (const { zones, pattern, meaning } of rows) {
    if (zones && !zones.some((one) => isWithin(zone, one))) continue;
    if (addresses.some((address) => pattern.matches(address))) return meaning;
  }
  return undefined;
}

/** Whether a domain is another one or below it. */
export function isWithin(domain: string, other: string): boolean {
  const name = domain.toLowerCase();
  return name === other || name.endsWith(`.${other}`);
}
