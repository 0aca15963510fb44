/** Protocol versions and ciphers as Postfix writes them, as node:tls wants them. `Postfix: smtpd_tls_protocols, TLS_README`. */
import type { SecureContextOptions, SecureVersion } from 'node:tls';

const VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/**
 * `>=TLSv1.2`, `<=TLSv1.2`, `!SSLv3`, `TLSv1.2`: the lowest and highest version that are left. SSLv2 and SSLv3 are
 * gone whatever is written. Undefined when nothing is left.
 */
export function versionRange(
  items: readonly string[],
): { min: SecureVersion; max: SecureVersion } | undefined {
  let allowed = VERSIONS.slice();
  const named = items
    .map((item) => item.match(/^\w/) && findVersion(item))
    .filter((version) => version !== undefined);
  const included = named.filter((version) => version !== null);
  if (included.length > 0) allowed = allowed.filter((version) => included.includes(version));
  for (const item of items) {
    const version = findVersion(item.replace(/^(?:[<>]=|!)/, ''));
    const at = version ? VERSIONS.indexOf(version) : -1;
    if (at < 0) continue;
    if (item.startsWith('!')) allowed = allowed.filter((one) => one !== version);
    else if (item.startsWith('>=')) allowed = allowed.filter((one) => VERSIONS.indexOf(one) >= at);
    else if (item.startsWith('<=')) allowed = allowed.filter((one) => VERSIONS.indexOf(one) <= at);
  }
  const [min] = allowed;
  const max = allowed.at(-1);
  return min && max ? { min, max } : undefined;
}

function findVersion(name: string): SecureVersion | undefined {
  return VERSIONS.find((version) => version.toLowerCase() === name.toLowerCase());
}

export interface CipherWishes {
  readonly protocols: readonly string[];
  /** The OpenSSL cipher list of the wanted grade. */
  readonly cipherList: string;
  readonly exclude: readonly string[];
  readonly preferOurs: boolean;
}

export function secureOptions(wishes: CipherWishes): SecureContextOptions {
  const range = versionRange(wishes.protocols);
  const excluded = wishes.exclude.map((name) => `:!${name}`).join('');
  return {
    ...(range ? { minVersion: range.min, maxVersion: range.max } : {}),
    ciphers: `${wishes.cipherList}${excluded}`,
    honorCipherOrder: wishes.preferOurs,
  };
}
