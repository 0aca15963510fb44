/** What is wrong with the rows of access tables: actions that nobody has, classes that nobody has declared. For `check`. */
import type { Complain } from '../settings/complaint.ts';
import type { TableList } from '../tables/table-list.ts';
import type { AccessResults } from './access-result.ts';

/** Rows with a mistake that are told of, for each table. */
const MOST_TOLD = 100;

/** Looks at each different result of a table once. */
export function inspectRows(table: TableList, access: AccessResults, complain: Complain): void {
  const seen = new Set<string>();
  let told = 0;
  for (const { value, source } of table.entries()) {
    if (seen.has(value)) continue;
    seen.add(value);
    const problem = access.inspect({ value, source });
    if (problem === undefined) continue;
    complain({
      source,
      severity: 'warning',
      problem: `"${value.slice(0, 60)}" ${problem}`,
      remedy: 'see `portcullis list actions`',
    });
    if (++told === MOST_TOLD) return;
  }
}
