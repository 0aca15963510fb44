/** Where the configuration is: `-c DIR`, else ./config, else /etc/portcullis. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './command.ts';

const USUAL = ['config', '/etc/portcullis'];

/** The directory to use. Throws UsageError when there is no main.cf in any. */
export function configurationDirectory(wanted: string | undefined): string {
  if (wanted !== undefined) return wanted;
  const found = USUAL.find((directory) => existsSync(join(directory, 'main.cf')));
  if (found) return found;
  throw new UsageError(
    `no configuration: neither ${USUAL.join(' nor ')} has a main.cf; say where with -c DIR`,
  );
}
