/**
 * THE table of restrictions: name, argument, one sentence, and how it is made. The compiler of main.cf, `check`, `list`
 * and the manual read it. A new restriction is one row, one function, one table of cases.
 */
import { parseDnsList } from '../dns/list-query.ts';
import type { Source } from '../mail/source.ts';
import type { RateParty } from '../memory/rate-limiter.ts';
import {
  AccessTable,
  checkAddressAccess,
  checkCcertAccess,
  checkClientAccess,
  checkEtrnAccess,
  checkHeloAccess,
  checkReverseClientAccess,
  checkSaslAccess,
} from './access.ts';
import { rejectNonFqdnAddress, rejectUnknownDomain, rejectUnlisted } from './address.ts';
import {
  deferAll,
  deferIf,
  pause,
  permitAll,
  rejectAll,
  rejectMultiRecipientBounce,
  rejectPlaintextSession,
  rejectUnauthPipelining,
} from './basic.ts';
import {
  permitInetInterfaces,
  permitMynetworks,
  permitSaslAuthenticated,
  permitTlsClientCerts,
  rejectAuthenticatedMismatch,
  rejectKnownMismatch,
  rejectUnauthenticatedMismatch,
  rejectUnknownClient,
  rejectUnknownReverseClient,
} from './client.ts';
import { checkAccess } from './composite-access.ts';
import { permitCorrespondent } from './correspondent.ts';
import { permitAuthDestination, rejectUnauthDestination } from './destination.ts';
import { LISTED, permitListed, rejectListed } from './dns-lists.ts';
import { rejectDnsblScore } from './dnsbl-score.ts';
import { checkGreylist } from './greylist.ts';
import { rejectInvalidHelo, rejectNonFqdnHelo, rejectUnknownHelo } from './helo.ts';
import { checkInlineList, isInlineList, readInlineList } from './inline-lists.ts';
import { permitMxBackup } from './mx-backup.ts';
import { checkRelayDomains, permitNakedIpAddress, rejectMapsRbl } from './old.ts';
import { checkPolicyService } from './policy.ts';
import { checkRate } from './rates.ts';
import type { Judge, Restriction } from './restriction.ts';
import { checkServerAccess, type NameOf, type ServerType } from './server-access.ts';
import type { Sources } from './sources.ts';
import { actAsSpfScript, rejectSpf } from './spf.ts';
import { rejectUnverified } from './verify.ts';

/** What must stand behind the name. */
export type ArgumentKind =
  | 'none'
  | 'table'
  | 'zone'
  | 'seconds'
  | 'number'
  | 'rate'
  | 'key and table'
  | 'service';

export interface Argument {
  readonly text: string;
  readonly source: Source;
  /** What stands before it, of two arguments. */
  readonly key?: string;
}

/** A DNS list that a restriction asks, and where it is named. */
export interface NamedZone {
  readonly zone: string;
  readonly source: Source;
}

type Made = Judge | Pick<Restriction, 'judge' | 'prepare'>;

export interface Row {
  readonly name: string;
  readonly argument: ArgumentKind;
  readonly sentence: string;
  /** Older names that mean the same. */
  readonly formerly?: readonly string[];
  /** The DNS lists that it will ask. May throw RangeError, too. */
  zones?(sources: Sources, argument: Argument): readonly NamedZone[];
  /** Throws RangeError when the argument makes no sense. */
  make(sources: Sources, argument: Argument): Made;
}

const simple = (
  name: string,
  sentence: string,
  make: (sources: Sources) => Made,
  formerly?: string[],
): Row => ({
  name,
  argument: 'none',
  sentence,
  make,
  ...(formerly ? { formerly } : {}),
});

const table = (
  name: string,
  sentence: string,
  make: (table: AccessTable, sources: Sources) => Judge,
): Row => ({
  name,
  argument: 'table',
  sentence,
  zones(sources, { text }) {
    if (!isInlineList(text)) return [];
    const { list, source } = readInlineList(text, sources);
    return [{ zone: list.zone, source }];
  },
  make: (sources, { text, source }) =>
    isInlineList(text)
      ? checkInlineList(name, text, sources)
      : make(new AccessTable(text, source, sources), sources),
});

