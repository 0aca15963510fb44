/** Configuration directories for tests, written below the system's directory for temporary files and removed again. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { complaintLine } from '../../src/settings/complaint.ts';
import { type Configuration, readConfiguration } from '../../src/settings/configuration.ts';

export const LISTENER = 'smtp inet n - n - - smtpd\n';

/** Writes files into a new directory, which goes when the test file is done. */
export function writtenDirectory(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'settings-'));
  after(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    // Postfix waits for files that are only just written.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
  }
  return directory;
}

/** The configuration that these texts of main.cf and master.cf make. */
export function configured(main: string, master = LISTENER): Configuration {
  return readConfiguration(writtenDirectory({ 'main.cf': main, 'master.cf': master }));
}

/** Complaints as `check` shows them, errors and warnings only. */
export function troubles(configuration: Configuration): string[] {
  return configuration.complaints
    .filter(({ severity }) => severity !== 'note')
    .map((complaint) => `${complaint.severity} ${complaintLine(complaint)}`);
}
