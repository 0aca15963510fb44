/** `passwd`: users of the password file: adds, changes, deletes, lists. Parameters: smtpd_sasl_path, mail_owner. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { User } from '../../accounts/password-book.ts';
import { BadEntry, type Owner, PasswordEditor } from '../../accounts/password-editor.ts';
import { readPasswordFile } from '../../accounts/password-file.ts';
import { findServingUser, isRoot } from '../../process/privileges.ts';
import { complaintLine } from '../../settings/complaint.ts';
import { type Configuration, readConfiguration } from '../../settings/configuration.ts';
import type { Settings } from '../../settings/settings.ts';
import { FileComplaints } from '../../tables/file-complaints.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';
import { NoPassword, readPassword } from '../password-input.ts';

export const passwd: Command = {
  name: 'passwd',
  usage: '[-c DIR] [--file FILE] USER | --delete USER | --list [--json]',
  sentence: 'Adds a user to the password file, or changes or deletes one',
  details: `
The password is read from the terminal (twice, and not shown), or from standard input: its first line.
The file is the one that smtpd_sasl_path names where smtpd_sasl_type is passwd; --file names another.
A running gateway notices the change within a few seconds. Who has logged in stays logged in.
Each line of the file is \`user:{ARGON2ID}hash:{SCRAM-SHA-256}verifier\`; a \`!\` before the hash locks the user out.`,

  async run(args) {
    const { values, positionals } = readArguments(args, {
      file: { type: 'string' },
      delete: { type: 'boolean' },
      list: { type: 'boolean' },
    });
    const [name, ...others] = positionals;
    if (others.length > 0) throw new UsageError('only one user at a time');
    const { path, owner } = values.file
      ? { path: resolve(values.file), owner: undefined }
      : passwordFile(readConfiguration(configurationDirectory(values.config)));
    if (values.list) return list(path, values.json ?? false);
    if (name === undefined) throw new UsageError('name a user');
    const editor = new PasswordEditor(path, owner);
    try {
      return values.delete ? await remove(editor, name, path) : await set(editor, name, path);
    } catch (error) {
      if (!(error instanceof BadEntry) && !(error instanceof NoPassword)) throw error;
      console.error(`portcullis passwd: ${error.message}`);
      return 1;
    }
  },
};

async function set(editor: PasswordEditor, name: string, path: string): Promise<number> {
  const done = await editor.set(name, await readPassword(name));
  console.log(done === 'added' ? `${name} added to ${path}` : `password of ${name} changed in ${path}`);
  return 0;
}

async function remove(editor: PasswordEditor, name: string, path: string): Promise<number> {
  if (await editor.delete(name)) {
    console.log(`${name} deleted from ${path}`);
    return 0;
  }
  console.error(`portcullis passwd: there is no user ${name} in ${path}`);
  return 1;
}

/** The one password file of a configuration, and who has to be able to read it. */
function passwordFile(configuration: Configuration): { path: string; owner: Owner | undefined } {
  const { settings, services, directory } = configuration;
  const scopes = [settings, ...services.map((service) => service.settings)];
  const enabled = scopes.filter((scope) => scope.smtpd_sasl_auth_enable);
  const paths = new Set(
    pathsOf(enabled.length > 0 ? enabled : [settings]).map((path) => resolve(directory, path)),
  );
  const [path, ...others] = paths;
  if (path === undefined) {
    throw new UsageError(
      'smtpd_sasl_type is not passwd, so there is no password file; --file names one all the same',
    );
  }
  if (others.length > 0) {
    throw new UsageError(`there are several password files, say which with --file: ${[...paths].join(', ')}`);
  }
  return { path, owner: isRoot() ? findServingUser(settings.mail_owner) : undefined };
}

function pathsOf(scopes: readonly Settings[]): string[] {
  return scopes
    .filter(({ smtpd_sasl_type }) => smtpd_sasl_type === 'passwd')
    .map(({ smtpd_sasl_path }) => smtpd_sasl_path);
}

function list(path: string, json: boolean): number {
  const complaints = new FileComplaints(path);
  const work = readPasswordFile(readFileSync(path), complaints);
  let step = work.next();
  while (!step.done) step = work.next();
  const users = step.value.users.map(described);
  console.log(json ? JSON.stringify(users, undefined, 2) : users.map(userLine).join('\n'));
  for (const complaint of complaints.all()) console.error(complaintLine(complaint));
  return complaints.brokenCount === 0 ? 0 : 1;
}

interface Described {
  readonly name: string;
  readonly line: number;
  readonly locked: boolean;
  /** argon2, crypt or scram. */
  readonly hash: string;
  /** Whether SCRAM-SHA-256 is possible. */
  readonly scram: boolean;
}

function described({ name, line, isLocked, hash, scram }: User): Described {
  return { name, line, locked: isLocked, hash: hash.kind, scram: scram !== undefined };
}

function userLine({ name, locked, hash, scram }: Described): string {
  const notes = [hash, scram && hash !== 'scram' ? 'scram' : '', locked ? 'locked out' : ''].filter(
    (note) => note !== '',
  );
  return `${name}\t${notes.join(', ')}`;
}
