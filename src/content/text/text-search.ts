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
import { evidenceOf, type Place } from './evidence.ts';
import { type Form, formsOf } from './folding.ts';
import type { Paragraph } from './paragraphs.ts';
import type { TextBudget } from './text-budget.ts';

export interface TextTable {
  /** The first rule that fits a text. Throws or rejects with LookupFailure. */
  findInBytes(bytes: Buffer, start: number, end: number): MaybePromise<Found | undefined>;
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
  readonly #table: TextTable;
  readonly #budget: TextBudget;
  readonly #findings = new Map<string, Finding>();
  #isOver = false;
  #failure: Refused | undefined;

  constructor(table: TextTable, budget: TextBudget) {
    this.#table = table;
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

  /** Looks at paragraphs, one after the other; a promise when there is something to wait for. */
  look(paragraphs: readonly Paragraph[], place: Place, from = 0): MaybePromise<void> {
    for (let at = from; at < paragraphs.length && !this.isOver; at++) {
      const wait = this.#paragraph(paragraphs[at] as Paragraph, place) ?? this.#budget.endTurn();
      if (wait) return wait.then(() => this.look(paragraphs, place, at + 1));
    }
  }

  #paragraph(paragraph: Paragraph, place: Place): Promise<void> | undefined {
    const forms = formsOf(paragraph.text);
    this.#budget.takeText(forms[0]?.bytes.length ?? 0);
    return this.#form(forms, 0, paragraph, place);
  }

  #form(forms: readonly Form[], from: number, paragraph: Paragraph, place: Place): Promise<void> | undefined {
    for (let at = from; at < forms.length; at++) {
      const form = forms[at] as Form;
      const found = this.#ask(form.bytes, 0, form.bytes.length);
      if (isPromise(found)) {
        return found.then((entry) => {
          this.#budget.beginTurn();
          if (entry) this.#note(entry, form, paragraph, place, false);
          else return this.#form(forms, at + 1, paragraph, place);
        });
      }
      if (found) {
        this.#note(found, form, paragraph, place, true);
        return undefined;
      }
    }
    return undefined;
  }

  #ask(bytes: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    try {
      const found = this.#table.findInBytes(bytes, start, end);
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

  /** `isQuick`: the table answers at once and may be asked again. */
  #note(found: Found, form: Form, paragraph: Paragraph, place: Place, isQuick: boolean): void {
    const { value: action, source } = found;
    const key = `${source.file}:${source.line}:${action}`;
    if (NO_OPINION.test(action) || this.#findings.has(key) || this.#findings.size >= MOST_FINDINGS) return;
    const again = isQuick && this.#findings.size < MOST_PLACES ? this.#again(found) : undefined;
    const evidence = evidenceOf({ found, form, paragraph, place, again });
    this.#findings.set(key, { check: 'text_checks', action, source, evidence });
    this.#isOver ||= LAST_WORD.test(action);
  }

  /** Whether the same entry is found in a piece of the text. */
  #again({ source }: Found): (bytes: Buffer, start: number, end: number) => boolean {
    return (bytes, start, end) => {
      const found = this.#ask(bytes, start, end);
      return (
        found !== undefined &&
        !isPromise(found) &&
        found.source.line === source.line &&
        found.source.file === source.file
      );
    };
  }
}
