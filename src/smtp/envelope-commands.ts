/**
 * MAIL and RCPT for a next hop: what the client asked for, as far as the next hop offers it. RFC 5321 4.1.1.2,
 * RFC 1870 (SIZE), 6152 (BODY), 6531 (SMTPUTF8), 3461 (RET, ENVID, NOTIFY, ORCPT), 4954 (AUTH), 8689 (REQUIRETLS).
 * An address or value that cannot stand in a command is not sent. It re-encodes nothing.
 */
import { type Address, externalForm } from '../mail/address.ts';
import type { RecipientOptions, SenderOptions } from '../mail/envelope.ts';
import type { Capabilities } from './capabilities.ts';

/** Undefined when the address cannot be written. */
export function mailCommand(sender: Address, options: SenderOptions, can: Capabilities): string | undefined {
  const path = pathOf(sender);
  if (path === undefined) return undefined;
  let command = `MAIL FROM:${path}`;
  if (can.size && options.size !== undefined) command += ` SIZE=${options.size}`;
  if (can.eightBitMime && (options.body === '8BITMIME' || options.body === '7BIT'))
    command += ` BODY=${options.body}`;
  if (can.smtputf8 && options.smtputf8 === true) command += ' SMTPUTF8';
  if (can.requireTls && options.requireTls === true) command += ' REQUIRETLS';
  if (can.dsn && options.ret !== undefined) command += ` RET=${options.ret}`;
  if (can.dsn) command += parameter('ENVID', options.envid);
  if (can.auth.length > 0) command += parameter('AUTH', options.auth);
  return command;
}

/** Undefined when the address cannot be written. */
export function rcptCommand(
  recipient: Address,
  options: RecipientOptions,
  can: Capabilities,
): string | undefined {
  const path = pathOf(recipient);
  if (path === undefined) return undefined;
  if (!can.dsn) return `RCPT TO:${path}`;
  return `RCPT TO:${path}${parameter('NOTIFY', options.notify)}${parameter('ORCPT', options.orcpt)}`;
}

/** Whether the address has octets beyond ASCII. */
export function isInternational(address: Address): boolean {
  return /[^\0-\x7f]/.test(address.text);
}

function pathOf(address: Address): string | undefined {
  if (/[\0-\x1f\x7f]/.test(address.text) || /[\s<>]/.test(address.domain)) return undefined;
  return `<${externalForm(address)}>`;
}

function parameter(name: string, value: string | undefined): string {
  return value === undefined || value === '' || /[\0-\x20\x7f]/.test(value) ? '' : ` ${name}=${value}`;
}
