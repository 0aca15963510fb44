/** The DNS lists of a configuration, tested now: for `lists`, and for `check --dns`. */
import type { DnsLists, ListZone } from '../dns/dns-lists.ts';
import type { Tested } from '../dns/list-health.ts';
import type { ListKind } from '../dns/list-test.ts';
import { builtIn, type Source } from '../mail/source.ts';
import { assemble } from '../main.ts';
import { silentLog } from '../record/log.ts';
import { LocalCounters } from '../server/counters.ts';
import type { Complaint } from '../settings/complaint.ts';
import { readConfiguration } from '../settings/configuration.ts';

export interface InspectedList {
  /** Without a customer's key. */
  readonly zone: string;
  readonly asks: ListKind;
  /** Where it is named. */
  readonly places: readonly Source[];
  readonly tested: Tested;
  /** What the table of dead lists says. */
  readonly dead: string | undefined;
}

/** Reads a configuration and tests its lists. Throws when main.cf cannot be read. */
export async function inspectLists(directory: string): Promise<InspectedList[]> {
  const runtime = { log: silentLog, counters: new LocalCounters(0), ledger: undefined };
  const assembly = await assemble(readConfiguration(directory), runtime);
  try {
    return await testedLists(assembly.lists);
  } finally {
    await assembly.close();
  }
}

async function testedLists(lists: DnsLists): Promise<InspectedList[]> {
  await lists.testAll();
  return lists.all().flatMap((zone) => inspected(zone, lists) ?? []);
}

function inspected(zone: ListZone, lists: DnsLists): InspectedList | undefined {
  const { shown, kind, health } = zone;
  const tested = health.lastTest;
  return (
    tested && { zone: shown, asks: kind, places: lists.placesOf(zone), tested, dead: lists.whyDead(shown) }
  );
}

/** What the tests have found, at the places where the lists are named. */
export async function listComplaints(lists: DnsLists): Promise<Complaint[]> {
  const tested = await testedLists(lists);
  return tested.flatMap(({ zone, tested: { kind, ...found }, places }) => {
    if (kind === 'good') return [];
    const { severity, says, remedy } = VERDICTS[kind];
    const problem = `DNS list ${zone} ${says}: ${'why' in found ? found.why : ''}`;
    return (places.length > 0 ? places : [builtIn]).map((source) => ({ source, severity, problem, remedy }));
  });
}

interface ComplaintForm {
  readonly severity: Complaint['severity'];
  readonly says: string;
  readonly remedy: string;
}

const VERDICTS: Readonly<Record<Exclude<Tested['kind'], 'good'>, ComplaintForm>> = {
  bad: {
    severity: 'warning',
    says: 'is of no use now',
    remedy: 'it is left out until it answers as a list should',
  },
  unknown: {
    severity: 'note',
    says: 'does not answer',
    remedy: 'mail that it is asked about may have to wait',
  },
  untested: { severity: 'note', says: 'cannot be tested', remedy: '' },
};
