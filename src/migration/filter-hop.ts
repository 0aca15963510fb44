/**
 * What every SMTP proxy behind a queue has in common when this gateway stands in its place: it judges nobody, takes mail
 * from this machine alone, and never refuses for good, because the MTA in front of it would bounce (after_queue).
 */
import type { Options } from './translation.ts';

/** Overrides of its line in master.cf; `permission`: how the MTA in front is told from strangers. */
export function filterHop(
  nextHop: string,
  permission: 'permit_mynetworks' | 'permit_inet_interfaces',
): Options {
  return {
    smtpd_proxy_filter: nextHop,
    content_filter: '',
    receive_override_options: 'no_unknown_recipient_checks,no_header_body_checks',
    smtpd_client_restrictions: '',
    smtpd_helo_restrictions: '',
    smtpd_sender_restrictions: '',
    smtpd_relay_restrictions: '',
    smtpd_recipient_restrictions: `${permission},reject`,
    smtpd_data_restrictions: '',
    smtpd_authorized_xforward_hosts: '127.0.0.0/8',
    spf_verify: 'no',
    dkim_verify: 'no',
    dmarc_policy: 'off',
    after_queue: 'yes',
  };
}

/** `10025` is a port of this machine. */
export function hostPort(text: string): string {
  return /^\d+$/.test(text) ? `127.0.0.1:${text}` : text;
}
