/**
 * THE table of parameters: everything that main.cf and `-o` can set and the gateway makes use of. Names, defaults and
 * ranges are those of Postfix 3.7 (`postconf -d`), except that bare newlines are normalized and that data, log and
 * passwords have places of their own. `Postfix: postconf(5), mail_params.h`.
 * The type of `settings.NAME` follows from the row; `check`, `config`, `list parameters` and the manual read it too.
 * What Postfix has and a gateway has no use for stands in ignored-parameters.ts, what is gone in deprecated-parameters.ts.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  bool,
  characters,
  choice,
  choices,
  type DefaultFacts,
  int,
  list,
  networks,
  type Parameter,
  rawText,
  replyCode,
  restrictions,
  size,
  tables,
  text,
  time,
} from './kinds.ts';
import { domainOfHost, ownHostName, ownNetworks } from './own-host.ts';
import { resolverOption } from './system-resolver.ts';

const cipherGrades = ['export', 'low', 'medium', 'high', 'null'] as const;
const serverLevels = ['', 'none', 'may', 'encrypt'] as const;
const clientLevels = [
  '',
  'none',
  'may',
  'encrypt',
  'fingerprint',
  'verify',
  'secure',
  'dane',
  'dane-only',
] as const;
const tempfailActions = ['defer', 'defer_if_permit'] as const;
const screenActions = ['ignore', 'enforce', 'drop'] as const;
const addressClasses = [
  'envelope_sender',
  'envelope_recipient',
  'header_sender',
  'header_recipient',
] as const;
const saslOptions = ['noplaintext', 'noactive', 'nodictionary', 'noanonymous', 'mutual_auth'] as const;
const saslServerOptions = [...saslOptions, 'forward_secrecy'] as const;

/** Where we send mail by SMTP. By LMTP the same is said with `lmtp_` in front. */
const smtpClient = {
  smtp_connect_timeout: time('30s', 'How long connecting may take; 0 leaves it to the system.'),
  smtp_helo_timeout: time('300s', 'How long greeting and EHLO may take.', { min: 1 }),
  smtp_xforward_timeout: time('300s', 'How long XFORWARD may take.', { min: 1 }),
  smtp_starttls_timeout: time('300s', 'How long the TLS handshake may take.', { min: 1 }),
  smtp_mail_timeout: time('300s', 'How long MAIL may take.', { min: 1 }),
  smtp_rcpt_timeout: time('300s', 'How long RCPT may take.', { min: 1 }),
  smtp_data_init_timeout: time('120s', 'How long DATA may take.', { min: 1 }),
  smtp_data_xfer_timeout: time('180s', 'How long a piece of the message may take.', { min: 1 }),
  smtp_data_done_timeout: time('600s', 'How long the answer to the message may take.', { min: 1 }),
  smtp_rset_timeout: time('20s', 'How long RSET may take.', { min: 1 }),
  smtp_quit_timeout: time('300s', 'How long QUIT may take.', { min: 1 }),
  smtp_per_request_deadline: bool(
    '${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}}',
    'Limit the time of a whole command, not of each piece.',
  ),
  smtp_min_data_rate: int('500', 'Bytes per second that a message must keep up with under that limit.', {
    min: 1,
  }),
  smtp_helo_name: text('$myhostname', 'The name that we say in EHLO.', { filled: true }),
  smtp_always_send_ehlo: bool('yes', 'Begin with EHLO whatever the greeting says.'),
  smtp_never_send_ehlo: bool('no', 'Never begin with EHLO.'),
  smtp_tcp_port: text('smtp', 'The port of servers that come without one.'),
  smtp_bind_address: text('', 'Our address of IPv4 connections.'),
  smtp_bind_address6: text('', 'Our address of IPv6 connections.'),
  smtp_bind_address_enforce: bool('no', 'Wait rather than use another address.'),
  smtp_address_preference: choice(['any', 'ipv4', 'ipv6'], 'any', 'Which protocol is tried first.'),
  smtp_balance_inet_protocols: bool('yes', 'Try both protocols before the limit of addresses.'),
  smtp_randomize_addresses: bool('yes', 'Try servers of one preference in any order.'),
  smtp_mx_address_limit: int('5', 'Addresses that are tried; 0 is no limit.'),
  smtp_mx_session_limit: int('2', 'Sessions that are tried; 0 is no limit.'),
  smtp_host_lookup: choices(['dns', 'native'], 'dns', 'Where addresses are looked up.'),
  smtp_dns_support_level: choice(
    ['', 'disabled', 'enabled', 'dnssec'],
    '',
    'Whether the DNS is asked for MX.',
  ),
  smtp_defer_if_no_mx_address_found: bool('no', 'Wait when no MX has an address.'),
  ignore_mx_lookup_error: bool('no', 'Look for an address when the MX cannot be looked up.'),
  smtp_fallback_relay: list('$fallback_relay', 'Servers for mail that no other server takes.'),
  smtp_skip_5xx_greeting: bool('yes', 'Try the next server when one greets with 5xx.'),
  smtp_skip_quit_response: bool('yes', 'Do not wait for the answer to QUIT.'),
  smtp_reply_filter: tables('', 'A table that rewrites the answers of servers.'),
  smtp_discard_ehlo_keywords: list('', 'EHLO keywords of servers that are not used.'),
  smtp_discard_ehlo_keyword_address_maps: tables('', 'The same, by server address.'),
  smtp_send_xforward_command: bool('no', 'Tell the server of the client with XFORWARD.'),
  smtp_send_dummy_mail_auth: bool('no', 'Say AUTH=<> in MAIL after a login.'),
  smtp_quote_rfc821_envelope: bool('yes', 'Quote addresses as RFC 5321 wants it.'),
  smtp_line_length_limit: int('998', 'The longest line that is sent; 0 is no limit.'),
  smtp_address_verify_target: choice(['rcpt', 'data'], 'rcpt', 'How far a probe goes.'),
  smtp_connection_cache_on_demand: bool('yes', 'Keep connections to busy servers.'),
  smtp_connection_cache_destinations: list('', 'Servers whose connections are always kept.'),
  smtp_connection_cache_time_limit: time('2s', 'How long an idle connection is kept.', { min: 1 }),
  smtp_connection_reuse_count_limit: int('0', 'How often a connection is used; 0 is no limit.'),
  smtp_connection_reuse_time_limit: time('300s', 'How long a connection is used.', { min: 1 }),
  smtp_sasl_auth_enable: bool('no', 'Log in to servers.'),
  smtp_sasl_password_maps: tables('', 'Logins by server.'),
  smtp_sasl_mechanism_filter: list('', 'Mechanisms that may be used.'),
  smtp_sasl_security_options: choices(
    saslOptions,
    'noplaintext, noanonymous',
    'Mechanisms that may not be used.',
  ),
  smtp_sasl_tls_security_options: choices(saslOptions, '$smtp_sasl_security_options', 'The same, under TLS.'),
  smtp_sasl_tls_verified_security_options: choices(
    saslOptions,
    '$smtp_sasl_tls_security_options',
    'The same, under TLS with a verified server.',
  ),
  smtp_sasl_auth_soft_bounce: bool('yes', 'Wait when a login is refused.'),
  smtp_sender_dependent_authentication: bool('no', 'Logins by sender.'),
  smtp_tls_security_level: choice(clientLevels, '', 'How much TLS is wanted from servers.'),
  smtp_tls_policy_maps: tables('', 'The same, by server.'),
  smtp_tls_wrappermode: bool('no', 'Speak TLS from the first byte.'),
  smtp_tls_servername: text('', 'The name that we ask for (SNI).'),
  smtp_tls_verify_cert_match: list('hostname', 'Names that the level verify accepts.'),
  smtp_tls_secure_cert_match: list('nexthop, dot-nexthop', 'Names that the level secure accepts.'),
  smtp_tls_fingerprint_cert_match: list('', 'Fingerprints that the level fingerprint accepts.'),
  smtp_tls_fingerprint_digest: text(
    '${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}',
    'The digest of these.',
    { filled: true },
  ),
  smtp_tls_cert_file: text('', 'The file of our RSA client certificate.'),
  smtp_tls_key_file: text('$smtp_tls_cert_file', 'The file of its key.'),
  smtp_tls_eccert_file: text('', 'The file of our ECDSA client certificate.'),
  smtp_tls_eckey_file: text('$smtp_tls_eccert_file', 'The file of its key.'),
  smtp_tls_chain_files: list('', 'Files with keys and certificates, in place of the other four.'),
  smtp_tls_CAfile: text('', 'The file of authorities that sign server certificates.'),
  smtp_tls_CApath: text('', 'A directory of such files.'),
  smtp_tls_trust_anchor_file: list('', 'Files of authorities trusted in their place.'),
  smtp_tls_scert_verifydepth: int('9', 'How long the chain of a server certificate may be.'),
  smtp_tls_ciphers: choice(cipherGrades, 'medium', 'The least cipher grade when TLS is optional.'),
  smtp_tls_mandatory_ciphers: choice(cipherGrades, 'medium', 'The least cipher grade when TLS is mandatory.'),
  smtp_tls_exclude_ciphers: list('', 'Ciphers never used.'),
  smtp_tls_mandatory_exclude_ciphers: list('', 'Ciphers not used when TLS is mandatory.'),
  smtp_tls_protocols: list('>=TLSv1', 'TLS versions when TLS is optional.'),
  smtp_tls_mandatory_protocols: list('>=TLSv1', 'TLS versions when TLS is mandatory.'),
  smtp_tls_block_early_mail_reply: bool('no', 'Refuse answers that came before the TLS handshake.'),
  smtp_tls_note_starttls_offer: bool('no', 'Log servers that offer TLS when we do not use it.'),
  smtp_tls_loglevel: text('0', 'How much of TLS is logged: 0 to 4.'),
};

