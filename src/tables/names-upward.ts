/**
 * A host name and its parent domains, in the order in which tables and lists are asked for them.
 * `Postfix: check_domain_access, match_hostname, parent_domain_matches_subdomains`.
 */

/** Most names asked for; longer ones than a command line can hold are cut off here. */
const MAX_NAMES = 1024;

export interface NameKey {
  readonly key: string;
  /** It is not the whole name. */
  readonly partial: boolean;
}

/** `sub.example.com`, then `example.com`, `com` (or `.example.com`, `.com` where parents do not match subdomains). */
export function* namesUpward(name: string, parentMatches: boolean): Generator<NameKey> {
  let key = name;
  for (let n = 0; key !== '' && n < MAX_NAMES; n++) {
    yield { key, partial: n > 0 };
    const dot = key.indexOf('.', 1);
    if (dot < 0) return;
    key = key.slice(parentMatches ? dot + 1 : dot);
  }
}
