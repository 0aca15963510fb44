/**
 * A mail address as a value, in Postfix's internal form: quotes and backslashes of the local part are gone.
 * From the door on nobody splits at `@`. How an address is read from a command: tokens822.ts and server/command.ts.
 */
export interface Address {
  /** `joe user@example.com`; empty for the null sender. */
  readonly text: string;
  readonly local: string;
  /** As written, `""` when there is none. */
  readonly domain: string;
}

export const nullSender: Address = { text: '', local: '', domain: '' };

/** The address of an internal-form text; it is split at the last `@`. */
export function address(text: string): Address {
  if (text === '') return nullSender;
  const at = text.lastIndexOf('@');
  if (at < 0) return { text, local: text, domain: '' };
  return { text, local: text.slice(0, at), domain: text.slice(at + 1) };
}

const ATOM = /^[^\s()<>[\]:;@\\,"\p{Cc}]+$/u;

/** The address as it stands between `<` and `>`: the local part quoted where it must be. `Postfix: quote_822_local`. */
export function externalForm(of: Address): string {
  if (of.text === '' || isDotAtom(of.local)) return of.text;
  const quoted = `"${of.local.replace(/["\\\r]/g, '\\$&')}"`;
  return of.text.includes('@') ? `${quoted}@${of.domain}` : quoted;
}

function isDotAtom(local: string): boolean {
  return ATOM.test(local) && !local.startsWith('.') && !local.endsWith('.') && !local.includes('..');
}

/**
 * Local part and extension: `joe+list` with delimiters `+` is `joe` and `list`. Names that mail systems themselves use
 * keep their delimiters. `Postfix: recipient_delimiter, owner_request_special`.
 */
export function splitExtension(
  local: string,
  delimiters: string,
  ownerRequestSpecial = true,
): { base: string; extension: string | undefined } {
  const whole = { base: local, extension: undefined };
  if (delimiters === '' || isSystemLocal(local)) return whole;
  if (ownerRequestSpecial && delimiters.includes('-') && /^owner-|.-request$/i.test(local)) return whole;
  for (let i = 0; i < local.length; i++) {
    if (!delimiters.includes(local.charAt(i))) continue;
    return i === 0 ? whole : { base: local.slice(0, i), extension: local.slice(i + 1) };
  }
  return whole;
}

function isSystemLocal(local: string): boolean {
  return /^(?:mailer-daemon|double-bounce|postmaster)$/i.test(local);
}
