/** What the shell asks of telephone lists: `table phone` converts one, `table phone --explain` tells what it finds in a text. */
import type { Complaint } from '../settings/complaint.ts';
import { FileComplaints, quoted } from './file-complaints.ts';
import { splitPhoneLine } from './phone-list.ts';
import { readPhone } from './phone-number.ts';
import { PhoneSearch } from './phone-search.ts';
import { readList } from './phone-table.ts';

export interface PhoneText {
  /** The lines of a phone table. */
  readonly text: string;
  /** Lines that are no numbers; they are left out. */
  readonly complaints: readonly Complaint[];
}

/**
 * Turns a plain list of numbers into a phone table, with the same action for each that has none; an empty action leaves
 * that to the table. Comments and empty lines stay; what is no number, or is listed twice, is left out with a complaint.
 */
export function phoneTable(list: string, action: string, file = 'stdin'): PhoneText {
  const complaints = new FileComplaints(file);
  const converter = new Converter(action.replace(/[\x00-\x1f\x7f]+/g, ' ').trim(), complaints);
  const lines = list.replace(/\r?\n$/, '').split(/\r?\n/);
  const converted = lines.flatMap((line, i) => converter.line(line, i + 1));
  return { text: converted.map((line) => `${line}\n`).join(''), complaints: complaints.all() };
}

class Converter {
  readonly #action: string;
  readonly #complaints: FileComplaints;
  readonly #search = new PhoneSearch();
  readonly #lineOf: number[] = [];

  constructor(action: string, complaints: FileComplaints) {
    this.#action = action;
    this.#complaints = complaints;
  }

  line(line: string, number: number): string[] {
    const split = splitPhoneLine(line);
    if (split.number === '*') return [line.trim()];
    if (split.number === '' && split.action === '') return [split.comment === '' ? '' : `# ${split.comment}`];
    const read = readPhone(split.number);
    if (read.kind === 'problem') {
      this.#complaints.broken(number, `${quoted(line)}: ${read.problem}`, read.remedy);
      return [];
    }
    const { index, isNew } = this.#search.add(read.number);
    if (!isNew) {
      this.#complaints.broken(
        number,
        `${quoted(line)}: listed in line ${this.#lineOf[index]} already`,
        'remove it',
      );
      return [];
    }
    this.#lineOf[index] = number;
    const action = split.action === '' ? this.#action : split.action;
    // A comment behind the number would be lost.
    const comment = split.comment === '' ? [] : [`# ${split.comment}`];
    return [...comment, action === '' ? split.number : `${split.number}\t${action}`];
  }
}

/** Digits in a text that equal a listed number. */
export interface ExplainedPhone {
  /** Of the text, from 1. */
  readonly line: number;
  readonly column: number;
  readonly written: string;
  readonly listed: string;
  readonly rule: { readonly file: string; readonly line: number };
  readonly action: string;
  readonly matches: boolean;
  /** How the two belong together, or why they do not. */
  readonly why: string;
}

/** What a phone table finds in a text, and what it does not count though the digits are the same. */
export function explainPhones(table: Buffer, file: string, text: string): ExplainedPhone[] {
  const reading = readList(table, new FileComplaints(file));
  let step = reading.next();
  while (!step.done) step = reading.next();
  const list = step.value;
  const found: ExplainedPhone[] = [];
  list.search.search(text, ({ index, start, written, judgement }) => {
    const above = text.slice(0, start).split('\n');
    found.push({
      line: above.length,
      column: (above.at(-1)?.length ?? 0) + 1,
      written: written.replace(/\s+/g, ' '),
      listed: list.written.text(index),
      rule: { file, line: list.actions.line(index) },
      action: list.actions.text(index),
      matches: judgement.kind === 'match',
      why: judgement.kind === 'match' ? judgement.kinship : judgement.reason,
    });
  });
  return found;
}

/** One line for people. */
export function explainedLine({
  line,
  column,
  written,
  listed,
  rule,
  action,
  matches,
  why,
}: ExplainedPhone): string {
  const where = `${line}:${column}: "${written}"`;
  const what = `${listed} (${rule.file}:${rule.line})`;
  return matches ? `${where} is ${what}, ${why}: ${action}` : `${where} is not ${what}: ${why}`;
}
