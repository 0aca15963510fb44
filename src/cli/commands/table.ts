/** `table`: makes tables of plain lists, and tells what a list of telephone numbers finds in a text. */
import { readFileSync } from 'node:fs';
import { type Complaint, complaintLine } from '../../settings/complaint.ts';
import { cidrTable } from '../../tables/lookup-command.ts';
import { explainedLine, explainPhones, phoneTable } from '../../tables/phone-command.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';

interface Made {
  readonly text: string;
  readonly complaints: readonly Complaint[];
}

/** What a list can become. */
const MAKERS: Readonly<Record<string, (list: string, action: string | undefined) => Made>> = {
  cidr(list, action) {
    if (action === undefined) throw new UsageError("a cidr table needs --action 'REJECT text'");
    return cidrTable(list, action);
  },
  phone: (list, action) => phoneTable(list, action ?? ''),
};

export const table: Command = {
  name: 'table',
  usage:
    "cidr --action 'REJECT text' < LIST | phone [--action 'REJECT text'] < LIST | phone --explain FILE [--json] < TEXT",
  sentence: 'Makes a table of a plain list, or tells what a list of telephone numbers finds in a text',
  details: `
cidr: networks, one a line. phone: telephone numbers, one a line; an action of their own stays, without any the table has
its default. Comments (#) stay. Lines that are no networks or numbers are left out, with a complaint; exit status 1.
--explain: every place of the text where the digits of a listed number stand: line and column, how it is written, which
number it is and by which line of FILE, and why it counts or does not. Exit status 1 when none counts.`.trim(),

  async run(args) {
    const { values, positionals } = readArguments(args, {
      action: { type: 'string' },
      explain: { type: 'string' },
    });
    const [kind = '', ...more] = positionals;
    const make = Object.hasOwn(MAKERS, kind) ? MAKERS[kind] : undefined;
    if (!make || more.length > 0) throw new UsageError('the first word is cidr or phone');
    if (values.explain !== undefined) {
      if (kind !== 'phone') throw new UsageError('--explain is for phone');
      return explain(values.explain, await standardInput(), values.json ?? false);
    }
    const { text, complaints } = make(await standardInput(), values.action);
    process.stdout.write(text);
    for (const complaint of complaints) console.error(complaintLine(complaint));
    return complaints.length > 0 ? 1 : 0;
  },
};

function explain(file: string, text: string, asJson: boolean): number {
  const found = explainPhones(readFileSync(file), file, text);
  if (asJson) console.log(JSON.stringify(found, undefined, 2));
  else for (const one of found) console.log(explainedLine(one));
  return found.some(({ matches }) => matches) ? 0 : 1;
}

async function standardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
