/**
 * A header block as fields, byte for byte (latin1 text), and their canonical forms. RFC 5322 2.2, RFC 6376 3.4.1, 3.4.2.
 * White space between a field's name and its colon, even a fold, does not hide the field: mail programs show it too.
 */

export interface HeaderField {
  /** In lower case; empty for a line that is no field. */
  readonly name: string;
  /** As it came, folds included, without the CRLF at the end. */
  readonly raw: string;
}

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

/** The fields from the top down. The empty line that ends a header may be there or not. */
export function headerFields(block: Buffer): HeaderField[] {
  const text = block.toString('latin1');
  const fields: HeaderField[] = [];
  let start = 0;
  while (start < text.length) {
    const end = endOfField(text, start);
    if (end === start) break;
    const raw = text.slice(start, end);
    fields.push({ name: nameOf(raw), raw });
    start = end + 2;
  }
  return fields;
}

/** Where the CRLF stands that no white space follows. */
function endOfField(text: string, start: number): number {
  let at = start;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return text.length;
    const next = text.charCodeAt(end + 2);
    if (end === start || (next !== 0x20 && next !== 0x09)) return end;
    at = end + 2;
  }
}

const NAME = /^([\x21-\x39\x3b-\x7e]+)[ \t\r\n]*:/;

function nameOf(raw: string): string {
  return NAME.exec(raw)?.[1]?.toLowerCase() ?? '';
}

/** What stands behind the colon, as it came. */
export function fieldBody(field: HeaderField): string {
  return field.raw.slice(field.raw.indexOf(':') + 1);
}

/** Unfolded, runs of white space as one space, none at the ends and around the colon; no CRLF. RFC 6376 3.4.2 */
export function relaxedField(field: HeaderField): string {
  const bytes = Buffer.from(fieldBody(field), 'latin1');
  let used = 0;
  let gap = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === SPACE || byte === TAB) gap = true;
    else if (byte !== CR || bytes[at + 1] !== LF) {
      if (gap && used > 0) bytes[used++] = SPACE;
      gap = false;
      bytes[used++] = byte;
    } else at += 1;
  }
  return `${field.name}:${bytes.toString('latin1', 0, used)}`;
}

/** The field with the value of its `b=` tag taken out, as a signature covers itself. RFC 6376 3.5, 3.7 */
export function withoutSignature(field: HeaderField): HeaderField {
  const raw = field.raw.replace(/((?:^[^:]*:|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*/, '$1');
  return { name: field.name, raw };
}
