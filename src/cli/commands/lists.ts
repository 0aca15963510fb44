/** `lists`: the DNS lists of a configuration, tested now, and what they have been worth to the running gateway. */
import { type InspectedList, inspectLists } from '../../assembly/list-inspection.ts';
import { type ListRecord, ListRecords } from '../../memory/list-records.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { listFacts, listText } from '../list-text.ts';
import { withStore } from '../memory-access.ts';

const USUAL_DAYS = 7;

export const lists: Command = {
  name: 'lists',
  usage: '[-c DIR] [--days N] [--json] [TEXT]',
  sentence: 'Tests every DNS list of the configuration now, and tells what it has been worth',
  details: `
A list is asked for what every list must have, for what none may have, and for a name that nobody can have listed
(RFC 5782): that shows lists that are closed, list the whole world or do not answer us, and resolvers that lie.
A list that fails is left out by the gateway, until it answers well. Customers' keys in names of lists are not shown.
The figures are those of all gateways with this state_store, of the last ${USUAL_DAYS} days or of --days N, written every minute:
a listing by one list alone is one that no other list that was asked had.
With TEXT only lists with that in their name. Exit status 1 when a list is of no use now.`.trim(),

  async run(args) {
    const { values, positionals } = readArguments(args, { days: { type: 'string' } });
    const days = Number(values.days ?? USUAL_DAYS);
    if (!Number.isInteger(days) || days < 1) throw new UsageError('--days wants a number of days');
    const directory = configurationDirectory(values.config);
    const [text = ''] = positionals;
    const found = (await inspectLists(directory)).filter(({ zone }) => zone.includes(text.toLowerCase()));
    const records = await recordsOf(directory, days);
    const rows = found.map((list) => ({ list, record: records.find((one) => isOf(one, list)), days }));
    if (values.json) console.log(JSON.stringify(rows.map(listFacts), undefined, 2));
    else console.log(rows.length > 0 ? rows.map(listText).join('\n') : 'no DNS lists');
    return found.some(({ tested }) => tested.kind === 'bad' || tested.kind === 'unknown') ? 1 : 0;
  },
};

function isOf({ zone, asks }: ListRecord, list: InspectedList): boolean {
  return zone === list.zone && asks === list.asks;
}

/** None when the memory does not answer, which is told. */
async function recordsOf(directory: string, days: number): Promise<readonly ListRecord[]> {
  let records: readonly ListRecord[] = [];
  await withStore('lists', directory, async (store) => {
    records = await new ListRecords(store).of(days);
    return 0;
  });
  return records;
}
