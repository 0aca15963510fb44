/**
 * Which inbound Authentication-Results fields speak in our name and must be taken out. RFC 8601 2.2, 5.
 * Doubt goes against the field: one that cannot be read and mentions our name is taken out as well.
 */
import { asciiName } from './domain-name.ts';
import { fieldBody, type HeaderField } from './header-fields.ts';
import { skipComments } from './results-parser.ts';

/** Whether a field, given as it came, claims to be from one of these authserv-ids. */
export function claimsToBeOurs(field: HeaderField, authservIds: readonly string[]): boolean {
  if (field.name !== 'authentication-results') return false;
  const ours = authservIds.map(normal);
  const body = fieldBody(field);
  const claimed = firstWord(body);
  if (claimed === undefined) return ours.some((id) => body.toLowerCase().includes(id));
  const start = /^[\w.-]*/.exec(claimed)?.[0] ?? '';
  return ours.includes(normal(claimed)) || ours.includes(normal(start));
}

/** The first word outside of comments, without quotes; undefined when that cannot be told. */
function firstWord(text: string): string | undefined {
  const start = skipComments(text, 0);
  if (start === undefined) return undefined;
  if (text.charAt(start) === '"')
    return /^"((?:[^"\\]|\\.)*)"/s.exec(text.slice(start))?.[1]?.replace(/\\(.)/gs, '$1');
  return /^[^ \t\r\n;("\\]+/.exec(text.slice(start))?.[0];
}

function normal(id: string): string {
  return asciiName(id) ?? id.toLowerCase();
}