const zoneOf: Row['zones'] = (_sources, { text, source }) => [{ zone: parseDnsList(text).zone, source }];

const blockList = (name: string, of: keyof typeof LISTED, sentence: string, formerly?: string[]): Row => ({
  name,
  argument: 'zone',
  sentence,
  zones: zoneOf,
  make: (sources, { text }) => rejectListed(LISTED[of], parseDnsList(text), sources),
  ...(formerly ? { formerly } : {}),
});

const allowList = (name: string, of: keyof typeof LISTED, sentence: string): Row => ({
  name,
  argument: 'zone',
  sentence,
  zones: zoneOf,
  make: (sources, { text }) => permitListed(LISTED[of], parseDnsList(text), sources),
});

const rateLimit = (name: string, party: RateParty, sentence: string): Row => ({
  name,
  argument: 'rate',
  sentence,
  make: (sources, { text, source }) => checkRate(party, text, source, sources),
});

const WHOSE: Record<NameOf, string> = {
  client: "the client's name",
  reverse_client_hostname: "the client's unverified name",
  helo: 'the HELO name',
  sender: "the sender's domain",
  recipient: "the recipient's domain",
};
const WHICH: Record<ServerType, string> = { A: 'addresses', MX: 'mail exchangers', NS: 'name servers' };

/** check_client_a_access and its fourteen kin. */
const serverRows = (Object.keys(WHOSE) as NameOf[]).flatMap((of) =>
  (Object.keys(WHICH) as ServerType[]).map((type) =>
    table(
      `check_${of}_${type.toLowerCase()}_access`,
      `asks a table about the ${WHICH[type]} of ${WHOSE[of]}`,
      (t, s) => checkServerAccess(of, type, t, s),
    ),
  ),
);

