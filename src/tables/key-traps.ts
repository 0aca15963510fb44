/** Keys of fixed-string tables that look as if another kind of table was meant: such a key never matches. */

export interface Trap {
  readonly problem: string;
  readonly remedy: string;
}

const TRAPS: readonly { readonly pattern: RegExp; readonly why: string; readonly remedy: string }[] = [
  {
    pattern: /^\[?[0-9a-f.:]+\]?\/\d{1,3}$/i,
    why: 'is a network, but fixed-string tables only know whole addresses and their beginnings',
    remedy: 'put it into a cidr table, or write the beginning (192.0.2)',
  },
  {
    pattern: /^!?\/.*\/[a-zA-Z]*$/,
    why: 'is a pattern, but fixed-string tables compare whole keys',
    remedy: 'put it into a regexp or pcre table',
  },
  {
    pattern: /^[\d.]+\.$|^[^@]*\*/,
    why: 'never matches: there are no wildcards here, and no dot behind a network',
    remedy: 'write the parent domain or the beginning of the address alone',
  },
];

/** What is wrong with a key; undefined when it looks well. A single `*` is the wildcard of transport tables. */
export function lintKey(key: string): Trap | undefined {
  if (key === '*') return undefined;
  const trap = TRAPS.find(({ pattern }) => pattern.test(key));
  return trap && { problem: `"${key}" ${trap.why}`, remedy: trap.remedy };
}
