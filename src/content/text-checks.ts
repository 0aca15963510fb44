/**
 * text_checks: tables asked about what a reader sees of a message, one paragraph at a time: transfer encoding and charset
 * undone, HTML without tags and without what it hides, lines joined, letters in disguise unmasked; subject, names and file
 * names too. What is done to a text stands in the files of text/.
 * Parameters: text_checks, text_checks_size_limit.
 * A table that fails is no answer: the mail is refused for now. Beyond the limit nothing is looked at, as with
 * body_checks_size_limit. Not read: RTF, office documents, pictures. It changes nothing in the message.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';
import type { Finding } from './finding.ts';
import type { Field, Part, PartInspector, PartReader } from './part.ts';
import { headerTexts } from './text/header-texts.ts';
import { PartText } from './text/part-text.ts';
import { TextBudget } from './text/text-budget.ts';
import { TextSearch, type TextTables } from './text/text-search.ts';

export interface TextChecksOptions {
  readonly tables: TextTables;
  /** Text of one message that is looked at, in bytes of UTF-8; 0: all of it. */
  readonly sizeLimitBytes: number;
  readonly log: Log;
}

export class TextChecks {
  readonly #options: TextChecksOptions;

  constructor(options: TextChecksOptions) {
    this.#options = options;
  }

  /** For one message. */
  inspect(): PartInspector {
    return new TextInspector(this.#options);
  }
}

/** Text of these types is made for programs. */
const FOR_PROGRAMS = /^text\/(?:css|javascript|x-|vnd\.|rtf|richtext$|csv|xml)/;
const HTML = /^(?:text\/html|application\/xhtml\+xml|text\/x-html)$/;

class TextInspector implements PartInspector {
  readonly #budget: TextBudget;
  readonly #search: TextSearch;
  readonly #log: Log;
  /** Headers that were looked at: a part is told of once for each encoding that it names. */
  readonly #seen = new WeakSet<readonly Field[]>();

  constructor({ tables, sizeLimitBytes, log }: TextChecksOptions) {
    this.#budget = new TextBudget(sizeLimitBytes);
    this.#search = new TextSearch(tables, this.#budget);
    this.#log = log;
  }

  begin(part: Part): PartReader | undefined {
    if (this.#search.isOver) return undefined;
    this.#header(part);
    const types = typesOf(part);
    const isHtml = types.some((type) => HTML.test(type));
    if (!isHtml && !types.some((type) => type.startsWith('text/') && !FOR_PROGRAMS.test(type)))
      return undefined;
    const parameter = parametersOf(part.fields);
    return new PartText({
      declared: { label: parameter('charset'), isHtml },
      plain: {
        isFlowed: /^flowed$/i.test(parameter('format')),
        deletesSpace: /^yes$/i.test(parameter('delsp')),
      },
      place: { name: `part ${part.number}`, isBody: true },
      search: this.#search,
      budget: this.#budget,
    });
  }

  finish(): MaybePromise<readonly Finding[]> {
    const wait = this.#search.idle();
    return isPromise(wait) ? wait.then(() => this.#found()) : this.#found();
  }

  close(): void {
    this.#budget.close();
  }

  #found(): readonly Finding[] {
    if (this.#budget.isOutOfTime)
      this.#log.warn('text_checks: the text of a message took too long to read; the rest is unchecked');
    return this.#search.findings;
  }

  #header({ number, fields }: Part): void {
    if (fields.length === 0 || this.#seen.has(fields)) return;
    this.#seen.add(fields);
    this.#budget.beginTurn();
    for (const { name, text } of headerTexts(fields)) {
      const place = { name: number === '0' ? name : `${name} of part ${number}`, isBody: false };
      void this.#search.look([{ text: text.replace(/\s+/g, ' ').trim(), offset: 0 }], place); // finish() waits
    }
  }
}

/** Mail programs differ in which of several types they believe. */
function typesOf({ type, fields }: Part): string[] {
  const others = fields
    .filter(({ name }) => name === 'content-type')
    .map(
      ({ value }) =>
        /^[\s"]*([\w.+-]+\/[\w.+-]+)/.exec(value.toString('latin1', 0, 200))?.[1]?.toLowerCase() ?? '',
    );
  return [...new Set([type, ...others])];
}

const PARAMETERS = {
  charset: parameterForm('charset'),
  format: parameterForm('format'),
  delsp: parameterForm('delsp'),
};

function parameterForm(name: string): RegExp {
  return new RegExp(
    `[;\\s]${name}\\*?\\s*=\\s*(?:[\\w-]*'[\\w-]*')?(?:"([^"]*)"?|'([^']*)'?|([^\\s;"]+))`,
    'i',
  );
}

/** A parameter of Content-Type; empty when there is none. RFC 2045 5.1, RFC 2231. */
function parametersOf(fields: readonly Field[]): (name: keyof typeof PARAMETERS) => string {
  const texts = fields
    .filter(({ name }) => name === 'content-type')
    .map(({ value }) => value.toString('latin1', 0, 4096));
  return (name) => {
    for (const text of texts) {
      const match = PARAMETERS[name].exec(text);
      if (match) return (match[1] ?? match[2] ?? match[3] ?? '').trim();
    }
    return '';
  };
}
