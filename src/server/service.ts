/**
 * What a listener of kind `smtpd` is told: its names, limits, time-outs, who may do what, and the judges behind it.
 * main.ts fills it from the service's settings; the names of the parameters stand beside each field.
 */
import type { SecureContext, TlsOptions } from 'node:tls';
import type { SaslServer } from '../accounts/sasl.ts';
import type { HostNames } from '../dns/system-names.ts';
import type { Gateway } from '../gateway.ts';
import type { Client } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import type { ClientLimits } from './client-limits.ts';
import type { BareNewlines } from './data-reader.ts';
import type { PatienceOptions } from './patience.ts';
import type { ScreenOptions } from './screen-options.ts';

/** A list of hosts that may do something. Rejects when it cannot be known. */
interface HostList {
  has(host: { readonly name: string; readonly address: string }): MaybePromise<boolean>;
}

export interface ServiceOptions {
  /** As in master.cf. */
  readonly name: string;
  readonly myhostname: string;
  /** smtpd_banner, expanded. */
  readonly banner: string;
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly log: Log;
  readonly names: HostNames;
  readonly limits: ClientLimits;
  /** The tests of postscreen; undefined: it does not stand in front of this service. */
  readonly screen: ScreenOptions | undefined;
  /** smtpd_peername_lookup */
  readonly peernameLookup: boolean;
  /** smtpd_upstream_proxy_protocol = haproxy, smtpd_upstream_proxy_timeout */
  readonly proxyProtocol: { readonly timeoutMs: number } | undefined;

  readonly patience: PatienceOptions;
  /** line_length_limit, bytes; what a command has beyond is not looked at. */
  readonly lineLengthLimit: number;
  /** smtpd_sasl_response_limit, bytes */
  readonly saslResponseLimit: number;
  /** message_size_limit, bytes; 0: none. */
  readonly messageSizeLimit: number;
  /** smtpd_recipient_limit, smtpd_recipient_overshoot_limit */
  readonly recipientLimit: number;
  readonly recipientOvershootLimit: number;
  /** smtpd_soft_error_limit, smtpd_hard_error_limit, smtpd_junk_command_limit, smtpd_error_sleep_time */
  readonly softErrorLimit: number;
  readonly hardErrorLimit: number;
  readonly junkCommandLimit: number;
  readonly errorSleepMs: number;

  /** smtpd_helo_required, disable_vrfy_command, strict_rfc821_envelopes, strict_smtputf8, smtputf8_enable */
  readonly heloRequired: boolean;
  readonly vrfyDisabled: boolean;
  readonly strictEnvelopes: boolean;
  readonly strictSmtputf8: boolean;
  readonly smtputf8Enable: boolean;
  /** smtpd_delay_open_until_valid_rcpt is of no effect: the next hop is never asked before a valid recipient. */
  readonly forbiddenCommands: WordList;
  readonly noopCommands: WordList;
  /** smtpd_command_filter */
  readonly commandFilter: ((line: string) => MaybePromise<string | undefined>) | undefined;
  /** smtpd_forbid_unauth_pipelining */
  readonly forbidUnauthPipelining: boolean;
  /** smtpd_forbid_bare_newline and its _exclusions and _reject_code */
  readonly bareNewlines: BareNewlines;
  readonly bareNewlineExclusions: HostList;
  readonly bareNewlineRejectCode: number;

  /** EHLO keywords (lower case) not to offer to a client: smtpd_discard_ehlo_keywords and its maps, and what the next hop lacks. */
  discardedKeywords(clientAddress: string): MaybePromise<ReadonlySet<string>>;
  /** The most the next hop takes, bytes; undefined: unknown or unlimited. */
  nextHopSizeLimit(): number | undefined;
  /** Whether ETRN for a domain makes sense. `Postfix: fast_flush_domains`. */
  mayFlush(domain: string): MaybePromise<boolean>;
  /** Checks the syntax beyond the tokenizer: the domain must be one. `Postfix: smtpd_check_addr`. */
  isBadAddress(text: string, smtputf8: boolean): Promise<boolean>;
  /** Whether headers and addresses of this client are completed with our domain. */
  isLocalRewriteClient(session: Session, connectedFrom: string): MaybePromise<boolean>;

  readonly authorizedXclientHosts: HostList;
  readonly authorizedXforwardHosts: HostList;
  /** smtpd_authorized_verp_clients is known and never offered: there is no queue to make envelopes in. */

  readonly tls: TlsService | undefined;
  readonly sasl: SaslService | undefined;
  /** Footers, filters and soft_bounce: the last word on every refusal. */
  finishReply(answer: Reply, about: ReplyContext): MaybePromise<Reply>;
}

/** What footers may speak of. */
export interface ReplyContext {
  readonly session: Session;
  readonly envelope: Envelope | undefined;
  readonly ledgerId: string;
}

export interface WordList {
  has(word: string): MaybePromise<boolean>;
}

export interface TlsService {
  /** The current certificates; undefined when they cannot be used (454). */
  context(): SecureContext | undefined;
  readonly options: Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized' | 'SNICallback' | 'ALPNProtocols'>;
  /** smtpd_tls_security_level = encrypt */
  readonly required: boolean;
  /** smtpd_tls_wrappermode */
  readonly wrapper: boolean;
  /** smtpd_tls_req_ccert */
  readonly requireCertificate: boolean;
  /** smtpd_starttls_timeout */
  readonly handshakeTimeoutMs: number;
  /** smtpd_tls_fingerprint_digest */
  readonly fingerprintDigest: string;
}

export interface SaslService {
  readonly server: SaslServer;
  /** Whether this client has to turn on TLS first. smtpd_tls_auth_only */
  needsTls(client: Client): boolean;
  /**
   * AUTH lines may be as long as responses. RFC 4954 4. Tokens need that; Postfix ends them at line_length_limit, and so
   * do we without tokens.
   */
  readonly longCommands: boolean;
  /** broken_sasl_auth_clients */
  readonly oldForm: boolean;
  /** smtpd_sasl_exceptions_networks */
  readonly exceptions: HostList;
}
