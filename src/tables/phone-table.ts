/**
 * phone: listed telephone numbers in a text, however they are written: with anything between the digits, with letters in
 * their shape, with or without country and area code. For text_checks, which undoes encodings and HTML first; of a text
 * with several listed numbers, the one that stands first in the list counts. What is no telephone number (part of a
 * longer one, a date, an amount, a line of a log) does not match; see phone-rules.ts.
 */
import { decodeOctets } from '../mail/octets.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { FileComplaints } from './file-complaints.ts';
import type { Kind, KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import { PhoneList } from './phone-list.ts';
import type { PhoneSighting } from './phone-search.ts';
import { openRuleText, type RuleText } from './rule-text.ts';
import type { Found } from './table.ts';
import { TableLines } from './table-lines.ts';

const LINES_PER_SLICE = 256;
/** A number has at least so many true digits; see phone-rules.ts. */
const FEWEST_DIGITS = 3;

/** An entry, and where its number stands in the text. Offsets are UTF-16 units. */
export interface FoundPhone extends Found {
  readonly phone: {
    readonly listed: string;
    readonly written: string;
    readonly start: number;
    readonly end: number;
  };
}

export class PhoneTable implements Lookup {
  readonly #text: RuleText<PhoneList>;

  constructor(name: string, context: KindContext) {
    this.#text = openRuleText(name, context, readList);
  }

  get loading(): Promise<void> | undefined {
    return this.#text.loading;
  }

  find(key: string): FoundPhone | undefined {
    const list = this.#text.content;
    let first: PhoneSighting | undefined;
    list.search.search(key, (sighting) => {
      if (sighting.judgement.kind !== 'match') return;
      if (first === undefined || sighting.index < first.index) first = sighting;
    });
    return first && this.#found(list, first);
  }

  findInBytes(line: Buffer, start: number, end: number): FoundPhone | undefined {
    let digits = 0;
    for (let at = start; at < end && digits < FEWEST_DIGITS; at++) {
      const byte = line[at] as number;
      if (byte >= ZERO && byte <= NINE) digits += 1;
    }
    return digits < FEWEST_DIGITS ? undefined : this.find(decodeOctets(line.subarray(start, end)));
  }

  complaints(): readonly Complaint[] {
    return this.#text.complaints();
  }

  close(): void {
    this.#text.close();
  }

  #found(list: PhoneList, { index, written, start, end }: PhoneSighting): FoundPhone {
    return {
      value: list.actions.text(index),
      source: this.#text.sourceAt(list.actions.line(index)),
      phone: { listed: list.written.text(index), written, start, end },
    };
  }
}

const ZERO = 0x30;
const NINE = 0x39;

/** Reads a list of telephone numbers. */
export function* readList(bytes: Buffer, complaints: FileComplaints): Generator<void, PhoneList> {
  const list = new PhoneList(complaints, bytes.length);
  const lines = new TableLines(bytes, (line) =>
    complaints.broken(line, 'the first number is indented', 'begin it in the first column'),
  );
  for (let n = 1; lines.next(); n++) {
    list.add(lines);
    if (n % LINES_PER_SLICE === 0) yield;
  }
  return list;
}

export const phoneKinds: readonly Kind[] = [
  {
    type: 'phone',
    nameIs: '/file/name, or { {number action} ... }',
    wholeKeysOnly: true,
    open: (name, context) => new PhoneTable(name, context),
    sentence: 'Telephone numbers, found in texts however they are written; the action may be left out.',
  },
];
