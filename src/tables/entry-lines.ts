/**
 * Reads `key value` lines into entries. `Postfix: postmap(1), postalias(1), dict_thash.c`. Keys stay in the quoted form
 * they are written in; of several entries with one key the first counts. Unlike Postfix's texthash, which does not open
 * a file with duplicate keys at run time: a duplicate is a remark, for every kind, as with hash.
 */
import { isUtf8 } from 'node:buffer';
import { looksLikeAliases, parseAlias } from './alias-lines.ts';
import { isSpace } from './braces.ts';
import { EntryStore } from './entry-store.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { eachLine, type TableLines } from './table-lines.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

export interface Entries {
  readonly store: EntryStore;
  readonly complaints: FileComplaints;
}

export interface EntryFormat {
  /** Whether keys and values are UTF-8. `Postfix: smtputf8_enable`. */
  readonly utf8: boolean;
  /** Whether a file in the format of aliases(5) is read as postalias would read it. */
  readonly mayBeAliases: boolean;
}

/** Reads a whole file; yields now and then, so that other work can be done in between. */
export function* readEntries(
  bytes: Buffer,
  complaints: FileComplaints,
  format: EntryFormat,
): Generator<void, Entries> {
  const entries = { store: new EntryStore(format.utf8, bytes.length), complaints };
  const clean = !format.utf8 || isUtf8(bytes);
  yield;
  const addLine = format.mayBeAliases && looksLikeAliases(bytes) ? addAlias : addEntry;
  yield* eachLine(bytes, complaints, (lines) => {
    if (clean || isUtf8(lines.bytes.subarray(lines.start, lines.end))) addLine(entries, lines);
    else complaints.broken(lines.line, `${quoted(lines.text())}: non-UTF-8 input`, 'write the line in UTF-8');
  });
  return entries;
}

function addEntry({ store, complaints }: Entries, lines: TableLines): void {
  const { bytes, start, line } = lines;
  const keyEnd = endOfKey(bytes, start, lines.end);
  if (keyEnd < 0) {
    complaints.broken(
      line,
      `${quoted(lines.text())}: unbalanced '"'`,
      `close the quote, or write \\" for a plain one`,
    );
    return;
  }
  let valueStart = keyEnd;
  while (valueStart < lines.end && isSpace(bytes[valueStart] as number)) valueStart += 1;
  let valueEnd = lines.end;
  while (valueEnd > valueStart && isSpace(bytes[valueEnd - 1] as number)) valueEnd -= 1;
  if (keyEnd === start || valueStart === valueEnd) {
    complaints.broken(
      line,
      `${quoted(lines.text())}: the key has no value`,
      'expected format: key whitespace value',
    );
    return;
  }
  if (bytes[keyEnd - 1] === COLON) {
    const key = quoted(bytes.toString('utf8', start, keyEnd));
    complaints.remark(
      line,
      `${key}: record is in "key: value" format`,
      'write the key without colon, unless this is an alias file',
    );
  }
  const same = store.add(bytes, start, keyEnd, valueStart, valueEnd, line);
  if (same >= 0) remarkDuplicate(store, complaints, same, line);
}

function remarkDuplicate(store: EntryStore, complaints: FileComplaints, first: number, line: number): void {
  const remedy = `line ${store.values.line(first)} counts; remove one of them`;
  complaints.remark(line, `duplicate entry: ${quoted(store.key(first))}`, remedy);
}

/** The key ends at the first white space outside of quotes; -1 when a quote is not closed. */
function endOfKey(bytes: Buffer, start: number, end: number): number {
  let inQuotes = false;
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) inQuotes = !inQuotes;
    else if (byte <= 0x20 && !inQuotes && isSpace(byte)) break;
  }
  return inQuotes ? -1 : Math.min(at, end);
}

function addAlias({ store, complaints }: Entries, lines: TableLines): void {
  const alias = parseAlias(lines.text());
  if (alias.kind === 'problem') {
    complaints.broken(lines.line, `${quoted(lines.text())}: not an alias`, alias.problem);
    return;
  }
  const key = Buffer.from(alias.name);
  const entry = Buffer.concat([key, Buffer.from(alias.value)]);
  const same = store.add(entry, 0, key.length, key.length, entry.length, lines.line);
  if (same >= 0) remarkDuplicate(store, complaints, same, lines.line);
}