export const catalogue: readonly Row[] = [
  simple('permit', 'accepts; what follows is not asked', () => permitAll),
  simple('reject', 'refuses for good', ({ codes }) => rejectAll(codes)),
  simple('defer', 'refuses for now', ({ codes }) => deferAll(codes)),
  simple('defer_if_permit', 'refuses for now what would be accepted later', () => deferIf('permit')),
  simple('defer_if_reject', 'refuses for now what would be refused later', () => deferIf('reject')),
  {
    name: 'sleep',
    argument: 'seconds',
    sentence: 'waits so many seconds',
    make: (_sources, { text }) => pause(Number(text)),
  },
  {
    name: 'check_policy_service',
    argument: 'service',
    sentence: 'asks a policy service',
    make(sources, argument) {
      const target = sources.openPolicyService(argument.text, argument.source);
      if ('service' in target) return checkPolicyService(target.service, argument.source, sources);
      return actAsSpfScript(sources);
    },
  },
  simple('reject_plaintext_session', 'refuses clients that do not use TLS', ({ codes }) =>
    rejectPlaintextSession(codes),
  ),
  simple(
    'reject_unauth_pipelining',
    'refuses clients that do not wait for answers',
    () => rejectUnauthPipelining,
  ),
  simple('reject_multi_recipient_bounce', 'refuses bounces to several recipients', ({ codes }) =>
    rejectMultiRecipientBounce(codes),
  ),

  simple('permit_inet_interfaces', 'accepts clients on our own addresses', (s) => permitInetInterfaces(s)),
  simple('permit_mynetworks', 'accepts clients in mynetworks', (s) => permitMynetworks(s.mynetworks)),
  simple('permit_sasl_authenticated', 'accepts clients that have logged in', () => permitSaslAuthenticated),
  simple('permit_tls_clientcerts', 'accepts client certificates in relay_clientcerts', (s) =>
    permitTlsClientCerts(s, false),
  ),
  simple('permit_tls_all_clientcerts', 'accepts all trusted client certificates', (s) =>
    permitTlsClientCerts(s, true),
  ),
  simple(
    'reject_unknown_client_hostname',
    'refuses clients without a name that leads back to their address',
    ({ codes }) => rejectUnknownClient(codes),
    ['reject_unknown_client'],
  ),
  simple('reject_unknown_reverse_client_hostname', 'refuses clients whose address has no name', ({ codes }) =>
    rejectUnknownReverseClient(codes),
  ),
  table('check_client_access', "asks a table about the client's name and address", (t) =>
    checkClientAccess(t),
  ),
  table('check_reverse_client_hostname_access', "asks a table about the client's unverified name", (t) =>
    checkReverseClientAccess(t),
  ),
  table('check_sasl_access', 'asks a table about the login name', (t, s) => checkSaslAccess(t, s)),
  table('check_ccert_access', "asks a table about the client certificate's fingerprint", (t) =>
    checkCcertAccess(t),
  ),
  blockList('reject_rbl_client', 'client', 'refuses clients whose address a DNS list has', ['reject_rbl']),
  blockList('reject_rhsbl_client', 'clientName', 'refuses clients whose name a DNS list has'),
  blockList(
    'reject_rhsbl_reverse_client',
    'reverseClient',
    'refuses clients whose unverified name a DNS list has',
  ),
  {
    name: 'reject_dnsbl_score',
    argument: 'number',
    sentence: 'refuses clients for whom the lists of postscreen_dnsbl_sites add up to the number',
    make: (sources, { text }) => rejectDnsblScore(Number(text), sources),
  },
  allowList('permit_dnswl_client', 'client', 'accepts clients whose address a DNS allow list has'),
  allowList('permit_rhswl_client', 'clientName', 'accepts clients whose name a DNS allow list has'),

  table('check_helo_access', 'asks a table about the HELO name', (t) => checkHeloAccess(t)),
  simple(
    'reject_invalid_helo_hostname',
    'refuses HELO names that are no names',
    ({ codes }) => rejectInvalidHelo(codes),
    ['reject_invalid_hostname'],
  ),
  simple(
    'reject_non_fqdn_helo_hostname',
    'refuses HELO names without a domain',
    ({ codes }) => rejectNonFqdnHelo(codes),
    ['reject_non_fqdn_hostname'],
  ),
  simple(
    'reject_unknown_helo_hostname',
    'refuses HELO names without address or mail exchanger',
    ({ codes, dns }) => rejectUnknownHelo(codes, dns),
    ['reject_unknown_hostname'],
  ),
  blockList('reject_rhsbl_helo', 'helo', 'refuses HELO names that a DNS list has'),

  table('check_sender_access', 'asks a table about the sender', (t, s) => checkAddressAccess('sender', t, s)),
  simple('reject_non_fqdn_sender', 'refuses senders without a full domain', (s) =>
    rejectNonFqdnAddress('sender', s),
  ),
  simple(
    'reject_unknown_sender_domain',
    'refuses senders whose domain cannot get mail',
    (s) => rejectUnknownDomain('sender', s),
    ['reject_unknown_address'],
  ),
  simple('reject_unlisted_sender', 'refuses senders in our domains that do not exist', (s) =>
    rejectUnlisted('sender', s),
  ),
  simple(
    'reject_authenticated_sender_login_mismatch',
    'refuses logged-in clients that use an address of others',
    (s) => rejectAuthenticatedMismatch(s, 'reject'),
  ),
  simple(
    'reject_unauthenticated_sender_login_mismatch',
    'refuses addresses with an owner unless he has logged in',
    (s) => rejectUnauthenticatedMismatch(s),
  ),
  simple(
    'reject_known_sender_login_mismatch',
    'the two above, for senders in smtpd_sender_login_maps only',
    (s) => rejectKnownMismatch(s),
  ),
  blockList('reject_rhsbl_sender', 'sender', 'refuses senders whose domain a DNS list has'),

  simple('reject_spf_fail', 'refuses clients that may not send for the domain of the sender', (s) =>
    rejectSpf(['fail'], s),
  ),
  simple('reject_spf_softfail', 'the same, also where the domain only doubts it', (s) =>
    rejectSpf(['fail', 'softfail'], s),
  ),

  simple('reject_unverified_sender', 'refuses senders that their own mail host does not take', (s) =>
    rejectUnverified('sender', s),
  ),
  simple(
    'permit_correspondent',
    'accepts senders whom our users have written to, when they are proven',
    (s) => permitCorrespondent(s),
  ),

  table('check_recipient_access', 'asks a table about the recipient', (t, s) =>
    checkAddressAccess('recipient', t, s),
  ),
  simple('reject_non_fqdn_recipient', 'refuses recipients without a full domain', (s) =>
    rejectNonFqdnAddress('recipient', s),
  ),
  simple('reject_unknown_recipient_domain', 'refuses recipients whose domain cannot get mail', (s) =>
    rejectUnknownDomain('recipient', s),
  ),
  simple(
    'reject_unlisted_recipient',
    'refuses recipients in our domains that do not exist',
    (s) => rejectUnlisted('recipient', s),
    ['check_recipient_maps'],
  ),
  simple('reject_unverified_recipient', 'refuses recipients that the next mail host does not take', (s) =>
    rejectUnverified('recipient', s),
  ),
  simple('check_greylist', 'tells newcomers to come back', (s) => checkGreylist(s)),
  rateLimit('check_client_rate', 'client', 'defers clients that send more than this in a time'),
  rateLimit('check_sender_rate', 'sender', 'defers senders that send more than this in a time'),
  rateLimit('check_sasl_rate', 'login', 'defers users that send more than this in a time'),
  rateLimit(
    'check_recipient_rate',
    'recipient',
    'defers mail to recipients that get more than this in a time',
  ),
  simple('permit_auth_destination', 'accepts recipients in our domains', (s) => permitAuthDestination(s)),
  simple('reject_unauth_destination', 'refuses recipients that are not in our domains', (s) =>
    rejectUnauthDestination(s, 'reject'),
  ),
  simple('defer_unauth_destination', 'the same, for now instead of for good', (s) =>
    rejectUnauthDestination(s, 'defer'),
  ),
  simple('permit_mx_backup', 'accepts recipients whose domain has us as a second mail exchanger', (s) =>
    permitMxBackup(s),
  ),
  blockList('reject_rhsbl_recipient', 'recipient', 'refuses recipients whose domain a DNS list has'),

  table('check_etrn_access', 'asks a table about the ETRN domain', (t) => checkEtrnAccess(t)),
  ...serverRows,

  {
    name: 'check_access',
    argument: 'key and table',
    sentence: 'old: asks a table for a text made of $sender, $recipient, $rbl_ip and the like',
    make: (sources, { text, source, key = '' }) => checkAccess(key, text, source, sources),
  },
  {
    ...simple('reject_maps_rbl', 'old: reject_rbl_client with each of maps_rbl_domains', (s) =>
      rejectMapsRbl(s),
    ),
    zones: ({ mapsRblDomains, parameter }, argument) =>
      mapsRblDomains.map((text) => ({
        zone: parseDnsList(text).zone,
        source: parameter('maps_rbl_domains')?.source ?? argument.source,
      })),
  },
  simple(
    'check_relay_domains',
    'old: reject_unauth_destination that also accepts clients in relay_domains',
    (s) => checkRelayDomains(s),
  ),
  simple('permit_naked_ip_address', 'old: accepts HELO with a bare address', ({ codes }) =>
    permitNakedIpAddress(codes),
  ),
];

/** Built of others. */
export const compounds: readonly { name: string; sentence: string; list: string }[] = [
  {
    name: 'reject_sender_login_mismatch',
    sentence: 'both reject_authenticated_ and reject_unauthenticated_sender_login_mismatch',
    list: 'reject_authenticated_sender_login_mismatch reject_unauthenticated_sender_login_mismatch',
  },
];

const rows = new Map(
  catalogue.flatMap((row) => [row.name, ...(row.formerly ?? [])].map((name) => [name, row])),
);

/** The row of a name, new or old, whatever its case. */
export function findRow(name: string): Row | undefined {
  return rows.get(name.toLowerCase());
}

/** All names, for "did you mean". */
export function restrictionNames(): string[] {
  return [...rows.keys(), ...compounds.map(({ name }) => name), 'warn_if_reject'];
}

/** What these say depends on what is remembered, on others, or on time: a trial takes it from the record. */
export const stateful: ReadonlySet<string> = new Set([
  'sleep',
  'check_policy_service',
  'reject_unverified_sender',
  'permit_correspondent',
  'reject_unverified_recipient',
  'check_greylist',
  'check_client_rate',
  'check_sender_rate',
  'check_sasl_rate',
  'check_recipient_rate',
]);
