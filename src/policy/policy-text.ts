/**
 * The text of policy delegation: `name=value` lines, and an empty line at the end of each question and answer.
 * `Postfix: SMTPD_POLICY_README, attr_print_plain.c, attr_scan_plain.c`.
 */
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import type { PolicyAttributes } from './policy-service.ts';

const NEWLINE = 0x0a;

/** Attributes as they go over the wire. */
export function writeAttributes(attributes: PolicyAttributes): Buffer {
  const lines = attributes.map(([name, value]) => `${name}=${oneLine(value)}\n`);
  return encodeOctets(`${lines.join('')}\n`);
}

/** No value may begin a line of its own. */
function oneLine(value: string): string {
  return /[\n\0]/.test(value) ? value.replace(/[\n\0]/g, '?') : value;
}

/** How many bytes of the buffer the first whole question or answer takes, its empty line included; 0: more has to come. */
export function blockLength(bytes: Buffer): number {
  if (bytes[0] === NEWLINE) return 1;
  const end = bytes.indexOf('\n\n');
  return end < 0 ? 0 : end + 2;
}

/** The attributes of a block; the first of equal ones counts, lines without `=` do not. */
export function readAttributes(block: Buffer): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const line of decodeOctets(block).split('\n')) {
    const equals = line.indexOf('=');
    if (equals < 0) continue;
    const name = line.slice(0, equals);
    if (!attributes.has(name)) attributes.set(name, line.slice(equals + 1));
  }
  return attributes;
}
