/**
 * Which mechanisms the operator wants, by their properties: smtpd_sasl_security_options, smtpd_sasl_tls_security_options.
 * `Postfix: xsasl_dovecot_server_mech_filter`.
 */
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

/** The rules for clients without and with TLS. */
export interface SecurityOptions {
  readonly plain: readonly SecurityOption[];
  readonly tls: readonly SecurityOption[];
}

/** Whether a mechanism with these properties satisfies the options. */
export function isAllowed(properties: readonly string[], options: readonly SecurityOption[]): boolean {
  return options.every((option) => {
    const { property, wanted } = RULES[option];
    return properties.includes(property) === wanted;
  });
}
