/**
 * A list of telephone numbers: one a line, `#` begins a comment, an action may follow the number. A line `* ACTION` gives
 * the action of the lines below it that have none of their own.
 */
import { encodeOctets } from '../mail/octets.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { readPhone } from './phone-number.ts';
import { PhoneSearch } from './phone-search.ts';
import type { TableLines } from './table-lines.ts';
import { TextColumn } from './text-column.ts';

export const DEFAULT_ACTION = 'REJECT This message advertises a telephone number that is not welcome here';

export interface PhoneLine {
  readonly number: string;
  /** Empty when there is none. */
  readonly action: string;
  readonly comment: string;
}

/** Takes a line apart: what stands before the first letter is the number. */
export function splitPhoneLine(line: string): PhoneLine {
  const [, number = '', rest = ''] = /^([^A-Za-z#;]*)(.*)$/s.exec(line.trim()) ?? [];
  const isComment = /^[#;]/.test(rest);
  return {
    number: number.trim(),
    action: isComment ? '' : rest.trim(),
    comment: isComment ? rest.replace(/^[#;]+/, '').trim() : '',
  };
}

export class PhoneList {
  readonly search = new PhoneSearch();
  /** By number: its action and line. */
  readonly actions: TextColumn;
  /** By number: as it is written in the list. */
  readonly written: TextColumn;
  readonly #complaints: FileComplaints;
  #defaultAction = DEFAULT_ACTION;

  constructor(complaints: FileComplaints, expectedBytes: number) {
    this.#complaints = complaints;
    this.actions = new TextColumn(256);
    this.written = new TextColumn(expectedBytes);
  }

  /** Takes the current line. */
  add(lines: TableLines): void {
    const text = lines.text();
    const { number, action } = splitPhoneLine(text);
    if (number === '*') this.#setDefault(text, action, lines.line);
    else this.#addNumber(text, number, action === '' ? this.#defaultAction : action, lines.line);
  }

  #setDefault(text: string, action: string, line: number): void {
    if (action !== '') this.#defaultAction = action;
    else this.#broken(line, text, 'no action behind the star', 'write * REJECT text');
  }

  #addNumber(text: string, written: string, action: string, line: number): void {
    const read = readPhone(written);
    if (read.kind === 'problem') {
      this.#broken(line, text, read.problem, `${read.remedy}; this line is skipped`);
      return;
    }
    const { index, isNew } = this.search.add(read.number);
    if (!isNew) {
      const first = this.actions.line(index);
      this.#complaints.remark(
        line,
        `${quoted(text)}: listed in line ${first} already`,
        'the first line counts',
      );
      return;
    }
    addText(this.actions, action, line);
    addText(this.written, written, line);
  }

  #broken(line: number, text: string, problem: string, remedy: string): void {
    this.#complaints.broken(line, `${quoted(text)}: ${problem}`, remedy);
  }
}

function addText(column: TextColumn, text: string, line: number): void {
  const bytes = encodeOctets(text);
  column.add(bytes, 0, bytes.length, line);
}
