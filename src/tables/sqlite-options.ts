/** The options of an sqlite table: where the database is, and what to ask it. `Postfix: sqlite_table(5)`. */
import type { FileComplaints } from './file-complaints.ts';
import { type OptionsFile, readOptions } from './options-file.ts';
import { QueryTemplates } from './query-template.ts';

const OPTIONS = [
  'dbpath',
  'query',
  'result_format',
  'domain',
  'expansion_limit',
  'table',
  'select_field',
  'where_field',
  'additional_conditions',
];

export interface SqliteOptions {
  readonly dbpath: string;
  readonly templates: QueryTemplates;
  /** 0: any number of rows. */
  readonly expansionLimit: number;
  readonly domain: string;
}

/** Reads the options; undefined when they make no table. */
// biome-ignore lint/correctness/useYield: small enough to be read in one go.
export function* readSqliteOptions(
  bytes: Buffer,
  complaints: FileComplaints,
): Generator<void, SqliteOptions | undefined> {
  const options = readOptions(bytes, complaints, OPTIONS);
  const dbpath = options.get('dbpath') ?? '';
  const query = options.get('query') || oldStyleQuery(options);
  if (dbpath === '' || query === undefined) {
    complaints.broken(0, dbpath === '' ? 'dbpath is missing' : 'query is missing', 'set dbpath and query');
    return undefined;
  }
  const limit = options.get('expansion_limit') ?? '0';
  if (!/^\d+$/.test(limit)) {
    complaints.broken(options.lineOf('expansion_limit'), `bad expansion_limit "${limit}"`, 'write a number');
  }
  if (hasUnquotedPiece(query)) {
    const problem = "the query has %s, %u, ... outside of '' quotes";
    complaints.remark(
      options.lineOf('query'),
      problem,
      "write '%s': the quotes protect against SQL in the key",
    );
  }
  try {
    const templates = new QueryTemplates(query, options.get('result_format') || '%s');
    return { dbpath, templates, expansionLimit: Number(limit) || 0, domain: options.get('domain') ?? '' };
  } catch (error) {
    complaints.broken(options.lineOf('query'), (error as Error).message, 'write the template without it');
    return undefined;
  }
}

function oldStyleQuery(options: OptionsFile): string | undefined {
  const [table, select, where] = ['table', 'select_field', 'where_field'].map((name) => options.get(name));
  if (!table || !select || !where) return undefined;
  return `SELECT ${select} FROM ${table} WHERE ${where}='%s' ${options.get('additional_conditions') ?? ''}`;
}

function hasUnquotedPiece(query: string): boolean {
  return /%[a-zA-Z0-9]/.test(query.replace(/'[^']*'/g, '').replaceAll('%%', ''));
}
