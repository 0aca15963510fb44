/**
 * A host name and its parent domains, in the order in which tables and lists are asked for them.
 * `Postfix: check_domain_access, match_hostname, parent_domain_matches_subdomains`.
 */

/** Longer names are no host names, and only asked for as a whole; a command line holds 2048. */
const MAX_LENGTH = 4096;

export interface NameKey {
  readonly key: string;
  /** It is not the whole name. */
  readonly partial: boolean;
}

/** `sub.example.com`, then `example.com`, `com` (or `.example.com`, `.com` where parents do not match subdomains). */
export function* namesUpward(name: string, parentMatches: boolean): Generator<NameKey> {
  if (name !== '') yield { key: name, partial: false };
  if (name.length > MAX_LENGTH) return;
  let key = name;
  for (let dot = key.indexOf('.', 1); dot >= 0; dot = key.indexOf('.', 1)) {
    key = key.slice(parentMatches ? dot + 1 : dot);
    if (key === '') return;
    yield { key, partial: true };
  }
}
