/**
 * Restrictions that work as they are written, and are dangerous: what anybody can claim opens the relay, lists of dial-up
 * addresses keep our own users out. `check` tells it. `Postfix: SMTPD_ACCESS_README, "Dangerous use of
 * smtpd_recipient_restrictions"`.
 */
import { formatSource, type Source } from '../mail/source.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Token } from '../settings/tokens.ts';
import { relayGuards } from './relay-guard.ts';
import {
  type Classes,
  mayPermit,
  type WrittenRestriction,
  writtenRestrictions,
} from './written-restrictions.ts';

export interface WrittenLists {
  readonly client: readonly Token[];
  readonly helo: readonly Token[];
  readonly sender: readonly Token[];
  readonly relay: readonly Token[];
  readonly recipient: readonly Token[];
}

export interface DangerContext {
  readonly classes: Classes;
  /** permit_mx_backup_networks is set. */
  readonly limitsMxBackup: boolean;
  /** smtpd_sasl_auth_enable */
  readonly hasLogins: boolean;
  /** The rows of a table, as far as they are at hand. */
  rows(table: Token): Iterable<{ readonly value: string; readonly source: Source }>;
  readonly complain: Complain;
}

/** What a client can say of itself, and by which word. */
const CLAIMS: Readonly<Record<string, string>> = {
  check_helo_access: 'says that HELO name',
  check_sender_access: 'claims that sender',
  check_access: 'claims that sender',
};

/** Looks at the lists of one service. */
export function hintAtDangers(lists: WrittenLists, context: DangerContext): void {
  const walk = (tokens: readonly Token[]) => [...writtenRestrictions(tokens, context.classes)];
  const relay = walk(lists.relay);
  const deciding = relay.some(isGuard) ? relay : walk(lists.recipient);
  hintAtOpenRelay(deciding, context);
  if (!context.hasLogins) return;
  for (const list of Object.values(lists)) hintAtLockedOutUsers(walk(list), context);
}

function isGuard({ name, softened }: WrittenRestriction): boolean {
  return !softened && relayGuards.includes(name);
}

/** In the list that decides about relaying, what stands in front of the guard must not say yes to strangers. */
function hintAtOpenRelay(list: readonly WrittenRestriction[], context: DangerContext): void {
  for (const restriction of list) {
    if (isGuard(restriction)) return;
    hintAtClaim(restriction, context);
    hintAtAskedPermission(restriction, context);
  }
}

function hintAtClaim(
  { name, argument }: WrittenRestriction,
  { classes, rows, complain }: DangerContext,
): void {
  const claim = CLAIMS[name];
  if (claim === undefined || !argument) return;
  const row = Iterator.from(rows(argument)).find(({ value }) => mayPermit(value, classes));
  if (!row) return;
  complain({
    source: argument.source,
    severity: 'warning',
    problem: `${name} ${argument.text} says "${row.value}" (${formatSource(row.source)}) before strangers are kept from relaying: who ${claim} can relay`,
    remedy: 'put it behind reject_unauth_destination',
  });
}

/** Permission that others give: a policy service, a domain's MX records, anybody's certificate. */
const ASKED: Readonly<Record<string, { readonly what: string; readonly severity: 'warning' | 'note' }>> = {
  check_policy_service: { what: 'if the service ever says OK, its client can relay', severity: 'note' },
  permit_tls_all_clientcerts: {
    what: 'everybody with a certificate of any trusted authority can relay',
    severity: 'warning',
  },
  permit_naked_ip_address: { what: 'everybody who says HELO with an address can relay', severity: 'warning' },
  permit_mx_backup: {
    what: 'every domain that names us as a mail exchanger is relayed for',
    severity: 'note',
  },
};

function hintAtAskedPermission({ name, word, softened }: WrittenRestriction, context: DangerContext): void {
  const asked = ASKED[name];
  if (!asked || softened || (name === 'permit_mx_backup' && context.limitsMxBackup)) return;
  context.complain({
    source: word.source,
    severity: asked.severity,
    problem: `${name} stands before strangers are kept from relaying: ${asked.what}`,
    remedy:
      name === 'permit_mx_backup'
        ? 'set permit_mx_backup_networks'
        : 'put it behind reject_unauth_destination',
  });
}

/** They have the addresses of homes and mobile phones. */
const LISTS_USERS =
  /^(?:reject_rbl_client|reject_rhsbl_(?:reverse_)?client|reject_dnsbl_score|reject_maps_rbl|reject_unknown_(?:reverse_)?client_hostname)$/;
const KNOWS_USERS = /^permit_sasl_authenticated$/;

function hintAtLockedOutUsers(list: readonly WrittenRestriction[], { complain }: DangerContext): void {
  for (const { name, argument, word, softened } of list) {
    if (KNOWS_USERS.test(name) || name === 'permit' || name === 'reject') return;
    if (softened || !LISTS_USERS.test(name)) continue;
    const asked = argument ? `${name} ${argument.text}` : name;
    complain({
      source: word.source,
      severity: 'warning',
      problem: `${asked} is asked before permit_sasl_authenticated: it keeps out users who log in from home`,
      remedy: 'put permit_sasl_authenticated in front of it',
    });
    return;
  }
}
