/**
 * The keys by which tables of attachment_checks are asked about a file, in this order:
 *
 * 1. for every name the file could have (attachment-names.ts), the first answer counts:
 *    the path, `outer.zip/docs/update.exe`; the name with its directories, `docs/update.exe`; the bare name, `update.exe`;
 *    its extensions, longest first, `.tar.gz`, `.gz` (these are for tables of fixed strings alone: patterns have seen
 *    the name);
 * 2. what it is by its content (file-type.ts), each of these by itself: `type=exe`, `type=executable` (the group),
 *    `type=application/vnd.microsoft.portable-executable`; for office documents and the like the container as well,
 *    `type=zip`; `type=archive-bomb` where opening it costs more than the operator allows;
 * 3. what is odd about it, each by itself: `flag=encrypted`, `flag=rlo` and others, see archive/unpacker.ts.
 *
 * Fixed strings are compared without case, as always. When a table cannot answer, the mail is refused for now with the
 * reply that Postfix has for its content checks.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { Refused } from '../mail/refused.ts';
import { printable, reply } from '../mail/reply.ts';
import { type Found, LookupFailure, type LookupHow } from '../tables/table.ts';
import { baseName, extensions } from './attachment-names.ts';
import type { FileType } from './file-type.ts';
import type { Finding } from './finding.ts';

export interface AttachmentTable {
  findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined>;
}

/** A key, and whether patterns are spared it. */
interface Key {
  readonly text: string;
  readonly partial: boolean;
}

/** Findings of one message; more say nothing new. */
const mostFindings = 100;
/** Answers of tables that are remembered for one message. */
const mostAnswers = 10_000;
const evidenceLength = 300;
/** `Postfix: cleanup_stat` */
const LATER = reply(451, '4.3.0', 'Error: queue file write error');

export class KeySearch {
  readonly #table: AttachmentTable;
  /** Others run now and then. */
  readonly #rest: () => Promise<void>;
  readonly #answers = new Map<string, Found | undefined>();
  readonly #findings = new Map<string, Finding>();

  constructor(table: AttachmentTable, rest: () => Promise<void>) {
    this.#table = table;
    this.#rest = rest;
  }

  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  /** `place`: the part and the path of the file, for people. Rejects with Refused. */
  async names(names: readonly string[], path: readonly string[], place: string): Promise<void> {
    for (const name of names) await this.#first(nameKeys(name, path), place);
  }

  async type(type: FileType, place: string): Promise<void> {
    for (const text of [type.name, type.group, type.media]) {
      await this.#first([whole(`type=${text}`)], `${place} (type=${text})`);
    }
  }

  async flag(flag: string, place: string): Promise<void> {
    await this.#first([whole(`flag=${flag}`)], `${place} (flag=${flag})`);
  }

  async #first(keys: readonly Key[], place: string): Promise<void> {
    for (const key of keys) {
      const found = await this.#answer(key);
      if (!found) continue;
      this.#note(found, place);
      return;
    }
    await this.#rest();
  }

  async #answer(key: Key): Promise<Found | undefined> {
    try {
      return await this.#ask(key);
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      const problem = `attachment_checks map lookup problem -- message not accepted, try again later: ${error.message}`;
      throw new Refused(problem, LATER);
    }
  }

  #ask({ text, partial }: Key): MaybePromise<Found | undefined> {
    const known = `${partial ? '.' : ' '}${text}`;
    if (this.#answers.has(known)) return this.#answers.get(known);
    const remember = (found: Found | undefined) => {
      if (this.#answers.size < mostAnswers) this.#answers.set(known, found);
      return found;
    };
    const found = this.#table.findEntry(text, partial ? { partial } : undefined);
    return isPromise(found) ? found.then(remember) : remember(found);
  }

  /** One finding for each rule and file. */
  #note({ value, source }: Found, place: string): void {
    const evidence = printable(place.slice(0, evidenceLength), '?');
    const key = `${source.file}:${source.line}:${evidence}`;
    if (this.#findings.size >= mostFindings || this.#findings.has(key)) return;
    this.#findings.set(key, { check: 'attachment_checks', action: value, source, evidence });
  }
}

function nameKeys(written: string, path: readonly string[]): Key[] {
  const name = written.toWellFormed();
  const texts = new Set([[...path, name].join('/'), name, baseName(name)]);
  const keys = [...texts].filter((text) => text !== '').map(whole);
  return [...keys, ...extensions(name).map((text) => ({ text, partial: true }))];
}

function whole(text: string): Key {
  return { text, partial: false };
}
