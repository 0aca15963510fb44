/**
 * Signing keys looked at before mail needs them, for `check`: whether each entry of dkim_signing_maps names a key, the
 * file has one, and not everybody can read it; and, if asked, whether the DNS publishes its public half. What the DNS
 * does not say now, and what root has to read for the user who serves, is worth a note, no more.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Dns } from '../../dns/dns.ts';
import type { Source } from '../../mail/source.ts';
import {
  compareKeyWithDns,
  type KeyComparison,
  recordName,
  recordOf,
  zoneLine,
} from '../../sender-auth/dkim-keygen.ts';
import { type SigningKey, signingKey } from '../../sender-auth/dkim-sign.ts';
import type { Complaint, Severity } from '../../settings/complaint.ts';
import type { Found } from '../../tables/table.ts';
import { isOpenToAll, type KeyName, KeyProblem, parseKeyNames } from './key-files.ts';

/** The user who will read the files. */
export interface Reader {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface KeyInspectionOptions {
  /** Makes the name of a key file whole. */
  resolve(file: string): string;
  /** Undefined: whoever looks now. */
  readonly reader: Reader | undefined;
}

/** An entry's key that can sign. */
interface UsableKey {
  readonly key: SigningKey;
  readonly source: Source;
}

const READ_BY_ROOT = 'root reads it at the start, and a new version at a reload (SIGHUP) only';

/** Look-ups under way at a time, and how long all of them together may take. */
const AT_ONCE = 20;
const ALL_MS = 20_000;

export class KeyInspection {
  readonly complaints: Complaint[] = [];
  readonly #options: KeyInspectionOptions;
  readonly #usable = new Map<string, UsableKey>();

  /** Looks at the entries of dkim_signing_maps. */
  constructor(entries: Iterable<Found>, options: KeyInspectionOptions) {
    this.#options = options;
    for (const entry of entries) this.#readEntry(entry);
  }

  /** What is wrong with what the DNS publishes of these keys. Never rejects. */
  async compare(dns: Dns): Promise<Complaint[]> {
    const endsAt = Date.now() + ALL_MS;
    const left = [...this.#usable.values()];
    const found: Complaint[] = [];
    const work = async () => {
      for (let one = left.shift(); one; one = left.shift()) {
        const timeoutMs = Math.max(endsAt - Date.now(), 1);
        const compared = await compareKeyWithDns(one.key, { dns, timeoutMs });
        found.push(...comparison(one, compared));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return found;
  }

  #readEntry({ value, source }: Found): void {
    try {
      for (const name of parseKeyNames(value, this.#options.resolve)) this.#readKey(name, source);
    } catch (error) {
      if (!(error instanceof KeyProblem)) throw error;
      const problem = `dkim_signing_maps: ${error.message}`;
      const remedy = 'mail of this sender waits until it is right';
      this.complaints.push(complaint(source, 'warning', problem, remedy));
    }
  }

  #readKey(name: KeyName, source: Source): void {
    const { domain, selector, file } = name;
    const id = `${domain}:${selector}:${file}`;
    if (this.#usable.has(id)) return;
    const complain = (problem: string, remedy: string, severity: Severity = 'warning') =>
      this.complaints.push(complaint(source, severity, `DKIM key file "${file}": ${problem}`, remedy));
    try {
      this.#usable.set(id, { key: signingKey(domain, selector, readFileSync(file)), source });
      this.#inspectAccess(file, complain);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const [problem = '', remedy] = message.split('; ', 2);
      complain(
        problem,
        remedy ?? (code === 'ENOENT' ? 'portcullis dkim keygen makes one' : 'it must be readable'),
      );
    }
  }

  #inspectAccess(
    file: string,
    complain: (problem: string, remedy: string, severity?: Severity) => void,
  ): void {
    const { mode, uid, gid } = statSync(file);
    const { reader } = this.#options;
    if (isOpenToAll(mode)) complain('everybody on this machine can read it', 'chmod o= it');
    else if (reader && !(uid === reader.uid && mode & 0o400) && !(gid === reader.gid && mode & 0o040))
      complain(`${reader.name}, who serves, cannot read it`, READ_BY_ROOT, 'note');
  }
}

function comparison({ key, source }: UsableKey, compared: KeyComparison): Complaint[] {
  if (compared.kind === 'same') return [];
  const { domain, selector, type } = key;
  const name = recordName(domain, selector);
  if (compared.kind === 'unknown') {
    const problem = `DKIM key ${name} cannot be compared with the DNS: ${compared.why}`;
    return [complaint(source, 'note', problem, 'try again when the DNS answers')];
  }
  const problem = `DKIM key ${name}: the DNS does not publish this key (${compared.why})`;
  const remedy = `publish ${zoneLine(domain, selector, recordOf(type, key.key))}`;
  return [complaint(source, 'warning', problem, remedy)];
}

function complaint(source: Source, severity: Severity, problem: string, remedy: string): Complaint {
  return { source, severity, problem, remedy };
}
