/**
 * Mailing lists and forwarders break signatures. Where the newest seals of a chain are all of sealers we trust, and one
 * of these saw the mail pass DMARC, that counts. RFC 8617 7.2.1. Parameter: arc_trusted_sealers.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import type { ArcResult } from '../../sender-auth/arc.ts';
import { parseResults } from '../../sender-auth/results-parser.ts';

/** The trusted sealer that vouches for the mail; undefined: none does. `isTrusted` rejects when it cannot be known. */
export async function voucherOf(
  { result, sealers }: ArcResult,
  isTrusted: (domain: string) => MaybePromise<boolean>,
): Promise<string | undefined> {
  if (result !== 'pass') return undefined;
  for (const { domain, results } of [...sealers].reverse()) {
    if (!(await isTrusted(domain))) return undefined; // who comes after may have changed everything
    const seen = parseResults(results)?.results ?? [];
    if (seen.some(({ method, result: found }) => method === 'dmarc' && found === 'pass')) return domain;
  }
  return undefined;
}
