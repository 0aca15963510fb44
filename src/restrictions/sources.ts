/** What restrictions may ask: the facts of the rooms below, handed over once by main.ts. Each takes only what it needs. */
import type { AddressResolver } from '../addresses/resolver.ts';
import type { Dns } from '../dns/dns.ts';
import type { DnsLists } from '../dns/dns-lists.ts';
import type { ListScore } from '../dns/list-score.ts';
import type { Address } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';
import type { PolicyService } from '../policy/policy-service.ts';
import type { Log } from '../record/log.ts';
import type { MailSpf } from '../sender-auth/mail-spf.ts';
import type { Table } from '../tables/table.ts';
import type { AccessResults } from './access-result.ts';
import type { MemorySources } from './memory-sources.ts';
import type { Question } from './question.ts';
import type { ReplyCodes } from './reply-codes.ts';
import type { Answer } from './restriction.ts';

/** A list of networks and host names, such as mynetworks. */
export interface HostList {
  has(host: { readonly name: string; readonly address: string }): MaybePromise<boolean>;
}

/** A table of addresses asked the way of recipient tables: full address, without extension, @domain, ... */
export interface AddressTable {
  find(address: Address): MaybePromise<string | undefined>;
}

/** What answers for check_policy_service: a service, or a check of our own in its place. */
export type PolicyTarget = { readonly service: PolicyService } | { readonly builtIn: 'spf' };

export interface Sources {
  readonly codes: ReplyCodes;
  readonly log: Log;
  readonly dns: Dns;
  readonly addresses: Pick<AddressResolver, 'resolve'>;
  readonly spf: Pick<MailSpf, 'of'>;
  /** When Received-SPF is written: by the restriction that asks, later with the other results, or not at all. */
  readonly spfField: 'here' | 'later' | 'never';
  readonly memory: MemorySources;
  readonly access: AccessResults;
  openTable(spec: string, source: Source): Table;
  /** A table of rates, for check_*_rate. */
  openRates(spec: string, source: Source): Table;
  /** How check_*_access looks for parent domains. `Postfix: parent_domain_matches_subdomains`. */
  readonly parentStyle: 'parent' | 'dot';
  readonly recipientDelimiter: string;
  /** `Postfix: smtpd_null_access_lookup_key`. */
  readonly nullSenderKey: string;
  readonly mynetworks: HostList;
  readonly permitMxBackupNetworks: HostList | undefined;
  /** One of our own addresses, or of a proxy in front of us. */
  isOwnAddress(address: string): boolean;
  /** A host name that stands for this machine. */
  isOwnHost(name: string): MaybePromise<boolean>;
  /** A client named in relay_domains. */
  isRelayClient(name: string): MaybePromise<boolean>;
  readonly lists: Pick<DnsLists, 'zone' | 'mentioned' | 'whyDead'>;
  readonly rblReplyMaps: Table | undefined;
  readonly defaultRblReply: string;
  expandReply(template: string, q: Question, more: Readonly<Record<string, string>>): string;
  readonly mapsRblDomains: readonly string[];
  /** postscreen_dnsbl_sites, postscreen_dnsbl_reply_map */
  readonly dnsblScore: ListScore;
  readonly dnsblReplyMap: Table | undefined;
  /** The text of any parameter, also of one that the operator invented. */
  parameter(name: string): { readonly text: string; readonly source: Source } | undefined;
  /** Throws a RangeError that says what is wrong with the name of a policy service. */
  openPolicyService(spec: string, source: Source): PolicyTarget;
  readonly saslEnabled: boolean;
  readonly senderLoginMaps: AddressTable | undefined;
  readonly relayClientCerts: Table | undefined;
  readonly asksClientCertificate: boolean;
  readonly allowUntrustedRouting: boolean;
  /** Most addresses of mail or name servers looked at. `Postfix: dns_rr_list_limit`. */
  readonly serverAddressLimit: number;
  readonly recipientTables: RecipientTables;
  /** In a trial: what a restriction that depends on memory, or on others, said when it was really asked. */
  readonly recorded: ((restriction: string, q: Question) => Answer | undefined) | undefined;
  readonly showUserUnknownTableName: boolean;
}

/** Which recipients exist, by address class; undefined: all. */
export interface RecipientTables {
  /** Addresses that any of these maps rewrites exist. */
  readonly aliases: AddressTable;
  readonly senderAliases: AddressTable;
  readonly local: AddressTable | undefined;
  readonly relay: AddressTable | undefined;
  readonly virtualMailbox: AddressTable | undefined;
  /** `Postfix: receive_override_options = no_unknown_recipient_checks`. */
  readonly unchecked: boolean;
}
