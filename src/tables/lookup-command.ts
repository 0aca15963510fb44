/**
 * What the shell asks of tables: `query TYPE:NAME KEY` and `table cidr`. `Postfix: postmap -q`.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Complaint } from '../settings/complaint.ts';
import { FileComplaints, quoted } from './file-complaints.ts';
import { parseNetwork } from './network.ts';
import type { Found, LookupHow } from './table.ts';

/** A table with its empty results: Tables.openRaw(). */
export interface RawTable {
  readonly name: string;
  findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined>;
}

/**
 * Looks up keys, one a line, in several tables in order, and writes `key<TAB>value` for each that is found.
 * Gives whether any was found. Rejects with LookupFailure at the first table that fails, as postmap does.
 */
export async function queryKeys(
  tables: readonly RawTable[],
  keys: AsyncIterable<string> | Iterable<string>,
  write: (line: string) => void,
): Promise<boolean> {
  let found = false;
  for await (const key of keys) {
    const entry = await queryKey(tables, key);
    if (!entry) continue;
    found = true;
    write(`${key}\t${entry.value}`);
  }
  return found;
}

/** The entry of the first table that has the key. Rejects with LookupFailure. */
export async function queryKey(tables: readonly RawTable[], key: string): Promise<Found | undefined> {
  for (const table of tables) {
    const entry = await table.findEntry(key);
    if (entry) return entry;
  }
  return undefined;
}

export interface CidrText {
  /** The lines of a cidr table. */
  readonly text: string;
  /** Lines that are no networks; the table is not complete then. */
  readonly complaints: readonly Complaint[];
}

/**
 * Turns a plain list of networks into a cidr table with the same result for each. Comments and empty lines stay, and so
 * does, as a comment, a word behind a network, such as its country; what is no network is left out, with a complaint
 * that names the line.
 */
export function cidrTable(list: string, action: string, file = 'stdin'): CidrText {
  const complaints = new FileComplaints(file);
  const result = action.replace(/[\x00-\x1f\x7f]+/g, ' ').trim();
  if (result === '') complaints.broken(0, 'the action is empty', "write --action 'REJECT text'");
  const lines: string[] = [];
  for (const [i, line] of list
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .entries()) {
    lines.push(...cidrLine(line, result, i + 1, complaints));
  }
  return { text: `${lines.join('\n')}\n`, complaints: complaints.all() };
}

function cidrLine(line: string, action: string, number: number, complaints: FileComplaints): string[] {
  const [, pattern = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
  if (pattern === '' || /^[#;]/.test(pattern)) return [line.replace(/^\s*;/, '#').trim()];
  if (rest !== '' && !/^[#;a-z]/i.test(rest)) {
    complaints.broken(number, `${quoted(line)}: more than a network`, 'write one network a line');
    return [];
  }
  const parsed = parseNetwork(pattern);
  if (parsed.kind === 'problem') {
    complaints.broken(number, parsed.problem, 'write address/length');
    return [];
  }
  // A comment behind the network would become part of the result.
  const comment = rest === '' ? [] : [`# ${rest.replace(/^[#;]+\s*/, '')}`];
  return [...comment, `${pattern}\t${action}`];
}