/** Where LMTP differs from SMTP. */
const lmtpClient = {
  lmtp_lhlo_name: smtpClient.smtp_helo_name,
  lmtp_lhlo_timeout: smtpClient.smtp_helo_timeout,
  lmtp_discard_lhlo_keywords: smtpClient.smtp_discard_ehlo_keywords,
  lmtp_discard_lhlo_keyword_address_maps: smtpClient.smtp_discard_ehlo_keyword_address_maps,
  lmtp_tcp_port: { ...smtpClient.smtp_tcp_port, default: '24' },
  lmtp_connect_timeout: { ...smtpClient.smtp_connect_timeout, default: '0s' },
  lmtp_fallback_relay: { ...smtpClient.smtp_fallback_relay, default: '' },
  lmtp_skip_quit_response: { ...smtpClient.smtp_skip_quit_response, default: 'no' },
  lmtp_tls_secure_cert_match: { ...smtpClient.smtp_tls_secure_cert_match, default: 'nexthop' },
};

/** What LMTP has no equal of, or under another name. */
const smtpOnly = [
  'smtp_helo_name',
  'smtp_helo_timeout',
  'smtp_discard_ehlo_keywords',
  'smtp_discard_ehlo_keyword_address_maps',
  'smtp_always_send_ehlo',
  'smtp_never_send_ehlo',
] as const;

type ByLmtp<Rows> = {
  readonly [N in Exclude<keyof Rows, (typeof smtpOnly)[number]> as N extends `smtp_${infer Rest}`
    ? `lmtp_${Rest}`
    : never]: Rows[N];
};

/** The same rows with `lmtp_` in their names and defaults. */
function byLmtp<Rows extends Record<string, Parameter<unknown>>>(rows: Rows): ByLmtp<Rows> {
  const shared = Object.entries(rows).filter(([name]) => !smtpOnly.some((other) => other === name));
  const renamed = shared.map(([name, row]) => [toLmtp(name), { ...row, default: inLmtp(row.default) }]);
  return Object.fromEntries(renamed);
}

function inLmtp(fallback: Parameter<unknown>['default']): Parameter<unknown>['default'] {
  return typeof fallback === 'string' ? toLmtp(fallback) : fallback;
}

function toLmtp(text: string): string {
  return text.replace(/\bsmtp_/g, 'lmtp_');
}

/** Marks a row that Postfix got after 3.7. */
function since<T>(version: string, row: Parameter<T>): Parameter<T> {
  return { ...row, since: version };
}

/** Marks a row that Postfix does not have. */
function own<T>(row: Parameter<T>): Parameter<T> {
  return { ...row, since: 'portcullis' };
}

const hostName = ({ text, isSet }: DefaultFacts) =>
  ownHostName(isSet('mydomain') ? text('mydomain') : undefined);
const domain = ({ text }: DefaultFacts) => domainOfHost(text('myhostname'));
const ownNetworkList = ({ text }: DefaultFacts) =>
  ownNetworks(text('mynetworks_style'), text('inet_interfaces'), text('inet_protocols'));

/** Questions to the name servers of the system are asked as its resolv.conf says. */
const patience = ({ text }: DefaultFacts, option: 'timeout' | 'attempts') =>
  text('dns_servers') === '' ? resolverOption(option) : undefined;

/** Text, or the first line of the file that it names. `Postfix: myorigin` on Debian, where it is /etc/mailname. */
function textOrFile(fallback: string, sentence: string): Parameter<string> {
  const row = text(fallback, sentence, { filled: true });
  return { ...row, read: (value) => (value.startsWith('/') ? firstLine(value) : row.read(value)) };
}

/** Levels of the client mean "encrypt" to the server. `Postfix: smtpd.c (pre_jail_init)`. */
function serverLevel(sentence: string): Parameter<(typeof serverLevels)[number]> {
  const row = choice(serverLevels, '', sentence);
  const doubt = { problem: 'a server can do no more than "encrypt"', remedy: 'write encrypt' };
  const stronger = clientLevels.slice(clientLevels.indexOf('fingerprint'));
  const isStronger = (value: string) => stronger.some((level) => level === value.toLowerCase());
  return { ...row, read: (value) => (isStronger(value) ? { value: 'encrypt', doubt } : row.read(value)) };
}

function firstLine(file: string): { value: string } | { wanted: string } {
  try {
    const line = readFileSync(file, 'utf8').split('\n')[0]?.trim() ?? '';
    return line === '' ? { wanted: 'a file with a domain in its first line' } : { value: line };
  } catch {
    return { wanted: 'a domain, or a file that can be read' };
  }
}

