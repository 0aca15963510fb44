/** Who reads the texts of a service's mails, from settings. Parameters: text_checks, text_checks_size_limit. */
import { TextChecks } from '../content/text-checks.ts';
import type { Log } from '../record/log.ts';
import { TableList } from '../tables/table-list.ts';
import type { Openers } from './openers.ts';

/** Tables that see through disguises themselves. */
const SEES_THROUGH = 'phone:';

/** Undefined: nobody asked for it. */
export function assembleTextChecks(openers: Openers, log: Log): TextChecks | undefined {
  const clean = openers.maps('text_checks');
  if (!clean) return undefined;
  const patterns = clean.tables.filter(({ name }) => !name.startsWith(SEES_THROUGH));
  const folded = patterns.length > 0 ? new TableList(patterns) : undefined;
  const sizeLimitBytes = openers.settings.text_checks_size_limit;
  return new TextChecks({ tables: { clean, folded }, sizeLimitBytes, log });
}
