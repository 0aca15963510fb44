/** A row of the table of kinds (kinds.ts), and what its factory is given. */
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { Lookup } from './lookup.ts';
import type { OpenedTable } from './opened-table.ts';
import type { TableFiles } from './table-files.ts';

export interface Kind {
  readonly type: string;
  /** What stands behind the colon. */
  readonly nameIs: string;
  /** Gets whole keys only: no parent domains, no networks, no addresses without extension. `Postfix: DICT_FLAG_PATTERN`. */
  readonly wholeKeysOnly: boolean;
  /** Makes the look-up. Throws BadTableName when the name makes no sense. */
  readonly open: (name: string, context: KindContext) => Lookup;
  readonly sentence: string;
}

/** The name of a table makes no sense: look-ups fail (`retry`: as Postfix's do, with 451 4.3.0). */
export class BadTableName extends Error {
  readonly remedy: string;
  readonly reason: 'retry' | 'config';
  constructor(problem: string, remedy: string, reason: 'retry' | 'config' = 'retry') {
    super(problem);
    this.remedy = remedy;
    this.reason = reason;
  }
}

export interface KindContext {
  /** The table as messages show it: `hash:/etc/postfix/access`. */
  readonly table: string;
  readonly type: string;
  /** Where the table is named. */
  readonly source: Source;
  readonly log: Log;
  /** `Postfix: smtputf8_enable`. */
  readonly utf8: boolean;
  readonly passwdFile: string;
  readonly groupFile: string;
  /** How long a look-up over the network may take. */
  readonly deadlineMs: number;
  readonly files: TableFiles;
  /** Opens a table that this one asks. */
  openInner(spec: string): OpenedTable;
  /** Says something about the name. */
  complain(severity: Complaint['severity'], problem: string, remedy: string): void;
}