export const parameters = {
  // Who we are
  compatibility_level: text('0', 'The Postfix release whose defaults are in force.'),
  mail_name: text('Postfix', 'The name of the mail system in the banner and in Received: lines.', {
    filled: true,
  }),
  mail_version: text('3.7.11', 'The Postfix release whose behaviour is followed.', { filled: true }),
  myhostname: text(hostName, 'The name of this host on the Internet.', { filled: true }),
  mydomain: text(domain, 'The domain of this host.', { filled: true }),
  myorigin: textOrFile(
    '$myhostname',
    'The domain that completes addresses without one; a file name stands for its first line.',
  ),
  mydestination: list(
    '$myhostname, localhost.$mydomain, localhost',
    'Domains whose mail ends here (address class local).',
  ),
  mynetworks: networks(ownNetworkList, 'Networks of the clients we trust.'),
  mynetworks_style: choice(
    ['host', 'subnet', 'class'],
    '${{$compatibility_level} <level {2} ? {subnet} : {host}}',
    'How mynetworks is made up when nobody sets it.',
  ),
  inet_interfaces: list('all', 'The addresses that services without a host listen on.'),
  inet_protocols: choices(['all', 'ipv4', 'ipv6'], 'all', 'The Internet protocols in use.'),
  proxy_interfaces: networks('', 'Addresses of proxies and NATs that bring us mail: they count as our own.'),
  known_tcp_ports: list(
    'lmtp=24, smtp=25, smtps=submissions=465, submission=587',
    'Names of ports that need no /etc/services.',
  ),
  recipient_delimiter: text('', 'Characters that begin an address extension.'),
  owner_request_special: bool(
    'yes',
    'Names like owner-list and list-request are never split at the delimiter.',
  ),
  double_bounce_sender: text('double-bounce', 'The local part that verification probes come from.', {
    filled: true,
  }),
  parent_domain_matches_subdomains: list(
    'debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps',
    'Parameters in which a domain also stands for its subdomains.',
  ),
  smtputf8_enable: bool(
    '${{$compatibility_level} <level {1} ? {no} : {yes}}',
    'Offer SMTPUTF8 and take addresses in UTF-8.',
  ),
  strict_smtputf8: bool('no', 'Take UTF-8 addresses and headers only from clients that asked for SMTPUTF8.'),
  soft_bounce: bool('no', 'Answer 4xx in place of every 5xx.'),
  syslog_name: text(
    '${multi_instance_name?{$multi_instance_name}:{postfix}}',
    'The program name in log lines.',
    { filled: true },
  ),
  info_log_address_format: choice(
    ['external', 'internal'],
    'external',
    'Whether logged addresses are quoted as on the wire.',
  ),
  mail_owner: text('postfix', 'The user that the gateway becomes after its ports are bound.', {
    filled: true,
  }),
  queue_directory: text('/var/spool/postfix', 'Where relative names of sockets begin.', { filled: true }),
  data_directory: text('/var/lib/portcullis', 'Where everything that the gateway remembers is kept.', {
    filled: true,
  }),
  config_directory: text((facts) => facts.directory, 'The directory that this configuration was read from.'),
  process_name: text((facts) => facts.program, 'The program of the service, for use as $process_name.'),
  service_name: text(
    (facts) => facts.service,
    'The name of the service in master.cf, for use as $service_name.',
  ),
  stress: text('', '"yes" while all connections of a service are in use, for use as ${stress?...}.'),
  master_service_disable: list('', 'Services of master.cf to leave out: name/type, or a type.'),
  default_database_type: text('hash', 'The table type of names that come without one.', { filled: true }),

  // Connections
  smtpd_banner: text('$myhostname ESMTP $mail_name', 'The text behind the 220 of the greeting.', {
    filled: true,
  }),
  smtpd_timeout: time(
    '${stress?{10}:{300}}s',
    'How long a client may take for a command, or we for an answer.',
    { min: 1 },
  ),
  smtpd_starttls_timeout: time('${stress?{10}:{300}}s', 'How long the TLS handshake may take.', { min: 1 }),
  smtpd_per_request_deadline: bool(
    '${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}}',
    'Limit the time of a whole command, not of each piece read.',
  ),
  smtpd_min_data_rate: int('500', 'Bytes per second that a message must keep up with under that limit.', {
    min: 1,
  }),
  smtpd_peername_lookup: bool('yes', 'Look up the names of clients.'),
  smtpd_client_port_logging: bool('no', 'Log the port of the client, too.'),
  smtpd_upstream_proxy_protocol: choice(
    ['', 'haproxy'],
    '',
    'The protocol in which a proxy tells us of the client.',
  ),
  smtpd_upstream_proxy_timeout: time('5s', 'How long the proxy may take for that.', { min: 1 }),
  smtpd_authorized_xclient_hosts: networks('', 'Clients that may speak for others with XCLIENT.'),
  smtpd_authorized_xforward_hosts: networks('', 'Clients that may tell the log of others with XFORWARD.'),
  policy_authorized_clients: own(
    networks('$mynetworks', 'Mail servers that may ask a policy service for its opinion.'),
  ),
  smtpd_hide_client_session: since(
    '3.10',
    bool('no', 'Leave the client out of the Received: line of authenticated mail.'),
  ),
  smtpd_service_name: text('smtpd', 'The service of type "pass" that takes over from postscreen.', {
    filled: true,
  }),

  // Limits
  smtpd_client_connection_count_limit: int(
    '50',
    'Connections that one client may hold at a time; 0 is no limit.',
  ),
  smtpd_client_connection_rate_limit: int(
    '0',
    'Connections per anvil_rate_time_unit and client; 0 is no limit.',
  ),
  smtpd_client_message_rate_limit: int('0', 'Messages per anvil_rate_time_unit and client; 0 is no limit.'),
  smtpd_client_recipient_rate_limit: int(
    '0',
    'Recipients per anvil_rate_time_unit and client; 0 is no limit.',
  ),
  smtpd_client_new_tls_session_rate_limit: int(
    '0',
    'New TLS sessions per anvil_rate_time_unit and client; 0 is no limit.',
  ),
  smtpd_client_auth_rate_limit: int('0', 'AUTH commands per anvil_rate_time_unit and client; 0 is no limit.'),
  smtpd_client_event_limit_exceptions: networks(
    '${smtpd_client_connection_limit_exceptions:$mynetworks}',
    'Clients that these limits spare.',
  ),
  smtpd_client_ipv4_prefix_length: since(
    '3.8',
    int('32', 'Bits of an IPv4 address that make one client for these limits.', { max: 32 }),
  ),
  smtpd_client_ipv6_prefix_length: since(
    '3.8',
    int('84', 'Bits of an IPv6 address that make one client for these limits.', { max: 128 }),
  ),
  anvil_rate_time_unit: time('60s', 'The time that the rate limits count over.', { min: 1 }),
  anvil_status_update_time: time('600s', 'How often the greatest rates are logged.', { min: 1 }),
  smtpd_recipient_limit: int('1000', 'Recipients that a message may have.', { min: 1 }),
  smtpd_recipient_overshoot_limit: int(
    '1000',
    'Recipients beyond that before each of them counts as an error.',
    { min: 1 },
  ),
  smtpd_soft_error_limit: int('10', 'Errors after which answers slow down.', { min: 1 }),
  smtpd_hard_error_limit: int('${stress?{1}:{20}}', 'Errors after which the client is sent away.', {
    min: 1,
  }),
  smtpd_error_sleep_time: time('1s', 'How long an answer is held back after an error.'),
  smtpd_junk_command_limit: int(
    '${stress?{1}:{100}}',
    'Commands without use (NOOP, VRFY, RSET, ETRN) before each of them counts as an error.',
    { min: 1 },
  ),
  message_size_limit: size('10240000', 'The greatest message, in bytes; 0 is no limit.'),
  line_length_limit: int('2048', 'The longest line that is read in one piece.', { min: 512 }),
  header_size_limit: size('102400', 'How much of a header is kept.', { min: 1 }),
  header_address_token_limit: int('10240', 'How much of an address header is looked at, in tokens.', {
    min: 1,
  }),
  queue_minfree: size(
    '0',
    'Free bytes that the spool must have for a message to be taken; 0 is 1.5 times message_size_limit.',
  ),
  hopcount_limit: int('50', 'Received: headers that make a message one that loops.', { min: 1 }),

  // Commands and answers
  smtpd_helo_required: bool('no', 'Insist on HELO or EHLO before MAIL.'),
  disable_vrfy_command: bool('no', 'Do not answer VRFY.'),
  strict_rfc821_envelopes: bool('no', 'Insist on angle brackets, and on nothing but an address in them.'),
  smtpd_delay_reject: bool(
    'yes',
    'Wait with the answers of client, HELO and sender restrictions until RCPT.',
  ),
  smtpd_delay_open_until_valid_rcpt: bool('yes', 'Begin a mail only with the first good recipient.'),
  smtpd_noop_commands: list('', 'Commands that are answered with 250 and otherwise ignored.'),
  smtpd_forbidden_commands: list(
    'CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}}',
    'Commands that end the session at once.',
  ),
  smtpd_command_filter: tables('', 'A table that rewrites commands before they are understood.'),
  smtpd_discard_ehlo_keywords: list('', 'EHLO keywords that are not offered.'),
  smtpd_discard_ehlo_keyword_address_maps: tables('', 'The same, by client address.'),
  smtpd_forbid_unauth_pipelining: bool('no', 'End a session that sends commands before it may.'),
  smtpd_forbid_bare_newline: choice(
    ['no', 'note', 'normalize', 'reject'],
    'normalize',
    'What becomes of lines that end in LF alone: the door for smuggled mail.',
    { yes: 'normalize' },
  ),
  smtpd_forbid_bare_newline_exclusions: networks('$mynetworks', 'Clients whose bare LF are let through.'),
  smtpd_forbid_bare_newline_reject_code: replyCode('550', 'The code that "reject" answers with.', {
    min: 500,
    max: 599,
  }),
  smtpd_reject_footer: rawText('', 'Text behind every 4xx and 5xx answer.'),
  smtpd_reject_footer_maps: tables('', 'The same, by the text of the answer.'),
  smtpd_etrn_restrictions: restrictions('', 'Who may use ETRN.'),
  fast_flush_domains: list('$relay_domains', 'Domains that ETRN may be used for.'),

  // Restrictions
  smtpd_client_restrictions: restrictions('', "Judges of the client's address and name."),
  smtpd_helo_restrictions: restrictions('', 'Judges of the name in HELO or EHLO.'),
  smtpd_sender_restrictions: restrictions('', 'Judges of MAIL FROM.'),
  smtpd_relay_restrictions: restrictions(
    '${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}',
    'Judges of who may relay to where.',
  ),
  smtpd_recipient_restrictions: restrictions('', 'Judges of RCPT TO.'),
  smtpd_relay_before_recipient_restrictions: bool(
    '${{$compatibility_level} <level {3.6} ? {no} : {yes}}',
    'Ask the relay restrictions before the recipient restrictions.',
  ),
  smtpd_data_restrictions: restrictions('', 'Judges at DATA.'),
  smtpd_end_of_data_restrictions: restrictions('', 'Judges behind the message.'),
  smtpd_restriction_classes: list('', 'Names for lists of restrictions, usable in tables.'),
  smtpd_log_access_permit_actions: list('', 'Results of tables that permit and are to be logged.'),
  smtpd_null_access_lookup_key: text('<>', 'What stands for the empty sender in access tables.'),
  smtpd_expansion_filter: characters(
    '\\t\\40!"#$%&\'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\\\]^_`abcdefghijklmnopqrstuvwxyz{|}~',
    'Characters that clients may bring into the text of answers.',
    { raw: true },
  ),
  smtpd_reject_unlisted_recipient: bool('yes', 'Refuse recipients that no table of their domain knows.'),
  smtpd_reject_unlisted_sender: bool('no', 'Refuse senders that no table of their domain knows.'),
  smtpd_sender_login_maps: tables('', 'Which login owns which sender address.'),
  smtpd_dns_reply_filter: tables('', 'A table that drops records from DNS answers.'),
  permit_mx_backup_networks: networks('', 'Networks of the primary hosts that permit_mx_backup accepts.'),
  relay_clientcerts: tables('', 'Fingerprints of client certificates that may relay.'),
  relay_domains: list(
    '${{$compatibility_level} <level {2} ? {$mydestination} : {}}',
    'Domains that we relay mail to.',
  ),
  allow_untrusted_routing: bool(
    'no',
    'Relay addresses that carry a route of their own (user@elsewhere@here).',
  ),
  rbl_reply_maps: tables('', 'The answer to a listed client, by list.'),
  default_rbl_reply: rawText(
    '$rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason}',
    'The answer to a listed client.',
    { filled: true },
  ),
  maps_rbl_domains: list('', 'Lists for reject_maps_rbl.'),

  // Codes of refusals, and what DNS failures do
  access_map_reject_code: replyCode('554', 'For REJECT in an access table.'),
  access_map_defer_code: replyCode('450', 'For DEFER in an access table.'),
  maps_rbl_reject_code: replyCode('554', 'For clients on a DNS list.'),
  reject_code: replyCode('554', 'For "reject".'),
  defer_code: replyCode('450', 'For "defer".'),
  invalid_hostname_reject_code: replyCode('501', 'For HELO names that are none.'),
  non_fqdn_reject_code: replyCode('504', 'For names that are not complete.'),
  plaintext_reject_code: replyCode('450', 'For mail without TLS.'),
  multi_recipient_bounce_reject_code: replyCode('550', 'For bounces to several recipients.'),
  relay_domains_reject_code: replyCode('554', 'For mail that would be relayed.'),
  unknown_address_reject_code: replyCode('450', 'For domains that the DNS does not know.'),
  unknown_client_reject_code: replyCode('450', 'For clients without a confirmed name.'),
  unknown_hostname_reject_code: replyCode('450', 'For HELO names that the DNS does not know.'),
  unknown_local_recipient_reject_code: replyCode('550', 'For unknown recipients of mydestination.'),
  unknown_relay_recipient_reject_code: replyCode('550', 'For unknown recipients of relay_domains.'),
  unknown_virtual_alias_reject_code: replyCode('550', 'For unknown recipients of virtual_alias_domains.'),
  unknown_virtual_mailbox_reject_code: replyCode('550', 'For unknown recipients of virtual_mailbox_domains.'),
  reject_tempfail_action: choice(tempfailActions, 'defer_if_permit', 'What a DNS failure does to a mail.'),
  unknown_address_tempfail_action: choice(
    tempfailActions,
    '$reject_tempfail_action',
    'The same, while looking for the domain of an address.',
  ),
  unknown_helo_hostname_tempfail_action: choice(
    tempfailActions,
    '$reject_tempfail_action',
    'The same, while looking for the HELO name.',
  ),
  unverified_recipient_tempfail_action: choice(
    tempfailActions,
    '$reject_tempfail_action',
    'The same, for recipients that cannot be verified now.',
  ),
  unverified_sender_tempfail_action: choice(
    tempfailActions,
    '$reject_tempfail_action',
    'The same, for senders that cannot be verified now.',
  ),

  // Policy services
  smtpd_policy_service_timeout: time('100s', 'How long a policy service may take.', { min: 1 }),
  smtpd_policy_service_max_idle: time('300s', 'How long an idle connection to it is kept.', { min: 1 }),
  smtpd_policy_service_max_ttl: time('1000s', 'How long any connection to it is kept.', { min: 1 }),
  smtpd_policy_service_request_limit: int('0', 'Questions per connection; 0 is no limit.'),
  smtpd_policy_service_try_limit: int('2', 'How often a question is asked before the default action.', {
    min: 1,
  }),
  smtpd_policy_service_retry_delay: time('1s', 'The pause before it is asked again.', { min: 1 }),
  smtpd_policy_service_default_action: text(
    '451 4.3.5 Server configuration problem',
    'What happens when the service does not answer.',
    { filled: true },
  ),
  smtpd_policy_service_policy_context: text('', 'Text for the attribute policy_context.'),
  command_time_limit: time('1000s', 'How long a command run by a spawn service may take.', { min: 1 }),

  // Address verification
  address_verify_sender: text(
    '$double_bounce_sender',
    'Who the probes come from; empty for the null sender.',
  ),
  address_verify_sender_ttl: time('0s', 'How long a probe sender with a changing part stays the same.'),
  address_verify_positive_expire_time: time('31d', 'How long a good result is kept when it is not renewed.', {
    min: 1,
  }),
  address_verify_positive_refresh_time: time('7d', 'After that a good result is renewed.', { min: 1 }),
  address_verify_negative_cache: bool('yes', 'Keep bad results, too.'),
  address_verify_negative_expire_time: time('3d', 'How long a bad result is kept when it is not renewed.', {
    min: 1,
  }),
  address_verify_negative_refresh_time: time('3h', 'After that a bad result is renewed.', { min: 1 }),
  address_verify_cache_cleanup_interval: time('12h', 'How often old results are removed; 0 is never.'),
  address_verify_pending_request_limit: int('5000', 'Probes that may be under way at a time.', { min: 1 }),
  address_verify_poll_count: int(
    '${stress?{1}:{3}}',
    'How often a client waits for a probe before it is told to come back.',
    { min: 1 },
  ),
  address_verify_poll_delay: time('3s', 'How long it waits each time.', { min: 1 }),
  address_verify_relayhost: text('$relayhost', 'The relayhost of probes.'),
  address_verify_transport_maps: tables('$transport_maps', 'The transport_maps of probes.'),
  address_verify_default_transport: text('$default_transport', 'The default_transport of probes.', {
    filled: true,
  }),
  address_verify_local_transport: text('$local_transport', 'The local_transport of probes.', {
    filled: true,
  }),
  address_verify_relay_transport: text('$relay_transport', 'The relay_transport of probes.', {
    filled: true,
  }),
  address_verify_virtual_transport: text('$virtual_transport', 'The virtual_transport of probes.', {
    filled: true,
  }),
  address_verify_sender_dependent_relayhost_maps: tables(
    '$sender_dependent_relayhost_maps',
    'The sender_dependent_relayhost_maps of probes.',
  ),
  address_verify_sender_dependent_default_transport_maps: tables(
    '$sender_dependent_default_transport_maps',
    'The sender_dependent_default_transport_maps of probes.',
  ),
  unverified_sender_reject_code: replyCode('450', 'For senders that their own server refuses.', {
    min: 200,
    max: 599,
  }),
  unverified_sender_defer_code: replyCode('450', 'For senders that cannot be verified now.', {
    min: 200,
    max: 499,
  }),
  unverified_sender_reject_reason: text('', 'The text in place of what that server said.'),
  unverified_recipient_reject_code: replyCode('450', 'For recipients that the next server refuses.', {
    min: 200,
    max: 599,
  }),
  unverified_recipient_defer_code: replyCode('450', 'For recipients that cannot be verified now.', {
    min: 200,
    max: 499,
  }),
  unverified_recipient_reject_reason: text('', 'The text in place of what that server said.'),

  // Tests before the greeting (the part of postscreen that we have)
  postscreen_access_list: restrictions(
    'permit_mynetworks',
    'Clients that the tests of postscreen spare or refuse.',
  ),
  postscreen_allowlist_interfaces: networks(
    '${postscreen_whitelist_interfaces?{$postscreen_whitelist_interfaces}:{static:all}}',
    'Our addresses at which newcomers can pass the tests of postscreen.',
  ),
  postscreen_client_connection_count_limit: int(
    '$smtpd_client_connection_count_limit',
    'How many connections of one client may wait for these tests.',
  ),
  postscreen_pre_queue_limit: int('$default_process_limit', 'How many clients may wait for these tests.', {
    min: 10,
  }),
  postscreen_cache_retention_time: time('7d', 'How long a client whose tests are due again is no newcomer.', {
    min: 1,
  }),
  respectful_logging: bool(
    '${{$compatibility_level} <level {3.6} ? {no} : {yes}}',
    'Whether the log says allow and deny, and not white and black.',
  ),
  postscreen_denylist_action: choice(
    screenActions,
    '${postscreen_blacklist_action?{$postscreen_blacklist_action}:{ignore}}',
    'What becomes of a client that this list refuses.',
  ),
  postscreen_greet_action: choice(
    screenActions,
    'ignore',
    'What becomes of a client that talks before our greeting.',
  ),
  postscreen_greet_banner: text(
    '$smtpd_banner',
    'The first line of a greeting in two parts, which only bots answer.',
  ),
  postscreen_greet_wait: time('${stress?{2}:{6}}s', 'How long a new client must wait for the greeting.', {
    min: 1,
  }),
  postscreen_greet_ttl: time('1d', 'How long a client that waited is not tested again.', { min: 1 }),
  postscreen_dnsbl_action: choice(
    screenActions,
    'ignore',
    'What becomes of a client whose score is too high.',
  ),
  postscreen_dnsbl_sites: list('', 'DNS lists with filters and weights: domain=filter*weight.'),
  postscreen_dnsbl_threshold: int('1', 'The score that refuses a client.', { min: 1 }),
  postscreen_dnsbl_allowlist_threshold: int(
    '${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}}',
    'The score (below zero) that spares a client other tests; 0 is never.',
  ),
  postscreen_dnsbl_reply_map: tables('', 'Names to show clients in place of list names that hold a secret.'),
  postscreen_dnsbl_min_ttl: time('60s', 'The shortest time that a good score is kept.', { min: 1 }),
  postscreen_dnsbl_max_ttl: time(
    '${postscreen_dnsbl_ttl?{$postscreen_dnsbl_ttl}:{1}}h',
    'The longest time that a good score is kept.',
    { min: 1 },
  ),
  postscreen_dnsbl_timeout: time('10s', 'How long the lists may take to answer.', { min: 1 }),
  postscreen_upstream_proxy_protocol: choice(
    ['', 'haproxy'],
    '',
    'The protocol in which a proxy tells postscreen of the client.',
  ),
  postscreen_upstream_proxy_timeout: time('5s', 'How long the proxy may take for that.', { min: 1 }),

  // TLS for clients
  smtpd_tls_security_level: serverLevel('Whether TLS is offered (may) or insisted on (encrypt).'),
  smtpd_tls_wrappermode: bool('no', 'Speak TLS from the first byte, as on port 465.'),
  smtpd_tls_auth_only: bool('no', 'Offer AUTH under TLS only.'),
  smtpd_tls_cert_file: text('', 'The file of our RSA certificate and its chain, PEM.'),
  smtpd_tls_key_file: text('$smtpd_tls_cert_file', 'The file of its key.'),
  smtpd_tls_eccert_file: text('', 'The file of our ECDSA certificate and its chain, PEM.'),
  smtpd_tls_eckey_file: text('$smtpd_tls_eccert_file', 'The file of its key.'),
  smtpd_tls_chain_files: list('', 'Files with keys and certificates, in place of the other four.'),
  tls_server_sni_maps: tables('', 'Chain files by the name that the client asks for.'),
  smtpd_tls_CAfile: text('', 'The file of authorities that sign client certificates.'),
  smtpd_tls_CApath: text('', 'A directory of such files.'),
  smtpd_tls_ask_ccert: bool('no', 'Ask clients for a certificate.'),
  smtpd_tls_req_ccert: bool('no', 'Insist on a trusted client certificate.'),
  smtpd_tls_ccert_verifydepth: int('9', 'How long the chain of a client certificate may be.'),
  smtpd_tls_fingerprint_digest: text(
    '${{$compatibility_level} <level {3.6} ? {md5} : {sha256}}',
    'The digest that client certificates are known by.',
    { filled: true },
  ),
  smtpd_tls_ciphers: choice(cipherGrades, 'medium', 'The least cipher grade when TLS is optional.'),
  smtpd_tls_mandatory_ciphers: choice(
    cipherGrades,
    'medium',
    'The least cipher grade when TLS is mandatory.',
  ),
  smtpd_tls_exclude_ciphers: list('', 'Ciphers never used.'),
  smtpd_tls_mandatory_exclude_ciphers: list('', 'Ciphers not used when TLS is mandatory.'),
  smtpd_tls_protocols: list('>=TLSv1', 'TLS versions when TLS is optional.'),
  smtpd_tls_mandatory_protocols: list('>=TLSv1', 'TLS versions when TLS is mandatory.'),
  smtpd_tls_loglevel: text('0', 'How much of TLS is logged: 0 to 4.'),
  smtpd_tls_received_header: bool('no', 'Show the TLS session in the Received: line.'),
  smtpd_tls_session_cache_timeout: time('3600s', 'How long a TLS session may be resumed.', { max: 8640000 }),
  tls_high_cipherlist: text('aNULL:-aNULL:HIGH:@STRENGTH', "OpenSSL's cipher list for the grade high.", {
    filled: true,
  }),
  tls_medium_cipherlist: text(
    'aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH',
    "OpenSSL's cipher list for the grade medium.",
    { filled: true },
  ),
  tls_low_cipherlist: text(
    'aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH',
    "OpenSSL's cipher list for the grade low.",
  ),
  tls_export_cipherlist: text(
    'aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH',
    "OpenSSL's cipher list for the grade export.",
  ),
  tls_null_cipherlist: text('eNULL:!aNULL', "OpenSSL's cipher list for the grade null.", { filled: true }),
  tls_preempt_cipherlist: bool('no', "Follow our order of ciphers, not the client's."),
  tls_eecdh_auto_curves: list('X25519 X448 prime256v1 secp521r1 secp384r1', 'Curves that may be agreed on.'),
  tls_ssl_options: list('', 'Options for OpenSSL.'),
  tls_append_default_CA: bool('no', "Trust the system's authorities, too."),

  // Logins
  smtpd_sasl_auth_enable: bool('no', 'Let users log in.'),
  smtpd_sasl_type: choice(
    ['passwd', 'dovecot', 'cyrus'],
    'passwd',
    'Who knows the passwords: a file, or Dovecot.',
  ),
  smtpd_sasl_path: text(
    '${{$smtpd_sasl_type} == {passwd} ? {$config_directory/passwd} : {smtpd}}',
    'The password file, or the socket of Dovecot.',
    { filled: true },
  ),
  smtpd_sasl_security_options: choices(saslServerOptions, 'noanonymous', 'Mechanisms not to offer.'),
  smtpd_sasl_tls_security_options: choices(
    saslServerOptions,
    '$smtpd_sasl_security_options',
    'The same, under TLS.',
  ),
  smtpd_sasl_mechanism_filter: list('!external, static:rest', 'Mechanisms to offer.'),
  smtpd_sasl_local_domain: text('', 'The realm of users that come without one.'),
  smtpd_sasl_exceptions_networks: networks('', 'Clients that AUTH is not offered to.'),
  smtpd_sasl_authenticated_header: bool('no', 'Show the login in the Received: line.'),
  smtpd_sasl_response_limit: int('12288', 'The longest answer of a client during AUTH.', { min: 12288 }),
  smtpd_sasl_service: text('smtp', 'The service name that Dovecot is told.', { filled: true }),
  broken_sasl_auth_clients: bool('no', 'Offer AUTH in the form of old Outlook, too.'),

  // Addresses
  local_header_rewrite_clients: restrictions(
    'permit_inet_interfaces',
    'Clients whose addresses are completed with our domain.',
  ),
  remote_header_rewrite_domain: text(
    '',
    'The domain that completes addresses of all others; empty leaves them alone.',
  ),
  append_at_myorigin: bool('yes', 'Complete user to user@$myorigin.'),
  append_dot_mydomain: bool(
    '${{$compatibility_level} <level {1} ? {yes} : {no}}',
    'Complete user@host to user@host.$mydomain.',
  ),
  allow_percent_hack: bool('yes', 'Read user%domain as user@domain.'),
  swap_bangpath: bool('yes', 'Read site!user as user@site.'),
  allow_min_user: bool('no', 'Accept recipients that begin with "-".'),
  resolve_dequoted_address: bool('yes', 'Look for @ inside quotes, too.'),
  resolve_null_domain: bool('no', 'Read user@ as user@$myorigin.'),
  resolve_numeric_domain: bool('no', 'Read user@1.2.3.4 as user@[1.2.3.4].'),
  empty_address_recipient: text('MAILER-DAEMON', 'Who mail to the null address goes to.', { filled: true }),
  canonical_maps: tables('', 'Address rewriting for senders and recipients.'),
  canonical_classes: choices(
    addressClasses,
    'envelope_sender, envelope_recipient, header_sender, header_recipient',
    'What canonical_maps rewrites.',
  ),
  sender_canonical_maps: tables('', 'Address rewriting for senders.'),
  sender_canonical_classes: choices(
    ['envelope_sender', 'header_sender'],
    'envelope_sender, header_sender',
    'What sender_canonical_maps rewrites.',
  ),
  recipient_canonical_maps: tables('', 'Address rewriting for recipients.'),
  recipient_canonical_classes: choices(
    ['envelope_recipient', 'header_recipient'],
    'envelope_recipient, header_recipient',
    'What recipient_canonical_maps rewrites.',
  ),
  masquerade_domains: list('', 'Domains whose subdomains are cut off.'),
  masquerade_classes: choices(
    addressClasses,
    'envelope_sender, header_sender, header_recipient',
    'What masquerade_domains rewrites.',
  ),
  masquerade_exceptions: list('', 'Users whose addresses stay as they are.'),
  propagate_unmatched_extensions: choices(
    ['canonical', 'virtual', 'alias', 'forward', 'include', 'generic'],
    'canonical, virtual',
    'Tables whose results keep the extension of the address.',
  ),
  virtual_alias_maps: tables('$virtual_maps', 'Aliases for addresses of any domain.'),
  virtual_alias_domains: list('$virtual_alias_maps', 'Domains that only have aliases.'),
  virtual_alias_expansion_limit: int('1000', 'Recipients that one may expand to.', { min: 1 }),
  virtual_alias_recursion_limit: int('1000', 'How often aliases may lead to aliases.', { min: 1 }),
  virtual_alias_address_length_limit: int('1000', 'The longest address that aliases may make.', { min: 1 }),
  virtual_mailbox_domains: list('$virtual_mailbox_maps', 'Domains of the address class virtual mailbox.'),
  virtual_mailbox_maps: tables('', 'Recipients of these domains.'),
  relay_recipient_maps: tables('', 'Recipients of relay_domains.'),
  local_recipient_maps: tables('proxy:unix:passwd.byname $alias_maps', 'Recipients of mydestination.'),
  alias_maps: tables('hash:/etc/aliases', 'The aliases that local_recipient_maps mentions.'),
  relocated_maps: tables('', 'Recipients that have moved.'),
  show_user_unknown_table_name: bool('yes', 'Say "in local recipient table" to clients.'),
  always_bcc: text('', 'Who gets a copy of everything.'),
  sender_bcc_maps: tables('', 'Who gets a copy, by sender.'),
  recipient_bcc_maps: tables('', 'Who gets a copy, by recipient.'),

  // Where mail goes
  transport_maps: tables('', 'Next hops by recipient.'),
  local_transport: text('local:$myhostname', 'The way of mail to mydestination.', { filled: true }),
  virtual_transport: text('virtual', 'The way of mail to virtual_mailbox_domains.', { filled: true }),
  relay_transport: text('relay', 'The way of mail to relay_domains.', { filled: true }),
  default_transport: text('smtp', 'The way of all other mail.', { filled: true }),
  relayhost: text('', 'The next hop of mail that leaves.'),
  sender_dependent_relayhost_maps: tables('', 'The same, by sender.'),
  sender_dependent_default_transport_maps: tables('', 'The default_transport, by sender.'),
  empty_address_relayhost_maps_lookup_key: text(
    '<>',
    'What stands for the null sender in sender_dependent_relayhost_maps.',
    { filled: true },
  ),
  empty_address_default_transport_maps_lookup_key: text(
    '<>',
    'What stands for the null sender in sender_dependent_default_transport_maps.',
  ),
  content_filter: text('', 'The transport:nexthop that all mail goes to instead.'),
  default_filter_nexthop: text('', 'The next hop of content filters that come without one.'),
  smtpd_proxy_filter: text('', 'The SMTP server that mail is passed to while the client waits.'),
  smtpd_proxy_ehlo: text('$myhostname', 'The name that is said to it.'),
  smtpd_proxy_timeout: time('100s', 'How long it may take.', { min: 1 }),
  smtpd_proxy_options: choices(
    ['speed_adjust'],
    '',
    'Whether a message is read whole before it is passed on.',
  ),
  receive_override_options: choices(
    ['no_unknown_recipient_checks', 'no_address_mappings', 'no_header_body_checks', 'no_milters'],
    '',
    'What a service leaves out.',
  ),

  // Content
  header_checks: tables('', 'Patterns for headers.'),
  mime_header_checks: tables('$header_checks', 'Patterns for headers of MIME parts.'),
  nested_header_checks: tables('$header_checks', 'Patterns for headers of attached messages.'),
  body_checks: tables('', 'Patterns for lines of the body.'),
  body_checks_size_limit: size('51200', 'How much of each part body_checks reads.'),
  mime_boundary_length_limit: int('2048', 'How much of a boundary is compared.', { min: 1 }),
  mime_nesting_limit: int('100', 'How deep parts may be nested.', { min: 1 }),
  disable_mime_input_processing: bool('no', 'Take the body as one piece.'),
  disable_mime_output_conversion: bool('no', 'Never convert 8-bit mail to 7 bits.'),
  detect_8bit_encoding_header: bool('yes', 'Learn of 8-bit bodies from Content-Transfer-Encoding.'),
  strict_7bit_headers: bool('no', 'Refuse 8-bit text in headers.'),
  strict_8bitmime_body: bool('no', 'Refuse 8-bit bodies that are not announced.'),
  strict_8bitmime: bool('no', 'Both of these.'),
  strict_mime_encoding_domain: bool('no', 'Refuse encodings that parts with parts must not have.'),
  message_reject_characters: characters('', 'Characters that refuse a message.'),
  message_strip_characters: characters('', 'Characters that are taken out of messages.'),
  message_drop_headers: list(
    'bcc, content-length, resent-bcc, return-path',
    'Headers that are taken out of messages.',
  ),
  always_add_missing_headers: bool('no', 'Give remote mail the headers From, Message-ID, Date, too.'),
  undisclosed_recipients_header: text('', 'The To: of mail that has no recipient header.'),
  cleanup_replace_stray_cr_lf: bool('yes', 'Make blanks of CR and LF that stand alone.'),
  cleanup_service_name: text('cleanup', 'The service whose -o say how mail is checked and rewritten.'),
  enable_original_recipient: bool('yes', 'Send twice to who is reached under two names.'),

  ...smtpClient,
  ...byLmtp(smtpClient),
  ...lmtpClient,

  // Our own
  state_store: own(
    text(
      'sqlite:$data_directory/state.db',
      'Where the gateway keeps what it remembers: sqlite:FILE or redis://HOST.',
    ),
  ),
  worker_processes: own(
    int(() => String(availableParallelism()), 'Processes that share the listeners.', { min: 1, max: 1024 }),
  ),
  dns_servers: own(list('', 'Name servers, ADDRESS:PORT each; empty for those of the system.')),
  own_dns_lists: own(
    list('', 'DNS lists that our own name servers have, whatever became of the lists of these names.'),
  ),
  dns_timeout: own({
    ...time('5s', 'How long one question to the DNS may take.', { min: 1 }),
    default: (facts) => `${patience(facts, 'timeout') ?? 5}s`,
  }),
  dns_tries: own(
    int((facts) => `${patience(facts, 'attempts') ?? 2}`, 'How often a question is asked.', {
      min: 1,
      max: 10,
    }),
  ),
  maillog_file: text('/dev/stdout', 'The log file.'),
  maillog_format: own(
    choice(['json', 'postfix'], 'json', 'The form of log lines: for programs, or as Postfix writes them.'),
  ),
  ledger_retention: own(time('30d', 'How long the record of an attempt is kept; 0: none is made.')),
  ledger_size_limit: own(
    size('1G', 'How large the file of the records may become; the oldest make room. 0: no limit.'),
  ),
  greylist_delay: own(time('300s', 'How long a new sender must wait.', { min: 0 })),
  greylist_retry_window: own(time('2d', 'How long a new sender may take to come back.', { min: 1 })),
  greylist_lifetime: own(time('35d', 'How long a sender that came back is remembered.', { min: 1 })),
  greylist_key: own(
    choice(['identity', 'network', 'address'], 'identity', 'What makes two clients the same sender.'),
  ),
  greylist_ipv4_prefix: own(int('24', 'Bits of an IPv4 address that make one network.', { min: 1, max: 32 })),
  greylist_ipv6_prefix: own(
    int('64', 'Bits of an IPv6 address that make one network.', { min: 1, max: 128 }),
  ),
  greylist_auto_whitelist_clients: own(
    int('5', 'Returns after which a client need not wait again; 0 is never.', { min: 0 }),
  ),
  greylist_whitelist: own(tables('', 'Clients, senders and recipients that need not wait.')),
  greylist_message: own(
    text('Greylisting in action, please try later', 'What a new sender is told.', { filled: true }),
  ),
  greylist_training: own(bool('no', 'Learn, but let nobody wait.')),
  greylist_failure_action: own(
    choice(['dunno', 'defer'], 'dunno', 'What happens when the memory cannot be asked.'),
  ),
  smtpd_oauth_introspection_url: own(text('', 'Where access tokens are asked about (RFC 7662).')),
  smtpd_oauth_client_file: own(text('', 'The file with our client id and secret for that.')),
  smtpd_oauth_jwks_url: own(text('', 'Where the keys of signed tokens are published.')),
  smtpd_oauth_issuer: own(text('', 'Who must have issued a token.')),
  smtpd_oauth_audience: own(list('', 'Whom a token must be meant for.')),
  smtpd_oauth_scope: own(list('', 'What a token must allow.')),
  smtpd_oauth_username_claim: own(text('email', 'The claim that names the user.', { filled: true })),
  learn_correspondents: own(bool('no', 'Remember whom the users of this service write to.')),
  correspondent_lifetime: own(time('60d', 'How long a correspondent is remembered.', { min: 1 })),
  spf_verify: own(bool('yes', 'Show the result of SPF in Authentication-Results.')),
  spf_best_guess: own(
    text('', 'The record of domains without one, such as "v=spf1 a/24 mx/24 ptr"; it only ever helps.'),
  ),
  spf_trusted_forwarders: own(networks('', 'Domains and networks whose SPF failures are forgiven.')),
  dkim_verify: own(bool('yes', 'Show the result of DKIM in Authentication-Results.')),
  dkim_sign: own(bool('no', 'Sign mail; for submission services.')),
  dkim_signing_maps: own(tables('', 'Sender to DOMAIN:SELECTOR:KEYFILE, several with commas.')),
  dmarc_policy: own(
    choice(
      ['off', 'monitor', 'enforce'],
      'monitor',
      'Whether the policy of the From: domain is looked up, and followed.',
    ),
  ),
  dmarc_quarantine_action: own(
    choice(['tag', 'quarantine'], 'tag', 'What becomes of mail that its domain wants in quarantine.'),
  ),
  arc_trusted_sealers: own(tables('', 'Domains whose ARC seals are believed.')),
  authserv_id: own(text('$myhostname', 'Our name in Authentication-Results.', { filled: true })),
  text_checks_size_limit: own(size('1M', 'How much readable text of a message is looked at; 0 is all.')),
  attachment_depth_limit: own(int('8', 'How deep archives in archives are opened.', { min: 1 })),
  attachment_member_limit: own(
    int('10000', 'How many members of archives one message may have.', { min: 1 }),
  ),
  attachment_unpacked_limit: own(
    size('256M', 'How much may come out of the archives of one message.', { min: 1 }),
  ),
  attachment_ratio_limit: own(
    int('250', 'How many times more may come out of archives than was sent; 32 MB are free.', { min: 1 }),
  ),
  attachment_time_limit: own(
    time('30s', 'How long opening the archives of one message may take.', { min: 1 }),
  ),
  attachment_memory_limit: own(
    size('128M', 'How much memory the decoder of one rare archive may have.', { min: 33_554_432 }),
  ),
  text_checks: own(
    tables('', 'Patterns for the readable text of a message, undone of encodings and disguises.'),
  ),
  attachment_checks: own(tables('', 'Patterns for names and types of attachments, also inside archives.')),
  clamav_socket: own(
    list('', 'Where clamd listens: inet:HOST:PORT or unix:PATH, several for failover; empty is off.'),
  ),
  clamav_timeout: own(time('60s', 'How long a scan may take.', { min: 1 })),
  clamav_max_connections: own(int('64', 'Scans under way at a time.', { min: 1 })),
  clamav_max_size: own(size('100M', 'The greatest message that is scanned.', { min: 1 })),
  clamav_action: own(
    choice(['reject', 'discard', 'quarantine', 'tag'], 'reject', 'What becomes of a message with a virus.'),
  ),
  clamav_action_maps: own(tables('', 'The same, by the name of the virus.')),
  clamav_heuristic_action: own(
    choice(
      ['reject', 'discard', 'quarantine', 'tag', 'accept'],
      'tag',
      'The same for what is a suspicion only: names that begin with Heuristics. or PUA.',
    ),
  ),
  clamav_oversize_action: own(
    choice(
      ['accept', 'reject', 'quarantine'],
      'accept',
      'What becomes of a message that is larger than clamav_max_size.',
    ),
  ),
  clamav_failure_action: own(
    choice(['defer', 'accept'], 'defer', 'What becomes of a message that cannot be scanned.'),
  ),
  clamav_header: own(
    text('X-Virus-Scanned: ClamAV using Portcullis', 'A header for scanned messages; empty for none.'),
  ),
  clamav_virus_command: own(text('', 'A command that is run when a virus was found.')),
  quarantine_retention: own(time('30d', 'How long held mail is kept; 0 is for ever.')),
  quarantine_size_limit: own(
    size('1G', 'How much held mail is kept; beyond, mail that would be held is refused for now.', { min: 1 }),
  ),
  address_verify_exceptions: own(tables('', 'Addresses and domains that nobody is asked about.')),
  address_verify_skip_proven_senders: own(
    bool('yes', 'Do not ask about senders whose domain SPF or DKIM has proven.'),
  ),
  address_verify_host_rate_limit: own(
    int('60', 'Addresses per minute that one mail host of others is asked about; 0 is no limit.'),
  ),
  address_verify_host_pause: own(
    time('10m', 'A mail host that does not want to be asked is left alone so long.'),
  ),
  address_verify_catch_all_probe: own(
    bool('no', 'Ask about an address that cannot exist, too: hosts that take any address prove nothing.'),
  ),
  user_exceptions_file: own(
    text(
      '$config_directory/user-exceptions',
      'Where `portcullis exceptions` writes; restrictions must ask it.',
      {
        filled: true,
      },
    ),
  ),
  report_sender: own(text('postmaster@$mydomain', 'Who sends reports to users.', { filled: true })),
  report_recipients: own(tables('', 'Who gets reports: yes or no for addresses and domains; empty for all.')),
  report_exclude: own(list('', 'Restrictions and classes whose refusals are in no report.')),
  report_exception_url: own(
    rawText(
      'mailto:postmaster@$mydomain?subject=please%20let%20$sender%20write%20to%20$recipient%20($id)',
      'The link in reports that asks for a sender to be let through; empty for none.',
    ),
  ),
  announce_recipients_early: own(
    bool('no', 'Next hops hear of recipients at RCPT, not only those of smtpd_proxy_filter.'),
  ),
  smtpd_received_header: own(
    choice(
      ['auto', 'yes', 'no'],
      'auto',
      'Whether mail gets our Received header; auto: unless it is on its way through a filter (XFORWARD).',
    ),
  ),
  after_queue: own(bool('no', 'This service stands behind a queue: refusing would make bounces.')),
  after_queue_action: own(
    choice(['quarantine', 'discard', 'tag'], 'quarantine', 'What happens there instead of refusing.'),
  ),
};

export type ParameterName = keyof typeof parameters;

/** The typed value of every parameter. */
export type Values = {
  readonly [N in ParameterName]: (typeof parameters)[N] extends Parameter<infer T> ? T : never;
};

const rows = new Map<string, Parameter<unknown>>(Object.entries(parameters));

/** The row of a name; undefined when the table has none. */
export function parameter(name: string): Parameter<unknown> | undefined {
  return rows.get(name);
}

/** All names, sorted as `postconf` sorts them. */
export const parameterNames: readonly string[] = [...rows.keys()].sort();
