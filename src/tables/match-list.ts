/**
 * Lists such as mydestination and mynetworks: names, domains, networks, `!exceptions`, `/file/name` and `type:table`; the
 * first item that matches decides. `Postfix: match_list.c`. Files are read again when they change.
 * Three answers: an item that cannot be decided (a table that fails, a file that cannot be read, a bad network) throws
 * LookupFailure, but only when no item before it decides.
 */
import { assertNever } from '../mail/assert-never.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Source } from '../mail/source.ts';
import type { Complaint } from '../settings/complaint.ts';
import { splitTokens } from '../settings/tokens.ts';
import { FileComplaints } from './file-complaints.ts';
import { foldCase } from './fold.ts';
import { whenKnown } from './lookup.ts';
import { BadPattern, type MatchGroup, type MatchSubject } from './match-group.ts';
import { MatchItems, type MatchKind, type Step } from './match-items.ts';
import { type NameKey, namesUpward } from './names-upward.ts';
import type { OpenedTable } from './opened-table.ts';
import type { Reader, SourceFile } from './source-file.ts';
import { LookupFailure } from './table.ts';
import type { TableFiles } from './table-files.ts';

export type { MatchKind };

export interface MatchListDeps {
  /** The parameter, for messages. */
  readonly name: string;
  /** Whether `example.com` matches its subdomains. `Postfix: parent_domain_matches_subdomains`. */
  readonly parentMatches: boolean;
  openTable(spec: string, source: Source): OpenedTable;
  readonly files: TableFiles;
  /** `Postfix: smtputf8_enable`. */
  readonly utf8: boolean;
}

/** How deep files can name files. */
const MAX_INCLUDES = 20;

export class MatchList {
  readonly #kind: MatchKind;
  readonly #deps: MatchListDeps;
  readonly #items: MatchItems;
  readonly #steps: Step[] = [];
  readonly #files = new Map<string, SourceFile<readonly Step[]>>();
  readonly #complaints: FileComplaints[] = [];

  constructor(
    kind: MatchKind,
    items: readonly { readonly text: string; readonly source: Source }[],
    deps: MatchListDeps,
  ) {
    this.#kind = kind;
    this.#deps = deps;
    this.#items = new MatchItems(kind, { ...deps, openFile: (path, source) => this.#openFile(path, source) });
    for (const { text, source } of items) {
      const complaints = new FileComplaints(source.file, source.line);
      this.#complaints.push(complaints);
      for (const token of splitTokens(text)) this.#items.add(this.#steps, token, source, complaints);
    }
  }

  /** Whether the list has the value. Throws (or rejects with) LookupFailure when that cannot be known now. */
  has(value: string | { readonly name: string; readonly address: string }): MaybePromise<boolean> {
    const subject = this.#subject(value);
    return whenKnown(this.#ask(this.#steps, 0, subject, 0), (answer) => answer ?? false);
  }

  /** Settles when the files have been read for the first time. */
  get loading(): Promise<unknown> | undefined {
    const pending = [...this.#files.values()].flatMap((file) => file.loading ?? []);
    return pending.length === 0 ? undefined : Promise.all(pending).then(() => this.loading);
  }

  get complaints(): readonly Complaint[] {
    const own = this.#complaints.flatMap((one) => one.all());
    return [...own, ...[...this.#files.values()].flatMap((file) => file.complaints())];
  }

  close(): void {
    for (const file of this.#files.values()) this.#deps.files.close(file);
  }

  #openFile(path: string, source: Source): void {
    if (this.#files.has(path)) return;
    const { files, name } = this.#deps;
    const shown = files.shown(path);
    const reader: Reader<readonly Step[]> = (bytes, complaints) => this.#items.read(bytes, shown, complaints);
    const file = files.prepare(path, { table: `${name}: ${path}`, source }, reader);
    // It is known before it is read, since it may name itself.
    this.#files.set(path, file);
    files.start(file);
  }

  #subject(value: string | { readonly name: string; readonly address: string }): MatchSubject {
    const fold = (text: string) => foldCase(text, this.#deps.utf8);
    if (this.#kind === 'network') {
      return typeof value === 'string'
        ? { address: fold(value) }
        : { name: fold(value.name), address: fold(value.address) };
    }
    const text = fold(typeof value === 'string' ? value : value.name);
    return this.#kind === 'string' ? { text } : { name: text };
  }

  /** The answer of the first item from `at` on that has one. */
  #ask(
    steps: readonly Step[],
    at: number,
    subject: MatchSubject,
    depth: number,
  ): MaybePromise<boolean | undefined> {
    for (let i = at; i < steps.length; i++) {
      const answer = this.#askStep(steps[i] as Step, subject, depth);
      if (isPromise(answer)) {
        return answer.then((known) => known ?? this.#ask(steps, i + 1, subject, depth));
      }
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  #askStep(step: Step, subject: MatchSubject, depth: number): MaybePromise<boolean | undefined> {
    switch (step.kind) {
      case 'group':
        return this.#askGroup(step.group, subject);
      case 'table':
        return whenKnown(inTable(step.table, subject, this.#deps.parentMatches), (found) =>
          found ? !step.negated : undefined,
        );
      case 'file':
        return whenKnown(this.#askFile(step.path, subject, depth), (answer) =>
          answer === undefined ? undefined : answer !== step.negated,
        );
      default:
        return assertNever(step);
    }
  }

  #askGroup(group: MatchGroup, subject: MatchSubject): boolean | undefined {
    try {
      return group.decide(subject);
    } catch (error) {
      if (error instanceof BadPattern) throw new LookupFailure(this.#deps.name, error.message);
      throw error;
    }
  }

  #askFile(path: string, subject: MatchSubject, depth: number): MaybePromise<boolean | undefined> {
    if (depth >= MAX_INCLUDES)
      throw new LookupFailure(this.#deps.name, `${path}: files name each other`, 'config');
    const file = this.#files.get(path) as SourceFile<readonly Step[]>;
    if (file.loading) return file.loading.then(() => this.#askFile(path, subject, depth));
    return this.#ask(file.content, 0, subject, depth + 1);
  }
}

/** Whether a table has the text, the name or a domain that it is in, or the address. */
function inTable(
  table: OpenedTable,
  { text, name, address }: MatchSubject,
  parentMatches: boolean,
): MaybePromise<boolean> {
  const keys: NameKey[] = [];
  if (text !== undefined) keys.push({ key: text, partial: false });
  if (name !== undefined) keys.push(...namesUpward(name, parentMatches));
  if (address !== undefined && /^[0-9a-f.:]*$/i.test(address)) keys.push({ key: address, partial: false });
  return anyOf(table, keys, 0);
}

function anyOf(table: OpenedTable, keys: readonly NameKey[], at: number): MaybePromise<boolean> {
  const next = keys[at];
  if (!next) return false;
  return whenKnown(table.find(next.key, next), (value) => value !== undefined || anyOf(table, keys, at + 1));
}
