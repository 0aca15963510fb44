/** `history`: searches the ledger of every attempt by what people know of a mail. */
import { openLedger } from '../../assembly/ledger.ts';
import type { Search } from '../../ledger/ledger-reader.ts';
import type { AttemptVerdict } from '../../record/attempt.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import { momentAgo, readArguments } from '../arguments.ts';
import { OUTCOMES, together, triedLines } from '../attempt-text.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

const FLAGS = {
  from: { type: 'string' },
  to: { type: 'string' },
  client: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  verdict: { type: 'string' },
  limit: { type: 'string' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

const USUAL_LIMIT = 100;

export const history: Command = {
  name: 'history',
  usage:
    '[-c DIR] [--json] [--from TEXT] [--to TEXT] [--client IP|NET|TEXT] [--since 2d] [--until 1h] [--verdict reject,...] [--limit N]',
  sentence: 'Searches the ledger of every attempt to send mail',
  details: `
The newest come first, ${USUAL_LIMIT} of them unless --limit says otherwise; 0 is all. What was put off and tried again is
shown with its last attempt. --from and --to look for a part of an address (--from '<>': bounces), --client for an
address, a network or a part of a name. --since and --until are times ago, such as 12h or 2d.
Verdicts: ${Object.keys(OUTCOMES).join(', ')}.
--json prints whole records, one in each line. \`portcullis explain ID\` tells the story of one.`,

  async run(args) {
    const { values: flags } = readArguments(args, FLAGS);
    const search = searchOf(flags);
    const { settings } = readConfiguration(configurationDirectory(flags.config));
    const ledger = openLedger(settings);
    if (!ledger) {
      console.error(`portcullis history: nothing has been recorded in ${settings.data_directory} yet`);
      return 1;
    }
    try {
      let found = 0;
      const print = (text: string) => {
        found += 1;
        console.log(text);
      };
      if (flags.json) for (const attempt of ledger.search(search)) print(JSON.stringify(attempt));
      else for (const tried of together(ledger.search(search))) print(triedLines(tried));
      if (found === 0 && !flags.json) console.error('nothing found');
      return 0;
    } finally {
      ledger.close();
    }
  },
};

function searchOf(flags: Flags): Search {
  const { from, to, client } = flags;
  const limit = Number(flags.limit ?? USUAL_LIMIT);
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new UsageError(`--limit ${flags.limit}: it should be a number`);
  return {
    from,
    to,
    client,
    since: momentAgo(flags.since, '--since'),
    until: momentAgo(flags.until, '--until'),
    verdicts: flags.verdict?.split(/[\s,]+/).map(verdictOf),
    limit: limit === 0 ? undefined : limit,
  };
}

function verdictOf(text: string): AttemptVerdict {
  if (Object.hasOwn(OUTCOMES, text)) return text as AttemptVerdict;
  throw new UsageError(`--verdict ${text}: it should be one of ${Object.keys(OUTCOMES).join(', ')}`);
}
