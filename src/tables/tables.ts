/**
 * All tables of a configuration: opens `type:name`, each table once, keeps their files fresh, collects what is wrong.
 * A table that cannot be opened is still a table: its look-ups fail. `Postfix: dict_open, dict_surrogate`.
 */
import { withoutPassword } from '../mail/secrets.ts';
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import { didYouMean } from '../settings/did-you-mean.ts';
import { FileWatch } from './file-watch.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import { tableKinds } from './kinds.ts';
import type { Lookup, TableUse } from './lookup.ts';
import { type MatchKind, MatchList } from './match-list.ts';
import { OpenedTable } from './opened-table.ts';
import { LookupFailure } from './table.ts';
import { TableFiles } from './table-files.ts';
import { TableList } from './table-list.ts';

const POLL_MS = 1000;
const LOOKUP_DEADLINE_MS = 10_000;
/** How deep tables can be made of tables. */
const MAX_DEPTH = 20;

export interface TablesOptions {
  /** The configuration directory: relative file names begin here, and messages leave it out. */
  readonly directory: string;
  readonly log: Log;
  /** Replaces `$name` in the names of tables. */
  readonly expand?: (text: string) => string;
  /** How often files are looked at, milliseconds. */
  readonly pollMs?: number;
  /** How long a look-up over the network may take, milliseconds. */
  readonly deadlineMs?: number;
  /** `Postfix: smtputf8_enable`. */
  readonly smtputf8: boolean;
  /** Files are read while the caller goes on; `ready()` says when they are there. For a reload while mail flows. */
  readonly background?: boolean;
  readonly passwdFile?: string;
  readonly groupFile?: string;
  /** The kinds on offer; all, unless another room brings more. */
  readonly kinds?: readonly Kind[];
}

export class Tables {
  readonly #options: TablesOptions;
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #watch: FileWatch;
  readonly #files: TableFiles;
  readonly #opened = new Map<string, OpenedTable>();
  readonly #lists: MatchList[] = [];
  readonly #uses = new Map<OpenedTable, Set<TableUse>>();

  constructor(options: TablesOptions) {
    this.#options = options;
    this.#kinds = new Map((options.kinds ?? tableKinds).map((kind) => [kind.type, kind]));
    this.#watch = new FileWatch(options.pollMs ?? POLL_MS);
    const { log, directory, background = false } = options;
    this.#files = new TableFiles({ watch: this.#watch, log, directory, background });
  }

  /** A table for the rooms above; `source`: where it is named. Never throws: what is wrong is in `complaints`. */
  open(spec: string, source: Source, use?: TableUse): TableList {
    return this.openAll([spec], source, use);
  }

  /** Several tables asked in order. */
  openAll(specs: readonly string[], source: Source, use: TableUse = 'other'): TableList {
    const opened = specs.map((spec) => this.openRaw(spec, source));
    for (const table of opened) this.#uses.set(table, (this.#uses.get(table) ?? new Set()).add(use));
    return new TableList(opened);
  }

  /** One table with its empty results, as `query` and tables made of tables see it. */
  openRaw(spec: string, source: Source): OpenedTable {
    return this.#openNested(spec, source, 0);
  }

  /** A list such as mydestination or mynetworks; `name`: the parameter. */
  openList(
    kind: MatchKind,
    items: readonly { readonly text: string; readonly source: Source }[],
    how: { readonly name: string; readonly parentMatches: boolean },
  ): MatchList {
    const list = new MatchList(kind, items, {
      ...how,
      openTable: (spec, source) => this.openRaw(spec, source),
      files: this.#files,
      utf8: this.#options.smtputf8,
    });
    this.#lists.push(list);
    return list;
  }

  /** What is wrong with tables and lists now. */
  get complaints(): readonly Complaint[] {
    return [...this.#opened.values(), ...this.#lists].flatMap((one) => one.complaints);
  }

  /** What works, but probably not as meant, given what each table is used for. */
  lint(): Complaint[] {
    return [...this.#uses].flatMap(([table, uses]) => [...uses].flatMap((use) => table.lint(use)));
  }

  /** Reads all files again, changed or not. What cannot be read or brings new mistakes stays as it is. */
  async reload(): Promise<void> {
    await this.#watch.checkAll(true);
  }

  /** All files have been read once. */
  async ready(): Promise<void> {
    await Promise.all([...this.#opened.values(), ...this.#lists].map((one) => one.loading));
  }

  async close(): Promise<void> {
    for (const list of this.#lists) list.close();
    for (const table of this.#opened.values()) await table.close();
    await this.#watch.close();
  }

  #openNested(spec: string, source: Source, depth: number): OpenedTable {
    const known = this.#opened.get(spec);
    if (known) return known;
    const table = this.#make(spec, source, depth);
    this.#opened.set(spec, table);
    return table;
  }

  #make(spec: string, source: Source, depth: number): OpenedTable {
    const expanded = spec.includes('$') ? (this.#options.expand?.(spec) ?? spec) : spec;
    const colon = expanded.indexOf(':');
    const [type, name] = [expanded.slice(0, Math.max(colon, 0)), expanded.slice(colon + 1)];
    const table = withoutPassword(expanded);
    const complaints: Complaint[] = [];
    const { log, smtputf8: utf8, deadlineMs = LOOKUP_DEADLINE_MS } = this.#options;
    const context: KindContext = {
      ...{ table, type, source, log, utf8, deadlineMs, files: this.#files },
      passwdFile: this.#options.passwdFile ?? '/etc/passwd',
      groupFile: this.#options.groupFile ?? '/etc/group',
      openInner: (inner) => this.#openNested(inner, source, depth + 1),
      complain: (severity, problem, remedy) =>
        complaints.push({ source, severity, problem: `${table}: ${problem}`, remedy }),
    };
    const kind = this.#kinds.get(type);
    const lookup = this.#lookup(kind, name, context, depth);
    return new OpenedTable(lookup, {
      name: table,
      wholeKeysOnly: kind?.wholeKeysOnly ?? true,
      utf8,
      log,
      complaints,
    });
  }

  #lookup(kind: Kind | undefined, name: string, context: KindContext, depth: number): Lookup {
    try {
      if (name === '' || context.type === '')
        throw new BadTableName('this is not type:name', this.#remedy(context.type), 'config');
      if (!kind)
        throw new BadTableName(
          `unsupported dictionary type: ${context.type}`,
          this.#remedy(context.type),
          'config',
        );
      if (depth > MAX_DEPTH)
        throw new BadTableName('tables are made of tables too often', 'use fewer of them', 'config');
      return kind.open(name, context);
    } catch (error) {
      if (!(error instanceof BadTableName)) throw error;
      context.complain('warning', error.message, error.remedy);
      return unusable(context.table, error);
    }
  }

  #remedy(type: string): string {
    const meant = didYouMean(type, this.#kinds.keys());
    return meant === undefined
      ? `known are ${[...this.#kinds.keys()].join(', ')}`
      : `did you mean ${meant}:name?`;
  }
}

function unusable(table: string, { message, reason }: BadTableName): Lookup {
  return {
    wholeKeysOnly: true,
    find() {
      throw new LookupFailure(`${table} is unavailable. ${table}`, message, reason);
    },
  };
}
