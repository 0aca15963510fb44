/** A configuration looked at from all sides without serving it: what `check` says, and what a reload asks first. */
import type { KeyInspectionOptions } from '../content/signing/key-inspection.ts';
import { type AssembledService, type Assembly, assemble } from '../main.ts';
import { silentLog } from '../record/log.ts';
import { LocalCounters } from '../server/counters.ts';
import { type Complaint, ComplaintBook } from '../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../settings/configuration.ts';
import { listComplaints } from './list-inspection.ts';
import { inspectSigningKeys } from './signing-keys.ts';

export interface Inspection {
  /** In the order of files and lines, each once. */
  readonly complaints: readonly Complaint[];
  /** What would serve, and how much is wrong. */
  readonly summary: string;
}

export interface InspectionWishes {
  /** Asks the DNS, too: whether it publishes our signing keys, and how the DNS lists are. */
  readonly asksDns: boolean;
  /** Who will serve, for this mail_owner; undefined: whoever looks now. */
  findServingUser(mailOwner: string): KeyInspectionOptions['reader'];
}

/**
 * Reads, opens and compiles everything; connects to nobody but the DNS, and that only if wished. Throws only when
 * main.cf cannot be read.
 */
export async function inspect(directory: string, wishes: InspectionWishes): Promise<Inspection> {
  const configuration = readConfiguration(directory);
  const assembly = await assemble(configuration, {
    log: silentLog,
    counters: new LocalCounters(0),
    ledger: undefined,
  });
  try {
    const book = new ComplaintBook();
    const { tables, dns, lists } = assembly;
    const reader = wishes.findServingUser(configuration.settings.mail_owner);
    const keys = inspectSigningKeys(configuration, tables, reader);
    const heard = wishes.asksDns ? await Promise.all([keys.compare(dns), listComplaints(lists)]) : [];
    assembly.inspect();
    const found = [...assembly.complaints, ...tables.lint(), ...keys.complaints, ...heard.flat()];
    for (const complaint of found) book.add(complaint);
    const complaints = book.all();
    return { complaints, summary: summary(configuration, assembly, complaints) };
  } finally {
    await assembly.close();
  }
}

function summary(
  { directory }: Configuration,
  { services }: Assembly,
  complaints: readonly Complaint[],
): string {
  const count = (severity: Complaint['severity']) =>
    complaints.filter((complaint) => complaint.severity === severity).length;
  const serving = services.map((one) => `  ${one.service.name}: ${purposeOf(one)}`);
  const found = `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes`;
  const total = `${directory}: ${found}`;
  return serving.length === 0
    ? `nothing would serve\n${total}`
    : `would serve:\n${serving.join('\n')}\n${total}`;
}

/** What a service does, in a few words. */
function purposeOf({ service, nextHop }: AssembledService): string {
  if (service.program === 'policy') return 'answers policy questions';
  if (service.program !== 'smtpd') return service.program;
  return nextHop
    ? `mail goes to ${nextHop.text}`
    : 'mail goes where its address belongs (*_transport, transport_maps, DNS)';
}
