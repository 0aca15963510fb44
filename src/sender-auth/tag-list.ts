/**
 * Tag lists: `v=1; a=rsa-sha256; b=...`, the form of DKIM signatures, their key records and ARC fields. RFC 6376 3.2.
 * Names are case-sensitive; a name given twice or a tag without `=` breaks the whole list.
 */

export type Tags = ReadonlyMap<string, string>;

const TAG = /^[ \t\r\n]*([A-Za-z][A-Za-z0-9_]*)[ \t\r\n]*=/;
const SPACE = /[ \t\r\n]+/g;

/** The tags with white space around their values taken off; undefined when the text is no tag list. */
export function parseTags(text: string): Tags | undefined {
  const tags = new Map<string, string>();
  const specs = text.split(';');
  if (isBlank(specs.at(-1) ?? '')) specs.pop();
  for (const spec of specs) {
    const start = TAG.exec(spec);
    const name = start?.[1];
    if (!start || name === undefined || tags.has(name)) return undefined;
    tags.set(name, trimmed(spec.slice(start[0].length)));
  }
  return tags;
}

/** The value of a tag whose white space means nothing: base64, lists, names. */
export function compact(tags: Tags, name: string): string | undefined {
  return tags.get(name)?.replace(SPACE, '');
}

/** A list value: `from : to : subject` in lower case. */
export function listTag(tags: Tags, name: string): string[] | undefined {
  return compact(tags, name)?.toLowerCase().split(':');
}

/** By hand: a pattern that ends in `+$` is quadratic in the white space of a stranger. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}
