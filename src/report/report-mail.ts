/**
 * A user's report as a mail, composed by nodemailer. RFC 3834: it says that a machine wrote it, and its null sender keeps
 * others from answering it by machine. Parameter: report_sender.
 */
import MailComposer from 'nodemailer/lib/mail-composer';
import { reportHtml } from './report-html.ts';
import { type ReportStyle, reportText, reportTitle } from './report-text.ts';
import type { UserReport } from './user-report.ts';

export interface ReportMailOptions extends ReportStyle {
  /** What stands in From. */
  readonly sender: string;
  /** For the Message-ID. */
  readonly hostname: string;
  readonly id: string;
}

/** The message, with CRLF line ends. */
export async function reportMail(report: UserReport, options: ReportMailOptions): Promise<Buffer> {
  const composer = new MailComposer({
    from: options.sender,
    to: report.user,
    subject: reportTitle(report),
    messageId: `<${options.id}@${options.hostname}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    text: reportText(report, { ...options, forOperators: false }),
    html: reportHtml(report, options),
    newline: 'windows',
  });
  return composer.compile().build();
}
