/** xtext, the encoding of values in XFORWARD, XCLIENT and DSN parameters. RFC 3461 4. `Postfix: xtext_quote` */
import { encodeOctets } from '../mail/octets.ts';

const PLAIN = /^[!-*,-~]*$/;

/** Every octet outside `!`..`~`, and `+`, becomes `+XX`. */
export function toXtext(text: string): string {
  if (PLAIN.test(text)) return text;
  let quoted = '';
  for (const octet of encodeOctets(text)) {
    const plain = octet > 0x20 && octet < 0x7f && octet !== 0x2b;
    quoted += plain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return quoted;
}
