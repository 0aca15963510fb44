/**
 * Rewrites the addresses of a header: completed, canonical, masqueraded; the header is then folded anew, with as many
 * addresses on a line as fit. `Postfix: cleanup_rewrite_sender, cleanup_rewrite_recip, cleanup_fold_header`.
 * Parameters: header_address_token_limit. Headers in which nothing changes stay as they are.
 */
import type { MaybePromise } from '../../mail/maybe-promise.ts';
import { decodeOctets, encodeOctets } from '../../mail/octets.ts';
import { externalText, scan822 } from '../../mail/tokens822.ts';
import { readAddressList, writeAddressList } from './address-list.ts';

/** Makes of an address in external form what is to stand in its place. Throws LookupFailure. */
export type RewriteAddress = (external: string) => MaybePromise<string>;

/** For headers with the addresses of senders, and those with the addresses of recipients. */
export interface HeaderRewriter {
  readonly sender: RewriteAddress;
  readonly recipient: RewriteAddress;
}

const LINE_LENGTH = 70;

/** `text`: `Name: value`, LF between lines; undefined when nothing changes. */
export async function rewriteAddresses(
  text: Buffer,
  rewrite: RewriteAddress,
  tokenLimit: number,
  warn: (warning: string) => void,
): Promise<Buffer | undefined> {
  const whole = decodeOctets(text);
  const colon = whole.indexOf(':');
  const items = readAddressList(whole.slice(colon + 1), tokenLimit);
  let isChanged = false;
  for (const item of items) {
    if (item.kind !== 'address') continue;
    const before = externalText(item.tokens);
    const after = await rewrite(before);
    if (after === before) continue;
    item.tokens = scan822(after);
    isChanged = true;
  }
  if (!isChanged) return undefined;
  const list = writeAddressList(items, (part) =>
    warn(`stripping too many comments from address: ${part.slice(0, 100)}...`),
  );
  return encodeOctets(folded(`${whole.slice(0, colon)}: ${list}`));
}

/** Joins lines as long as they are short. */
function folded(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  let result = first;
  let lineBytes = encodeOctets(first).length;
  for (const line of rest) {
    const bytes = encodeOctets(line).length;
    const joins = lineBytes + 1 + bytes < LINE_LENGTH;
    result += joins ? ` ${line}` : `\n${line}`;
    lineBytes = joins ? lineBytes + 1 + bytes : bytes;
  }
  return result;
}
