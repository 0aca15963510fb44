/** `explain`: the story of a recorded attempt, or of a mail that might come, judged by the configuration as it is now. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { openLedger } from '../../assembly/ledger.ts';
import { normalAddress } from '../../dns/reverse-name.ts';
import { silentLog } from '../../record/log.ts';
import { complaintLine } from '../../settings/complaint.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import { explanation } from '../../trial/explanation.ts';
import { confirmedNames, HYPOTHETICAL_TLS, type Hypothesis } from '../../trial/hypothesis.ts';
import { NoSuchService, Trial } from '../../trial/trial.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { storyText, type Told } from '../story-text.ts';

const FLAGS = {
  client: { type: 'string' },
  'client-name': { type: 'string' },
  helo: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string', multiple: true },
  message: { type: 'string' },
  service: { type: 'string' },
  'sasl-user': { type: 'string' },
  tls: { type: 'boolean' },
  learn: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

export const explain: Command = {
  name: 'explain',
  usage: `ID | --client IP [--client-name NAME] [--helo NAME] [--from ADDRESS] [--to ADDRESS]... [--message FILE]
       [--service NAME] [--sasl-user USER] [--tls] [--learn] [-c DIR] [--json]`,
  sentence: 'Tells the story of an attempt, or of a mail that might come',
  details: `
ID                 an attempt of the ledger: the id stands in replies to clients, in the log, in Received fields and in
                   what \`portcullis history\` prints
--client IP        judges a mail that a client with this address might send, by the configuration as it is now: every
                   restriction in order with where it stands, what it looked up, how long that took and what it said
--client-name NAME instead of what the DNS says; it counts as confirmed. --client-name unknown: there is none
--from '<>'        the null sender. Without --to it ends behind the sender's restrictions where they are not delayed
--message FILE     runs the content checks, too; nothing is delivered
--service NAME     as in master.cf; the first SMTP service, unless said
--learn            lets greylisting and policy services remember it, as if it had come
The exit status is 1 when the mail would not be accepted, or there is no such attempt.`,

  async run(args) {
    const { values: flags, positionals } = readArguments(args, FLAGS);
    const [id, ...more] = positionals;
    if (more.length > 0) throw new UsageError('name one id');
    if ((id === undefined) === (flags.client === undefined))
      throw new UsageError('name the id of an attempt, or say with --client who would send');
    return id === undefined ? judge(flags) : recall(id, flags);
  },
};

function recall(id: string, flags: Flags): number {
  const { settings } = readConfiguration(configurationDirectory(flags.config));
  const ledger = openLedger(settings);
  try {
    const attempt = ledger?.find(id);
    if (!ledger || !attempt) {
      console.error(
        `portcullis explain: there is no attempt ${id} in the ledger of ${settings.data_directory}`,
      );
      return 1;
    }
    print({ attempt, linked: ledger.linked(attempt) }, flags);
    return 0;
  } finally {
    ledger?.close();
  }
}

async function judge(flags: Flags): Promise<number> {
  const mail = hypothesisOf(flags);
  const configuration = readConfiguration(configurationDirectory(flags.config));
  const trial = await Trial.prepare({
    configuration,
    world: explanation(flags.learn === true),
    log: silentLog,
  });
  try {
    const errors = trial.assembly.complaints.filter(({ severity }) => severity === 'error');
    for (const complaint of errors) console.error(complaintLine(complaint));
    const attempts = await trial.judge(mail);
    for (const attempt of attempts) print({ attempt, linked: [] }, flags);
    return attempts.every(({ verdict }) => verdict === 'accept') ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoSuchService)) throw error;
    throw new UsageError(error.message);
  } finally {
    await trial.close();
  }
}

function hypothesisOf(flags: Flags): Hypothesis {
  const { client = '', from, to = [], message, service, helo } = flags;
  if (isIP(client) === 0) throw new UsageError(`--client ${client}: it should be an IP address`);
  if (from === undefined && to.length > 0) throw new UsageError('--to needs --from');
  return {
    service,
    client: { address: normalAddress(client), names: namesOf(flags) },
    helo,
    tls: flags.tls ? HYPOTHETICAL_TLS : undefined,
    saslUsername: flags['sasl-user'],
    sender: from === undefined ? undefined : unbracketed(from),
    recipients: to.map(unbracketed),
    message: message === undefined ? undefined : readFileSync(message),
  };
}

function namesOf({ 'client-name': name }: Flags): Hypothesis['client']['names'] {
  if (name === undefined) return undefined;
  if (name !== 'unknown') return confirmedNames(name);
  return { name, nameStatus: 'absent', reverseName: name, reverseNameStatus: 'absent' };
}

function unbracketed(address: string): string {
  return address.replace(/^<(.*)>$/s, '$1');
}

function print(told: Told, { json }: Flags): void {
  const { attempt, linked } = told;
  if (json) console.log(JSON.stringify({ ...attempt, linked: linked.map(({ id }) => id) }, undefined, 2));
  else console.log(`${storyText(told)}\n`);
}
