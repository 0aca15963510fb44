/**
 * Domain names as the checks compare and look them up: lower case, A-labels, no dot at the end.
 * RFC 1035 2.3.4 (lengths), RFC 5890 (A-labels), RFC 8616 (U-labels in SPF, DKIM and DMARC).
 * What is no name that the DNS could hold is undefined; whether it exists is not asked here.
 */
import { isIPv4 } from 'node:net';
import { domainToASCII } from 'node:url';

const MAX_NAME = 253;
const NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** ASCII that no domain holds; such a text is not handed to IDNA, which would read it as a URL's host. */
const FOREIGN = /[\x00-\x20"#$%&'()*+,/:;<=>?@[\\\]^`{|}~\x7f\ud800-\udfff]/;

/** The name as it is compared and asked for; undefined when it cannot be one. */
export function asciiName(text: string): string | undefined {
  const bare = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  const name = /^[\x00-\x7f]*$/.test(bare) ? bare : idna(bare);
  return name.length <= MAX_NAME && NAME.test(name) ? name : undefined;
}

function idna(text: string): string {
  if (FOREIGN.test(text)) return '';
  const name = domainToASCII(text);
  return isIPv4(name) ? '' : name;
}

/** A name of at least two labels, which SPF and DKIM ask of a domain. RFC 7208 4.3, RFC 6376 3.5 */
export function qualifiedName(text: string): string | undefined {
  const name = asciiName(text);
  return name?.includes('.') ? name : undefined;
}

/** Whether the name is the parent or lies below it; both as `asciiName` gives them. */
export function isAtOrBelow(name: string, parent: string): boolean {
  return name === parent || name.endsWith(`.${parent}`);
}
