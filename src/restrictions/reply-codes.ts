/** The reply codes and tempfail actions that operators can change, each with the Postfix parameter it comes from. */
import type { TempfailAction } from './restriction.ts';

export interface ReplyCodes {
  readonly access_map_reject_code: number;
  readonly access_map_defer_code: number;
  readonly defer_code: number;
  readonly reject_code: number;
  readonly invalid_hostname_reject_code: number;
  readonly non_fqdn_reject_code: number;
  readonly unknown_client_reject_code: number;
  readonly unknown_hostname_reject_code: number;
  readonly unknown_address_reject_code: number;
  readonly maps_rbl_reject_code: number;
  readonly multi_recipient_bounce_reject_code: number;
  readonly plaintext_reject_code: number;
  readonly relay_domains_reject_code: number;
  readonly unknown_local_recipient_reject_code: number;
  readonly unknown_relay_recipient_reject_code: number;
  readonly unknown_virtual_alias_reject_code: number;
  readonly unknown_virtual_mailbox_reject_code: number;
  readonly unknown_address_tempfail_action: TempfailAction;
  readonly unknown_helo_hostname_tempfail_action: TempfailAction;
}
