/** What a judge of content has found: the rule's action, where the rule stands, and what it was found in. */
import type { Source } from '../mail/source.ts';

export interface Finding {
  /** The parameter that named the rule: `header_checks`, `text_checks`, `attachment_checks`. */
  readonly check: string;
  /** As the table says it: `REJECT no phones here`. */
  readonly action: string;
  readonly source: Source;
  /** The text it was found in, with part and position where that helps; printable, one line. */
  readonly evidence: string;
}
