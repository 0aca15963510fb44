/**
 * Where logins are checked, shared by all services of a process: each password file is read once, Dovecot is spoken to
 * over one connection, and hashes wait for one another.
 */
import { statSync } from 'node:fs';
import { DovecotConnection, type DovecotEndpoint } from '../accounts/dovecot-connection.ts';
import { FailureDelay } from '../accounts/failure-delay.ts';
import { Hashing } from '../accounts/hashing.ts';
import type { PasswordBook } from '../accounts/password-book.ts';
import { readPasswordFile } from '../accounts/password-file.ts';
import { prepared } from '../accounts/prepared-text.ts';
import type { TokenVerifier } from '../accounts/token-verifier.ts';
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import { FileWatch } from '../tables/file-watch.ts';
import type { SourceFile } from '../tables/source-file.ts';
import { TableFiles } from '../tables/table-files.ts';

/** How often password files are looked at. */
const POLL_MS = 1_000;
/** `Postfix: AUTH_TIMEOUT`. */
const DOVECOT_TIMEOUT_MS = 10_000;
const READABLE_BY_ALL = 0o004;

export class Accounts {
  readonly hashing = new Hashing();
  readonly delay = new FailureDelay();
  /** Of the configuration; relative names of files begin there. */
  readonly directory: string;
  readonly #log: Log;
  readonly #watch = new FileWatch(POLL_MS);
  readonly #files: TableFiles;
  readonly #books = new Map<string, SourceFile<PasswordBook>>();
  readonly #connections = new Map<string, DovecotConnection>();
  readonly #verifiers = new Map<string, TokenVerifier>();
  readonly #complaints: Complaint[] = [];
  #prepared: Promise<unknown> | undefined;

  constructor(directory: string, log: Log) {
    this.directory = directory;
    this.#log = log;
    this.#files = new TableFiles({ watch: this.#watch, log, directory, background: false });
  }

  /** The users of a file, always in the version that is in force. `source`: where the file is named. */
  passwordBook(name: string, source: Source): () => PasswordBook {
    const path = this.#files.path(name);
    let file = this.#books.get(path);
    if (!file) {
      file = this.#files.open(
        path,
        { table: `password file ${this.#files.shown(path)}`, source },
        readPasswordFile,
      );
      this.#books.set(path, file);
      this.#checkMode(path, source);
      this.#prepared ??= prepared('\u00e9'); // its tables are read while we may still read everything
    }
    const kept = file;
    return () => kept.content;
  }

  /** `shown`: as the operator wrote it. */
  dovecot(endpoint: DovecotEndpoint, shown: string): DovecotConnection {
    const key = JSON.stringify(endpoint);
    const known = this.#connections.get(key);
    if (known) return known;
    const made = new DovecotConnection({ endpoint, shown, log: this.#log, timeoutMs: DOVECOT_TIMEOUT_MS });
    this.#connections.set(key, made);
    return made;
  }

  /** The verifier that is described by the key, made once. */
  tokenVerifier(key: string, make: () => TokenVerifier): TokenVerifier {
    const verifier = this.#verifiers.get(key) ?? make();
    this.#verifiers.set(key, verifier);
    return verifier;
  }

  get complaints(): readonly Complaint[] {
    return [...this.#complaints, ...this.brokenFiles];
  }

  /** Of password files that cannot be read, or lines of them. */
  get brokenFiles(): readonly Complaint[] {
    return [...this.#books.values()].flatMap((file) => file.complaints());
  }

  /** Everything is loaded that a login may need. */
  async ready(): Promise<void> {
    await Promise.all([this.#prepared, ...[...this.#verifiers.values()].map((one) => one.ready?.())]);
  }

  async close(): Promise<void> {
    for (const connection of this.#connections.values()) connection.close();
    await this.#watch.close();
    await this.hashing.close();
  }

  #checkMode(path: string, source: Source): void {
    const state = statSync(path, { throwIfNoEntry: false });
    if (!state?.isFile() || (state.mode & READABLE_BY_ALL) === 0) return;
    this.#complaints.push({
      source,
      severity: 'warning',
      problem: `everybody may read the password file ${this.#files.shown(path)}`,
      remedy: `take that away: chmod o= ${this.#files.shown(path)}`,
    });
  }
}
