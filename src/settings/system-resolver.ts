/**
 * What resolv.conf(5) says of patience, for the questions that go to its name servers: `options timeout:N attempts:N`.
 * Nothing where the file is missing or says nothing sensible. `Postfix: asks by the C library, which heeds it.`
 */
import { readFileSync } from 'node:fs';

/** The C library's own limits. `glibc: RES_MAXRETRANS, RES_MAXRETRY`. */
const MOST = { timeout: 30, attempts: 5 } as const;

/** Seconds for `timeout`, a number for `attempts`; the last mention counts, as in the C library. */
export function resolverOption(name: keyof typeof MOST, file = '/etc/resolv.conf'): number | undefined {
  let found: number | undefined;
  for (const [, options = ''] of contentOf(file).matchAll(/^options[ \t]+(.*)$/gm)) {
    for (const [, option, digits] of options.matchAll(/(?<!\S)(timeout|attempts):(\d+)(?!\S)/g)) {
      if (option === name) found = Math.min(Number(digits), MOST[name]);
    }
  }
  return found === undefined || found < 1 ? undefined : found;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
