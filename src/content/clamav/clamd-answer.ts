/**
 * clamd's answer to INSTREAM: `stream: OK`, `stream: NAME FOUND`, `... ERROR`. `clamd(8), COMMANDS`.
 * Anything else is no answer; a message never counts as clean because of something that was not understood.
 */
import type { Verdict } from './scan-result.ts';

export type ClamdAnswer =
  | Verdict
  | { readonly kind: 'refused'; readonly why: string; readonly isSizeLimit: boolean };

/** In log lines, headers and replies; longer names do not exist. */
const LONGEST_NAME = 200;

/** Reads an answer without its final NUL; undefined: it is none. */
export function parseAnswer(text: string): ClamdAnswer | undefined {
  const [, said = ''] = /^(?:\d+: )?stream: (.*)$/s.exec(text) ?? [];
  if (said === 'OK') return { kind: 'clean' };
  const [, found] = /^(.+) FOUND$/s.exec(said) ?? [];
  if (found !== undefined) return { kind: 'infected', signature: signatureName(found) };
  if (!/ ERROR$/.test(text)) return undefined;
  return { kind: 'refused', why: printableName(text), isSizeLimit: /size limit exceeded/i.test(text) };
}

/** `Eicar-Test-Signature`, without the `(hash:size)` that clamd can be told to add. */
function signatureName(found: string): string {
  return printableName(found.replace(/\([0-9a-f]{32,64}:\d+\)$/, '')).replaceAll(' ', '_');
}

/** What another program says gets no further than one printable line. */
export function printableName(text: string): string {
  return text.slice(0, LONGEST_NAME).replace(/[^\x20-\x7e]/g, '_');
}
