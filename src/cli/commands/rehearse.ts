/** `rehearse`: judges the recorded attempts again under another configuration and says what would change. */
import { openLedger } from '../../assembly/ledger.ts';
import { assembleStore } from '../../assembly/memory.ts';
import { assembleResolver } from '../../assembly/sources.ts';
import type { LedgerReader } from '../../ledger/ledger-reader.ts';
import { Correspondents } from '../../memory/correspondents.ts';
import type { Store } from '../../memory/store.ts';
import { silentLog } from '../../record/log.ts';
import { type Complaint, complaintLine } from '../../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../../settings/configuration.ts';
import { Rehearsal } from '../../trial/rehearsal.ts';
import { RehearsalReport } from '../../trial/rehearsal-report.ts';
import { momentAgo, readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { Progress } from '../progress.ts';
import { rehearsalFacts, rehearsalText } from '../rehearsal-text.ts';

const FLAGS = {
  since: { type: 'string' },
  until: { type: 'string' },
  'ask-dns': { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

export const rehearse: Command = {
  name: 'rehearse',
  usage: 'NEWDIR [-c DIR] [--since 7d] [--until 1h] [--ask-dns] [--json]',
  sentence: 'Judges the recorded attempts again under another configuration and prints what would change',
  details: `
NEWDIR has the configuration on trial, -c DIR the one that has recorded. Attempts of the last days (--since, 7d unless said)
are judged again, the oldest first, up to their content, which is not recorded. Changes are grouped by the rule that makes
them; mail from people whom your users write to comes first.
Answers of the DNS are those of the time. What nobody asked then counts as unknown, and such attempts are told apart; with
--ask-dns they are asked now: so a new DNS list can be tried. Greylisting, policy services and verified addresses count as
recorded; greylisting that is new begins with an empty memory.
Nothing is delivered, written or learned. The exit status is 1 when something would change.`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [directory, ...more] = positionals;
    if (directory === undefined || more.length > 0)
      throw new UsageError('name the directory of the new configuration');
    const running = readConfiguration(configurationDirectory(flags.config));
    const candidate = readConfiguration(directory);
    const ledger = openLedger(running.settings);
    if (!ledger) {
      console.error(
        `portcullis rehearse: nothing has been recorded in ${running.settings.data_directory} yet`,
      );
      return 1;
    }
    const memory = assembleStore(running.settings, silentLog, () => {}, false);
    const dns = flags['ask-dns'] ? assembleResolver(running.settings) : undefined;
    const rehearsal = await Rehearsal.prepare(candidate, { answers: ledger, memory, dns });
    try {
      if (complain(rehearsal.complaints)) return 1;
      const report = await judgeAll(rehearsal, { running, ledger, memory }, flags);
      console.log(flags.json ? JSON.stringify(rehearsalFacts(report), undefined, 2) : rehearsalText(report));
      return report.changes > 0 ? 1 : 0;
    } finally {
      await rehearsal.close();
      await memory.close();
      ledger.close();
    }
  },
};

/** Whether the new configuration cannot be used. */
function complain(complaints: readonly Complaint[]): boolean {
  for (const complaint of complaints) {
    if (complaint.severity !== 'note') console.error(complaintLine(complaint));
  }
  return complaints.some(({ severity }) => severity === 'error');
}

interface Recorded {
  readonly running: Configuration;
  readonly ledger: LedgerReader;
  readonly memory: Store;
}

async function judgeAll(
  rehearsal: Rehearsal,
  { running, ledger, memory }: Recorded,
  flags: Flags,
): Promise<RehearsalReport> {
  const since = momentAgo(flags.since ?? '7d', '--since');
  const until = momentAgo(flags.until, '--until');
  const lifetimeMs = running.settings.correspondent_lifetime;
  const report = new RehearsalReport(new Correspondents({ store: memory, lifetimeMs }));
  const progress = new Progress('attempts judged again');
  for await (const judged of rehearsal.judge(ledger.search({ since, until, oldestFirst: true }))) {
    await report.add(judged);
    progress.step();
  }
  progress.end();
  return report;
}
