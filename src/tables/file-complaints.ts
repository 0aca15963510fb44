/**
 * What is wrong with one version of a table file. A broken line is one that could not be used: Postfix skips it, and so
 * do we at start; a later version with new broken lines is refused (source-file.ts). Remarks are about lines in use.
 * Keeps the first of many and counts the rest.
 */
import { printable } from '../mail/reply.ts';
import type { Complaint } from '../settings/complaint.ts';

const MAX_KEPT = 100;
const MAX_QUOTED = 60;
/** A file that is no table may be one line of megabytes. */
const MAX_PROBLEM = 300;

export class FileComplaints {
  readonly #file: string;
  readonly #fixedLine: number | undefined;
  readonly #broken: Complaint[] = [];
  readonly #remarks: Complaint[] = [];
  brokenCount = 0;
  #remarkCount = 0;

  /** `fixedLine`: all lines are one line of another file (a table in main.cf). */
  constructor(file: string, fixedLine?: number) {
    this.#file = file;
    this.#fixedLine = fixedLine;
  }

  /** A line that is not used. */
  broken(line: number, problem: string, remedy: string): void {
    this.brokenCount += 1;
    if (this.#broken.length < MAX_KEPT) this.#broken.push(this.#complaint(line, problem, remedy));
  }

  /** A line that is used, but probably not as meant. */
  remark(line: number, problem: string, remedy: string): void {
    this.#remarkCount += 1;
    if (this.#remarks.length < MAX_KEPT) this.#remarks.push(this.#complaint(line, problem, remedy));
  }

  /** In the order of lines. */
  all(): Complaint[] {
    const kept = [...this.#broken, ...this.#remarks].sort((a, b) => a.source.line - b.source.line);
    const left = this.brokenCount + this.#remarkCount - kept.length;
    if (left > 0) kept.push(this.#complaint(0, `${left} more lines with problems`, 'see the first ones'));
    return kept;
  }

  /** The broken lines that the older version does not have, wherever they stand. */
  newSince(older: FileComplaints): Complaint[] {
    const known = new Map<string, number>();
    for (const { problem } of older.#broken) known.set(problem, (known.get(problem) ?? 0) + 1);
    const fresh = this.#broken.filter(({ problem }) => {
      const times = known.get(problem) ?? 0;
      known.set(problem, times - 1);
      return times <= 0;
    });
    if (fresh.length === 0 && this.brokenCount > older.brokenCount) return this.#broken.slice(-1);
    return fresh;
  }

  #complaint(line: number, problem: string, remedy: string): Complaint {
    const source = { file: this.#file, line: this.#fixedLine ?? line };
    const short = problem.length > MAX_PROBLEM ? `${problem.slice(0, MAX_PROBLEM)}...` : problem;
    return { source, severity: 'warning', problem: short, remedy };
  }
}

/** A piece of a file as it can stand in a message. */
export function quoted(text: string): string {
  const short = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
  return `"${printable(short, '?')}"`;
}
