/** Tables for tests: files in a directory of their own, a log that can be read, a place to name tables in. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../../src/record/log.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { Tables, type TablesOptions } from '../../src/tables/tables.ts';

export const here = { file: 'main.cf', line: 7 };

export class RecordingLog implements Log {
  readonly lines: string[] = [];
  info(sentence: string): void {
    this.lines.push(`info: ${sentence}`);
  }
  warn(sentence: string): void {
    this.lines.push(`warn: ${sentence}`);
  }
  error(sentence: string): void {
    this.lines.push(`error: ${sentence}`);
  }
}

export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'tables-'));
  readonly log = new RecordingLog();
  readonly tables: Tables;
  #written = 0;

  constructor(options: Partial<TablesOptions> = {}) {
    this.tables = new Tables({ directory: this.directory, log: this.log, smtputf8: true, ...options });
  }

  /** Writes a file that has been like this for a while; gives its whole name. */
  file(name: string, content: string | Buffer): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    this.#written += 1;
    const then = Date.now() / 1000 - 10 + this.#written / 1000; // clocks of file systems tick slowly
    utimesSync(path, then, then);
    return path;
  }

  /** What is wrong, a line each. */
  get complaints(): string[] {
    return this.tables.complaints.map(complaintLine);
  }

  async close(): Promise<void> {
    await this.tables.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
