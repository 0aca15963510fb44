/** What is wrong with the configuration, where, and what should stand there instead. Complaints are collected, never thrown. */
import { formatSource, type Source } from '../mail/source.ts';

/**
 * `error`: the gateway does not start (what Postfix calls fatal). `warning`: it starts, but something is probably not
 * as meant. `note`: understood, and worth knowing.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface Complaint {
  readonly source: Source;
  readonly severity: Severity;
  /** What is there: action, quoted value. */
  readonly problem: string;
  /** What should be there. */
  readonly remedy: string;
}

/** Takes one complaint; reading goes on. */
export type Complain = (complaint: Complaint) => void;

/** `main.cf:12: problem; what should be`. */
export function complaintLine(complaint: Complaint): string {
  const remedy = complaint.remedy === '' ? '' : `; ${complaint.remedy}`;
  return `${formatSource(complaint.source)}: ${complaint.problem}${remedy}`;
}

/** Collects complaints, each of them once. */
export class ComplaintBook {
  readonly #seen = new Map<string, Complaint>();

  readonly add: Complain = (complaint) => {
    const key = `${formatSource(complaint.source)} ${complaint.problem}`;
    if (!this.#seen.has(key)) this.#seen.set(key, complaint);
  };

  /** In the order of files and lines. */
  all(): Complaint[] {
    return [...this.#seen.values()].sort(byPlace);
  }
}

function byPlace(a: Complaint, b: Complaint): number {
  if (a.source.file !== b.source.file) return a.source.file < b.source.file ? -1 : 1;
  return a.source.line - b.source.line;
}
