/**
 * Names and passwords as they are compared: prepared by SASLprep, so that the same characters typed on another keyboard
 * are the same bytes. RFC 4013, RFC 4616 2, RFC 5802 5.1. Printable ASCII is prepared already.
 */

/** Longer ones are nobody's: what they cost must be bounded. */
export const MAX_NAME_BYTES = 512;
export const MAX_PASSWORD_BYTES = 1024;

const PLAIN_ASCII = /^[\x20-\x7e]*$/;

/** The prepared text; undefined when it has characters that no name or password may have. */
export async function prepared(text: string): Promise<string | undefined> {
  if (PLAIN_ASCII.test(text)) return text;
  // Loaded by the first who needs it: its tables take a while.
  const { saslprep } = await import('@mongodb-js/saslprep');
  try {
    return saslprep(text, { allowUnassigned: true });
  } catch {
    return undefined;
  }
}

/** A login name as a key: phones like to begin names with a capital. */
export function foldName(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Valid UTF-8 without NUL, as a string; RFC 4616 2. */
export function readText(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
