/**
 * Whether a list keeps strangers from relaying: without one of these restrictions a service would be an open relay, and
 * does not start. `Postfix: smtpd_check_init, has_required`.
 */
import type { Token } from '../settings/tokens.ts';

/** One of them must stand in smtpd_relay_restrictions or smtpd_recipient_restrictions. */
export const relayGuards: readonly string[] = [
  'reject_unauth_destination',
  'defer_unauth_destination',
  'reject',
  'defer',
  'defer_if_permit',
  'check_relay_domains',
];

/** Looks into classes, too; what stands behind `permit` or is only warned about does not count. */
export function guardsRelay(
  tokens: readonly Token[],
  classes: ReadonlyMap<string, readonly Token[]>,
  seen: ReadonlySet<string> = new Set(),
): boolean {
  const words = tokens.map(({ text }) => text);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const name = word.toLowerCase();
    if (name === 'warn_if_reject') i += 1;
    else if (name === 'permit') return false;
    else if (relayGuards.includes(name)) return true;
    const inner = seen.has(word) ? undefined : classes.get(word);
    if (inner && guardsRelay(inner, classes, new Set([...seen, word]))) return true;
  }
  return false;
}
