/**
 * Values of strangers inside the header fields that we write, such that no reader can take them for anything else.
 * RFC 8601 2.2 (pvalue), RFC 7208 9.1, RFC 5322 3.2.4. What a careless parser might trip over (quotes, backslashes,
 * parentheses, separators, equals signs before words, control and non-ASCII characters) is not escaped but replaced by `?`: these
 * fields are facts about the mail, not copies of it, and mail filters look for `dkim=pass` anywhere in them.
 */

const BARE = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;
const BARE_ADDRESS = /^(?:[A-Za-z0-9][A-Za-z0-9._+-]*)?@[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MAX_VALUE = 330;
/** Lines are folded before they get longer. RFC 5322 2.1.1 */
const LINE = 78;

/** A value, in quotes where it must be. */
export function fieldValue(text: string): string {
  return BARE.test(text) && text.length <= MAX_VALUE ? text : quotedValue(text);
}

/**
 * An address as a value: `local@domain` where that is plain, else only its domain, which is what the result is about.
 */
export function addressValue(text: string): string {
  if (text.length <= MAX_VALUE && BARE_ADDRESS.test(text)) return text;
  return fieldValue(text.slice(text.lastIndexOf('@') + 1));
}

export function quotedValue(text: string): string {
  return `"${harmless(text)}"`;
}

/** What may stand in quotes or in a comment. */
export function harmless(text: string): string {
  return text.slice(0, MAX_VALUE).replace(/["\\();<>]|=(?=[A-Za-z])|[^\x20-\x7e]/g, '?');
}

/** An address in quotes with its equals signs (SRS, BATV), for fields where they mean nothing. */
export function quotedAddress(text: string): string {
  return `"${text.split('=').map(harmless).join('=')}"`;
}

/** Each item but the last with the semicolon that separates it from the next. */
export function withSemicolons(items: readonly string[]): string[] {
  return items.map((item, i) => (i < items.length - 1 ? `${item};` : item));
}

/** Words joined into lines; the first line has room for a field name. Words are never broken. */
export function folded(words: readonly string[], nameLength: number): string {
  let text = '';
  let width = nameLength + 2;
  for (const word of words) {
    if (text !== '' && width + 1 + word.length > LINE) {
      text += `\r\n\t${word}`;
      width = 8 + word.length;
    } else {
      text += text === '' ? word : ` ${word}`;
      width += 1 + word.length;
    }
  }
  return text;
}
