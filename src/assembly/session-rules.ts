/** What a session may do and say, and how much of it, from settings: limits, patience, duties, forbidden words. */
import { isPromise } from '../mail/maybe-promise.ts';
import { ClientLimiter, type Counters } from '../server/client-limits.ts';
import type { BareNewlines } from '../server/data-reader.ts';
import type { WordList } from '../server/service.ts';
import type { Settings } from '../settings/settings.ts';
import type { MatchList } from '../tables/match-list.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Openers } from './openers.ts';

export function clientLimits(name: string, openers: Openers, counters: Counters): ClientLimiter {
  const { settings } = openers;
  return new ClientLimiter({
    service: name,
    counters,
    concurrency: settings.smtpd_client_connection_count_limit,
    rates: {
      connection: settings.smtpd_client_connection_rate_limit,
      mail: settings.smtpd_client_message_rate_limit,
      recipient: settings.smtpd_client_recipient_rate_limit,
      auth: settings.smtpd_client_auth_rate_limit,
      tls: settings.smtpd_client_new_tls_session_rate_limit,
    },
    exceptions: openers.list('smtpd_client_event_limit_exceptions', 'network'),
    ipv4PrefixBits: settings.smtpd_client_ipv4_prefix_length,
    ipv6PrefixBits: settings.smtpd_client_ipv6_prefix_length,
  });
}

export function limitsOfSession(settings: Settings) {
  return {
    proxyProtocol:
      settings.smtpd_upstream_proxy_protocol === ''
        ? undefined
        : { timeoutMs: settings.smtpd_upstream_proxy_timeout },
    patience: {
      timeoutMs: settings.smtpd_timeout,
      perRequest: settings.smtpd_per_request_deadline,
      minDataRate: settings.smtpd_min_data_rate,
    },
    lineLengthLimit: settings.line_length_limit,
    saslResponseLimit: settings.smtpd_sasl_response_limit,
    messageSizeLimit: settings.message_size_limit,
    recipientLimit: settings.smtpd_recipient_limit,
    recipientOvershootLimit: settings.smtpd_recipient_overshoot_limit,
    softErrorLimit: settings.smtpd_soft_error_limit,
    hardErrorLimit: settings.smtpd_hard_error_limit,
    junkCommandLimit: settings.smtpd_junk_command_limit,
    errorSleepMs: settings.smtpd_error_sleep_time,
  };
}

const BARE_NEWLINES: Record<string, BareNewlines> = { no: 'accept', reject: 'reject' };

export function rulesOfSpeech(openers: Openers) {
  const { settings } = openers;
  const filter = openers.maps('smtpd_command_filter');
  return {
    myhostname: settings.myhostname,
    banner: settings.smtpd_banner,
    peernameLookup: settings.smtpd_peername_lookup,
    heloRequired: settings.smtpd_helo_required,
    vrfyDisabled: settings.disable_vrfy_command,
    strictEnvelopes: settings.strict_rfc821_envelopes,
    strictSmtputf8: settings.strict_smtputf8,
    smtputf8Enable: settings.smtputf8_enable,
    forbiddenCommands: words(openers.list('smtpd_forbidden_commands', 'string')),
    noopCommands: words(openers.list('smtpd_noop_commands', 'string')),
    commandFilter: filter && ((line: string) => filter.find(line)),
    forbidUnauthPipelining: settings.smtpd_forbid_unauth_pipelining,
    bareNewlines: BARE_NEWLINES[settings.smtpd_forbid_bare_newline] ?? 'normalize',
    bareNewlineExclusions: openers.list('smtpd_forbid_bare_newline_exclusions', 'network'),
    bareNewlineRejectCode: settings.smtpd_forbid_bare_newline_reject_code,
  };
}

/** Words, some of them in tables; a table that does not answer has none. `Postfix: string_list_match`. */
export function words(list: MatchList): WordList {
  const none = (error: unknown): false => {
    if (error instanceof LookupFailure) return false;
    throw error;
  };
  return {
    has(word) {
      try {
        const found = list.has(word);
        return isPromise(found) ? found.catch(none) : found;
      } catch (error) {
        return none(error);
      }
    },
  };
}
