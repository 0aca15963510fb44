/** A configuration looked at from all sides without serving it: what `check` says, and what a reload asks first. */
import { type Assembly, assemble } from '../main.ts';
import { silentLog } from '../record/log.ts';
import { LocalCounters } from '../server/counters.ts';
import { type Complaint, ComplaintBook } from '../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../settings/configuration.ts';

export interface Inspection {
  /** In the order of files and lines, each once. */
  readonly complaints: readonly Complaint[];
  /** One sentence about the whole. */
  readonly summary: string;
}

/** Reads, opens and compiles everything; connects to nobody. Throws only when main.cf cannot be read. */
export async function inspect(directory: string): Promise<Inspection> {
  const configuration = readConfiguration(directory);
  const assembly = await assemble(configuration, {
    log: silentLog,
    counters: new LocalCounters(0),
    sink: undefined,
  });
  try {
    const book = new ComplaintBook();
    for (const complaint of [...assembly.complaints, ...assembly.tables.lint()]) book.add(complaint);
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
  const names = services.map(({ service }) => service.name).join(', ') || 'nothing';
  const found = `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes`;
  return `${directory}: would listen on ${names}; ${found}`;
}
