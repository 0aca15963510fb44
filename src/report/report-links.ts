/**
 * How a reader of a report lets a sender through: a link for a click, and the command of the operator.
 * Parameter: report_exception_url, a template with $sender, $recipient and $id, each encoded for a URL.
 */
import type { ReportEntry } from './user-report.ts';

export interface Remedies {
  /** Undefined: there is none. */
  readonly link: string | undefined;
  readonly command: string;
}

export function remediesFor({ id, sender, fate }: ReportEntry, user: string, template: string): Remedies {
  const command =
    fate === 'quarantined'
      ? `portcullis quarantine release ${id}`
      : `portcullis exceptions add '${shell(sender)}' --user '${shell(user)}'`;
  if (template === '') return { link: undefined, command };
  const values: Readonly<Record<string, string>> = { sender, recipient: user, id };
  const link = template.replace(/\$\{?(sender|recipient|id)\}?/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? ''),
  );
  return { link, command };
}

/** Inside single quotes. */
function shell(text: string): string {
  return text.replaceAll("'", `'\\''`);
}
