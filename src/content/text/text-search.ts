/**
 * Asks the tables of text_checks about the paragraphs of one message, in all forms of folding.ts, and keeps what they
 * found: each rule once, with the text as it stands in the mail. The first entry that fits a paragraph ends its search.
 * A table that cannot answer now has no findings: the mail is refused for now, with Postfix's reply for content checks.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { Refused } from '../../mail/refused.ts';
import { reply } from '../../mail/reply.ts';
import { type Found, LookupFailure } from '../../tables/table.ts';
import type { Finding } from '../finding.ts';
import { evidenceOf, type Occurrence, type Place } from './evidence.ts';
import { cleanForm, type Form, foldedForms } from './folding.ts';
import type { Paragraph } from './paragraphs.ts';
import type { TextBudget } from './text-budget.ts';

export interface TextTable {
  /** The first rule that fits a text. Throws or rejects with LookupFailure. */
  findInBytes(bytes: Buffer, start: number, end: number): MaybePromise<Found | undefined>;
}

export interface TextTables {
  /** Asked about the clean form of a text. */
  readonly clean: TextTable;
  /** Asked about its other forms: without those that see through disguises themselves. Undefined: nobody. */
  readonly folded: TextTable | undefined;
}

/** Findings of one message; more say nothing new. */
const MOST_FINDINGS = 100;
/** Where these were found is looked for; of others the beginning of the paragraph is shown. */
const MOST_PLACES = 10;
/** `Postfix: cleanup_stat` */
const LATER = reply(451, '4.3.0', 'Error: queue file write error');
/** After these nothing can change any more. */
const LAST_WORD = /^(?:REJECT|DISCARD|PASS)(?![^\s])/i;
const NO_OPINION = /^(?:DUNNO|OK)(?![^\s])/i;

export class TextSearch {
  readonly #tables: TextTables;
  readonly #budget: TextBudget;
  readonly #findings = new Map<string, Finding>();
  #isOver = false;
  #failure: Refused | undefined;
  #busy: Promise<void> | undefined;

  constructor(tables: TextTables, budget: TextBudget) {
    this.#tables = tables;
    this.#budget = budget;
  }

  /** Nothing more is wanted. */
  get isOver(): boolean {
    return this.#isOver || this.#failure !== undefined || this.#budget.isSpent;
  }

  /** What was found. Throws Refused when a table failed. */
  get findings(): readonly Finding[] {
    if (this.#failure) throw this.#failure;
    return [...this.#findings.values()];
  }

  /** Looks at paragraphs, after those that came before; a promise when there is something to wait for. */
  look(paragraphs: readonly Paragraph[], place: Place): MaybePromise<void> {
    const wait = this.#busy
      ? this.#busy.then(() => this.#look(paragraphs, place, 0))
      : this.#look(paragraphs, place, 0);
    if (!isPromise(wait)) return;
    this.#busy = wait;
    // an error stays there for whoever waits next
    wait.then(
      () => {
        if (this.#busy === wait) this.#busy = undefined;
      },
      () => {},
    );
    return wait;
  }

  /** All has been looked at. */
  idle(): MaybePromise<void> {
    return this.#busy;
  }

  #look(paragraphs: readonly Paragraph[], place: Place, from: number): MaybePromise<void> {
    for (let at = from; at < paragraphs.length && !this.isOver; at++) {
      const wait = this.#paragraph(paragraphs[at] as Paragraph, place) ?? this.#budget.endTurn();
      if (wait) return wait.then(() => this.#look(paragraphs, place, at + 1));
    }
  }

  #paragraph(paragraph: Paragraph, place: Place): Promise<void> | undefined {
    const { clean, folded } = this.#tables;
    const form = cleanForm(paragraph.text);
    this.#budget.takeText(form.bytes.length);
    const found = this.#ask(clean, form, paragraph, place);
    const others = (isFound: boolean) =>
      isFound || !folded ? undefined : this.#others(folded, foldedForms(form), 0, paragraph, place);
    return isPromise(found) ? found.then(others) : others(found);
  }

  #others(
    table: TextTable,
    forms: readonly Form[],
    from: number,
    paragraph: Paragraph,
    place: Place,
  ): Promise<void> | undefined {
    for (let at = from; at < forms.length; at++) {
      const found = this.#ask(table, forms[at] as Form, paragraph, place);
      if (isPromise(found))
        return found.then((isFound) =>
          isFound ? undefined : this.#others(table, forms, at + 1, paragraph, place),
        );
      if (found) return undefined;
    }
    return undefined;
  }

  /** Whether something is found; it is noted. */
  #ask(table: TextTable, form: Form, paragraph: Paragraph, place: Place): MaybePromise<boolean> {
    const found = this.#find(table, form.bytes, 0, form.bytes.length);
    if (!isPromise(found)) {
      if (found) this.#note({ found, form, paragraph, place, again: this.#again(table, found) });
      return found !== undefined;
    }
    return found.then((late) => {
      this.#budget.beginTurn();
      if (late) this.#note({ found: late, form, paragraph, place, again: undefined });
      return late !== undefined;
    });
  }

  #find(table: TextTable, bytes: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    try {
      const found = table.findInBytes(bytes, start, end);
      return isPromise(found) ? found.catch((error) => this.#failed(error)) : found;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): undefined {
    if (!(error instanceof LookupFailure)) throw error;
    const problem = `text_checks map lookup problem -- message not accepted, try again later: ${error.message}`;
    this.#failure ??= new Refused(problem, LATER);
    return undefined;
  }

  #note(occurrence: Occurrence): void {
    const { value: action, source } = occurrence.found;
    const key = `${source.file}:${source.line}:${action}`;
    const isLast = LAST_WORD.test(action);
    if (NO_OPINION.test(action) || this.#findings.has(key)) return;
    if (this.#findings.size >= MOST_FINDINGS && !isLast) return;
    const shown = this.#findings.size < MOST_PLACES ? occurrence : { ...occurrence, again: undefined };
    this.#findings.set(key, { check: 'text_checks', action, source, evidence: evidenceOf(shown) });
    this.#isOver ||= isLast;
  }

  /** Whether the same entry is found in a piece of the text. */
  #again(table: TextTable, { source }: Found): (bytes: Buffer, start: number, end: number) => boolean {
    return (bytes, start, end) => {
      const found = this.#find(table, bytes, start, end);
      return (
        found !== undefined &&
        !isPromise(found) &&
        found.source.line === source.line &&
        found.source.file === source.file
      );
    };
  }
}
