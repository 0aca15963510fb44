/**
 * Which mechanisms the operator wants, by their properties and names. Parameters: smtpd_sasl_security_options,
 * smtpd_sasl_tls_security_options, smtpd_sasl_mechanism_filter. `Postfix: xsasl_dovecot_server_mech_filter`.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';
import type { Property } from './mechanism.ts';

export type SecurityOption =
  | 'noplaintext'
  | 'noactive'
  | 'nodictionary'
  | 'noanonymous'
  | 'forward_secrecy'
  | 'mutual_auth';

/** The property that each option forbids or insists on. */
const RULES: Readonly<Record<SecurityOption, { readonly property: Property; readonly wanted: boolean }>> = {
  noplaintext: { property: 'plaintext', wanted: false },
  noactive: { property: 'active', wanted: false },
  nodictionary: { property: 'dictionary', wanted: false },
  noanonymous: { property: 'anonymous', wanted: false },
  forward_secrecy: { property: 'forward-secrecy', wanted: true },
  mutual_auth: { property: 'mutual-auth', wanted: true },
};

export interface Wanted {
  /** Of clients without TLS, and of those with it. */
  readonly security: { readonly plain: readonly SecurityOption[]; readonly tls: readonly SecurityOption[] };
  /** smtpd_sasl_mechanism_filter; a filter that cannot be asked wants nothing. */
  readonly isWanted: (mechanism: string) => MaybePromise<boolean>;
}

interface Named {
  readonly name: string;
  readonly properties: readonly string[];
}

/** Those of the mechanisms that this client may use. */
export function allowedOf<M extends Named>(
  mechanisms: readonly M[],
  { tls }: Session,
  { security }: Wanted,
): M[] {
  const options = tls ? security.tls : security.plain;
  return mechanisms.filter(({ properties }) => isAllowed(properties, options));
}

/** Those of them that the filter lets through. */
export async function filteredOf<M extends Named>(allowed: readonly M[], { isWanted }: Wanted): Promise<M[]> {
  const filtered: M[] = [];
  for (const one of allowed) {
    if (await isWanted(one.name)) filtered.push(one);
  }
  return filtered;
}

/** Whether a mechanism with these properties satisfies the options. */
export function isAllowed(properties: readonly string[], options: readonly SecurityOption[]): boolean {
  return options.every((option) => {
    const { property, wanted } = RULES[option];
    return properties.includes(property) === wanted;
  });
}
