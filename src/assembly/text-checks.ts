/** Who reads the texts of a service's mails, from settings. Parameters: text_checks. */
import { TextChecks } from '../content/text-checks.ts';
import type { Log } from '../record/log.ts';
import type { Openers } from './openers.ts';

/** text_checks_size_limit: text of one message that is looked at. */
const TEXT_LIMIT_BYTES = 1_048_576;

/** Undefined: nobody asked for it. */
export function assembleTextChecks(openers: Openers, log: Log): TextChecks | undefined {
  const table = openers.maps('text_checks');
  return table && new TextChecks({ table, sizeLimitBytes: TEXT_LIMIT_BYTES, log });
}
