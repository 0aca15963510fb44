/**
 * texthash, hash, btree, lmdb, cdb, dbm, sdbm: fixed strings from a text file. `Postfix: postmap(1), DATABASE_README`.
 * Unlike Postfix, the databases are not opened: their text source of the same name is read, and `postmap` is not needed.
 * A file in the format of aliases(5) is read as `postalias` would. Memory: the text and about 32 bytes for each entry.
 */
import { type Stats, statSync } from 'node:fs';
import type { Complaint } from '../settings/complaint.ts';
import { type Entries, readEntries } from './entry-lines.ts';
import type { EntryStore } from './entry-store.ts';
import { lintKey } from './key-traps.ts';
import type { Kind, KindContext } from './kind.ts';
import type { Lookup } from './lookup.ts';
import type { SourceFile } from './source-file.ts';
import type { Found } from './table.ts';

/** What the compiled form of each kind is called. */
const DATABASE_SUFFIX: Readonly<Record<string, string>> = {
  hash: '.db',
  btree: '.db',
  lmdb: '.lmdb',
  cdb: '.cdb',
  dbm: '.pag',
  sdbm: '.pag',
};

const MAX_LINT = 100;

export class TextTable implements Lookup {
  readonly #file: SourceFile<Entries>;
  readonly #context: KindContext;
  readonly #shown: string;
  readonly #path: string;

  constructor(name: string, context: KindContext) {
    const { files, utf8 } = context;
    this.#context = context;
    this.#path = files.path(name);
    this.#shown = files.shown(this.#path);
    const mayBeAliases = context.type in DATABASE_SUFFIX;
    this.#file = files.open(name, context, (bytes, complaints) =>
      readEntries(bytes, complaints, { utf8, mayBeAliases }),
    );
  }

  get loading(): Promise<void> | undefined {
    return this.#file.loading;
  }

  find(key: string): Found | undefined {
    const { store } = this.#file.content;
    const index = store.indexOf(key);
    return index < 0 ? undefined : this.#entry(store, index);
  }

  *entries(): Iterable<Found> {
    const { store } = this.#file.content;
    for (let index = 0; index < store.count; index++) yield this.#entry(store, index);
  }

  complaints(): Complaint[] {
    const database = this.#database();
    const all = this.#file.complaints();
    if (database === undefined || stateOf(this.#path)) return all;
    const { type } = this.#context;
    const remedy = `${type} tables are read from their text: postmap -s ${type}:${this.#path} > ${this.#path} writes it`;
    return [...all, this.#complaint(0, `only the database ${database} is there, not its text`, remedy)];
  }

  /** Keys that can never match here, and a database that Postfix would still read. */
  lint(): Complaint[] {
    const { store } = this.#file.content;
    const found: Complaint[] = [];
    const database = this.#database();
    if (database !== undefined && isNewer(this.#path, database)) {
      found.push({
        ...this.#complaint(0, `newer than ${database}`, 'the text counts here; Postfix itself needs postmap'),
        severity: 'note',
      });
    }
    for (let index = 0; index < store.count && found.length < MAX_LINT; index++) {
      const trap = lintKey(store.key(index));
      if (trap) found.push(this.#complaint(store.values.line(index), trap.problem, trap.remedy));
    }
    return found;
  }

  close(): void {
    this.#context.files.close(this.#file);
  }

  #entry({ values }: EntryStore, index: number): Found {
    return { value: values.text(index), source: { file: this.#shown, line: values.line(index) } };
  }

  /** The file that Postfix would open instead, when it is there. */
  #database(): string | undefined {
    const suffix = DATABASE_SUFFIX[this.#context.type];
    if (suffix === undefined) return undefined;
    const path = this.#path + suffix;
    return stateOf(path) ? path : undefined;
  }

  #complaint(line: number, problem: string, remedy: string): Complaint {
    return { source: { file: this.#shown, line }, severity: 'warning', problem, remedy };
  }
}

/** Undefined when there is no such file, or none that we may see. */
function stateOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isNewer(text: string, database: string): boolean {
  const [a, b] = [stateOf(text), stateOf(database)];
  return a !== undefined && b !== undefined && a.mtimeMs > b.mtimeMs;
}

/** The rows of the table of kinds. */
export const textKinds: readonly Kind[] = [
  row('texthash', 'a text file, read as it is'),
  row('hash', 'the text that a Berkeley DB hash is made of'),
  row('btree', 'the text that a Berkeley DB tree is made of'),
  row('lmdb', 'the text that an LMDB database is made of'),
  row('cdb', 'the text that a constant database is made of'),
  row('dbm', 'the text that a dbm database is made of'),
  row('sdbm', 'the text that an sdbm database is made of'),
];

function row(type: string, sentence: string): Kind {
  return {
    type,
    nameIs: '/file/name',
    wholeKeysOnly: false,
    open: (name, context) => new TextTable(name, context),
    sentence: `"key value" lines of ${sentence}.`,
  };
}
