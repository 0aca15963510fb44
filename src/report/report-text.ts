/** A user's report as plain text, for a terminal or a mail. */
import { remediesFor } from './report-links.ts';
import type { Fate, ReportEntry, UserReport } from './user-report.ts';

export interface ReportStyle {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** report_exception_url */
  readonly linkTemplate: string;
  /** For operators: with commands. */
  readonly forOperators: boolean;
}

export const FATE_TITLES: Readonly<Record<Fate, string>> = {
  rejected: 'Refused',
  deferred: 'Put off, and not tried again so far',
  quarantined: 'Kept in quarantine',
  discarded: 'Thrown away',
};

export const FATES_IN_ORDER: readonly Fate[] = ['quarantined', 'rejected', 'deferred', 'discarded'];

export function reportTitle({ user, entries, more }: UserReport): string {
  const count = entries.length + more;
  return `${count} ${count === 1 ? 'mail' : 'mails'} for ${user} did not come through`;
}

export function reportText(report: UserReport, style: ReportStyle): string {
  const sections = FATES_IN_ORDER.flatMap((fate) => {
    const entries = report.entries.filter((entry) => entry.fate === fate);
    if (entries.length === 0) return [];
    return [
      `${FATE_TITLES[fate]}:\n\n${entries.map((entry) => entryText(entry, report.user, style)).join('\n\n')}`,
    ];
  });
  const more = report.more > 0 ? [`and ${report.more} more`] : [];
  return [`${reportTitle(report)} since ${shownTime(style.since)}.`, ...sections, ...more].join('\n\n');
}

function entryText(entry: ReportEntry, user: string, style: ReportStyle): string {
  const { id, time, client, reply, attempts, restriction, rule } = entry;
  const { link, command } = remediesFor(entry, user, style.linkTemplate);
  const times = attempts > 1 ? `, ${attempts} times` : '';
  const by = style.forOperators ? [`  by ${restriction} (${rule})`] : [];
  return [
    `  ${shownTime(Date.parse(time))}  ${shownSender(entry)}${times}`,
    `  from ${client}`,
    `  ${reply}`,
    ...by,
    style.forOperators
      ? `  let through: ${command}   (explain ${id})`
      : `  Wanted? ${link ?? `Ask for ${id}.`}`,
  ].join('\n');
}

export function shownSender({ sender }: ReportEntry): string {
  return sender === '' ? 'a bounce' : sender;
}

/** `2026-11-30 21:04`, local time. */
export function shownTime(time: number): string {
  const at = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
