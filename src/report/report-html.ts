/** A user's report as HTML, for a mail. Everything that strangers wrote is escaped; nothing is loaded from anywhere. */
import { remediesFor } from './report-links.ts';
import {
  FATE_TITLES,
  FATES_IN_ORDER,
  type ReportStyle,
  reportTitle,
  shownSender,
  shownTime,
} from './report-text.ts';
import type { ReportEntry, UserReport } from './user-report.ts';

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;color:#1b1f24;max-width:44em;margin:1em auto;padding:0 1em}
h1{font-size:1.2em}h2{font-size:1em;margin:1.6em 0 .4em;border-bottom:1px solid #d5dae0}
table{border-collapse:collapse;width:100%}td{padding:.45em .6em .45em 0;vertical-align:top;border-bottom:1px solid #eef0f3}
.t{white-space:nowrap;color:#5b6570}.r{color:#5b6570;font-size:.9em;overflow-wrap:anywhere}
a{color:#0a5bb5;white-space:nowrap}`;

export function reportHtml(report: UserReport, style: ReportStyle): string {
  const sections = FATES_IN_ORDER.map((fate) => {
    const rows = report.entries
      .filter((entry) => entry.fate === fate)
      .map((entry) => row(entry, report.user, style));
    return rows.length === 0 ? '' : `<h2>${FATE_TITLES[fate]}</h2>\n<table>\n${rows.join('\n')}\n</table>`;
  });
  const more = report.more > 0 ? `<p>and ${report.more} more</p>` : '';
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(reportTitle(report))}</title>
<style>${STYLE}</style></head>
<body><h1>${escaped(reportTitle(report))}</h1>
<p>Since ${shownTime(style.since)}. What you miss can be let through from now on.</p>
${sections.filter((section) => section !== '').join('\n')}
${more}</body></html>
`;
}

function row(entry: ReportEntry, user: string, style: ReportStyle): string {
  const { link, command } = remediesFor(entry, user, style.linkTemplate);
  const remedy =
    link === undefined ? `<code>${escaped(command)}</code>` : `<a href="${escaped(link)}">let it through</a>`;
  const times = entry.attempts > 1 ? ` <span class="r">${entry.attempts} times</span>` : '';
  return `<tr><td class="t">${shownTime(Date.parse(entry.time))}</td><td><b>${escaped(shownSender(entry))}</b>${times}
<div class="r">${escaped(entry.client)}<br>${escaped(entry.reply)}<br>${escaped(entry.id)}</div></td><td>${remedy}</td></tr>`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? sign).replace(/[^\P{C}\n\t]/gu, '?');
}
