/** Who reads the texts of a service's mails, from settings. Parameters: text_checks. */
import { TextChecks } from '../content/text-checks.ts';
import type { Log } from '../record/log.ts';
import { TableList } from '../tables/table-list.ts';
import type { Openers } from './openers.ts';

/** Tables that see through disguises themselves. */
const SEES_THROUGH = 'phone:';
/** text_checks_size_limit: text of one message that is looked at. */
const TEXT_LIMIT_BYTES = 1_048_576;

/** Undefined: nobody asked for it. */
export function assembleTextChecks(openers: Openers, log: Log): TextChecks | undefined {
  const clean = openers.maps('text_checks');
  if (!clean) return undefined;
  const patterns = clean.tables.filter(({ name }) => !name.startsWith(SEES_THROUGH));
  const folded = patterns.length > 0 ? new TableList(patterns) : undefined;
  return new TextChecks({ tables: { clean, folded }, sizeLimitBytes: TEXT_LIMIT_BYTES, log });
}
