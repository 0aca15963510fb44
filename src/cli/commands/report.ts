/** `report`: what did not come through for a user and why, for the operator, or as a mail to the user. */
import { openLedger } from '../../assembly/ledger.ts';
import { assembleStore } from '../../assembly/memory.ts';
import { assembleQuarantine } from '../../assembly/quarantine.ts';
import { assembleReportDesk, type ReportDesk } from '../../assembly/reports.ts';
import type { LedgerReader } from '../../ledger/ledger-reader.ts';
import { isRefusal, replyText } from '../../mail/reply.ts';
import { newId } from '../../record/ids.ts';
import { silentLog } from '../../record/log.ts';
import { reportHtml } from '../../report/report-html.ts';
import { reportMail } from '../../report/report-mail.ts';
import { type ReportStyle, reportText } from '../../report/report-text.ts';
import { reportsOf, type UserReport } from '../../report/user-report.ts';
import { type Configuration, readConfiguration } from '../../settings/configuration.ts';
import { momentAgo, readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { terminalText } from '../terminal-text.ts';

const FLAGS = {
  user: { type: 'string' },
  all: { type: 'boolean' },
  since: { type: 'string' },
  html: { type: 'boolean' },
  send: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

const DAY_MS = 86_400_000;
/** A digest goes back so far at most. */
const MOST_MS = 7 * DAY_MS;
const DIGEST = 'digest';

export const report: Command = {
  name: 'report',
  usage: '--user ADDRESS | --all [--since 1d] [--send] [--html] [-c DIR] [--json]',
  sentence: 'Tells what did not come through for a user, and why',
  details: `
--user ADDRESS     one user
--all              everybody of ours for whom something did not come through
--since 1d         how far back; a digest (--all --send) goes back to the last one, unless it is said
--send             sends each user his report, with links to ask for a sender (report_exception_url); not to those whom
                   report_recipients leaves out. For cron, once a day: portcullis report --all --send
--html             prints the report as it would be sent
Refusals that report_exclude names, and mail to addresses that do not exist, are left out.
Senders are let through with \`portcullis exceptions add SENDER --user ADDRESS\`.`,

  async run(args) {
    const { values: flags } = readArguments(args, FLAGS);
    if ((flags.user === undefined) === (flags.all !== true))
      throw new UsageError('say --user ADDRESS, or --all');
    const configuration = readConfiguration(configurationDirectory(flags.config));
    const ledger = openLedger(configuration.settings);
    const desk = await assembleReportDesk(
      configuration,
      assembleQuarantine(configuration.settings, silentLog),
      silentLog,
    );
    try {
      if (!ledger || !desk) {
        const why = ledger
          ? 'master.cf has no SMTP service'
          : `nothing has been recorded in ${configuration.settings.data_directory} yet`;
        console.error(`portcullis report: ${why}`);
        return 1;
      }
      return await tell({ configuration, ledger, desk, flags });
    } finally {
      ledger?.close();
      await desk?.close();
    }
  },
};

interface Task {
  readonly configuration: Configuration;
  readonly ledger: LedgerReader;
  readonly desk: ReportDesk;
  readonly flags: Flags;
}

async function tell(task: Task): Promise<number> {
  const { ledger, desk, flags, configuration } = task;
  const began = Date.now();
  const since = momentAgo(flags.since, '--since') ?? (await usualSince(task, began));
  const attempts = ledger.search({ since, until: began, to: flags.user, oldestFirst: true });
  const user = flags.user?.toLowerCase();
  const reports = await reportsOf(attempts, { user, isOurs: desk.isOurs, exclude: desk.exclude });
  const style: ReportStyle = { since, linkTemplate: desk.linkTemplate, forOperators: true };
  if (!flags.send) return print(reports, style, flags);
  const failed = await sendAll(reports, style, task);
  if (flags.all && failed === 0)
    await withDigests(configuration, (store) =>
      store.put('reports', DIGEST, { value: String(began), lifetimeMs: MOST_MS }),
    );
  return failed > 0 ? 1 : 0;
}

/** A digest goes on where the last one ended. */
async function usualSince({ configuration, flags }: Task, now: number): Promise<number> {
  if (!flags.all || !flags.send) return now - DAY_MS;
  const last = await withDigests(configuration, (store) => store.get('reports', DIGEST));
  return Math.max(now - MOST_MS, Number(last?.value ?? now - DAY_MS));
}

type Store = ReturnType<typeof assembleStore>;

async function withDigests<T>(
  { settings }: Configuration,
  work: (store: Store) => T | Promise<T>,
): Promise<T> {
  const store = assembleStore(settings, silentLog, () => {}, false);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function print(reports: readonly UserReport[], style: ReportStyle, { json, html }: Flags): number {
  if (json) console.log(JSON.stringify(reports, undefined, 2));
  else if (html) for (const one of reports) console.log(reportHtml(one, style));
  else if (reports.length === 0) console.log('everything came through');
  else console.log(reports.map((one) => terminalText(reportText(one, style))).join('\n\n\n'));
  return 0;
}

/** How many could not be sent. */
async function sendAll(reports: readonly UserReport[], style: ReportStyle, task: Task): Promise<number> {
  const { desk, configuration, flags } = task;
  const { report_sender: sender, myhostname: hostname } = configuration.settings;
  let failed = 0;
  for (const one of reports) {
    if (!(await desk.wantsReports(one.user))) continue;
    const id = newId();
    const answer = await desk.courier.send(
      id,
      one.user,
      await reportMail(one, { ...style, sender, hostname, id }),
    );
    if (isRefusal(answer)) failed += 1;
    const said = replyText(answer);
    console.log(
      flags.json ? JSON.stringify({ user: one.user, id, reply: said }) : terminalText(`${one.user}: ${said}`),
    );
  }
  return failed;
}
