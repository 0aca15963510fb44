/** What is wrong with the rows of tables: actions that nobody has, classes that nobody has declared, no rates. For `check`. */
import type { Complain } from '../settings/complaint.ts';
import type { Found } from '../tables/table.ts';
import type { TableList } from '../tables/table-list.ts';

/** What rows of a kind of tables should be. */
export interface RowRules {
  /** What is wrong with a row. */
  inspect(row: Found): string | undefined;
  readonly remedy: string;
}

/** Rows with a mistake that are told of, for each table. */
const MOST_TOLD = 100;

/** Looks at each different result of a table once. */
export function inspectRows(table: TableList, rules: RowRules, complain: Complain): void {
  const seen = new Set<string>();
  let told = 0;
  for (const { value, source } of table.entries()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const problem = rules.inspect({ value, source });
    if (problem === undefined) continue;
    complain({
      source,
      severity: 'warning',
      problem: `"${value.slice(0, 60)}" ${problem}`,
      remedy: rules.remedy,
    });
    if (++told === MOST_TOLD) return;
  }
}
