/** `dkim`: makes a signing key, and prints the record that publishes it. Parameters: dkim_signing_maps, mail_owner. */
import { join, relative, resolve } from 'node:path';
import { writeNewKeyFile } from '../../content/signing/new-key-file.ts';
import { findServingUser, isRoot } from '../../process/privileges.ts';
import { makeDkimKey, recordName, zoneLine } from '../../sender-auth/dkim-keygen.ts';
import { qualifiedName } from '../../sender-auth/domain-name.ts';
import type { KeyType } from '../../sender-auth/signature-tags.ts';
import { readConfiguration } from '../../settings/configuration.ts';
import type { SystemUser } from '../../settings/system-users.ts';
import { readArguments } from '../arguments.ts';
import { type Command, UsageError } from '../command.ts';
import { configurationDirectory } from '../configuration-directory.ts';

const FLAGS = {
  domain: { type: 'string' },
  selector: { type: 'string' },
  type: { type: 'string' },
  file: { type: 'string' },
} as const;

type Flags = ReturnType<typeof readArguments<typeof FLAGS>>['values'];

/** What was made, in the words of the answer. */
interface MadeKey {
  readonly domain: string;
  readonly selector: string;
  readonly type: KeyType;
  readonly file: string;
  /** Who can read it besides root; undefined: whoever made it. */
  readonly owner: string | undefined;
  /** `mail._domainkey.example.com` */
  readonly name: string;
  /** The text of the TXT record. */
  readonly record: string;
  /** The same as a line of a zone file. */
  readonly zone_line: string;
  /** The value for dkim_signing_maps. */
  readonly signing_key: string;
}

export const dkim: Command = {
  name: 'dkim',
  usage: 'keygen --domain DOMAIN --selector SELECTOR [--type rsa|ed25519] [--file FILE] [-c DIR] [--json]',
  sentence: 'Makes a key that signs mail, and prints the DNS record to publish',
  details: `
The key is written to DIR/keys/SELECTOR.DOMAIN.pem (or to FILE), where only the user who serves can read it (mail_owner).
A file that is there is never written over: make a new key under a new selector, publish it, and change the table when
everybody can see it. The type is rsa (2048 bits, which everybody checks) unless --type says ed25519; with a key of each,
under two selectors, mail gets two signatures. \`check --dns\` tells whether the record that the DNS has is the right one.`,

  async run(args) {
    const { values, positionals } = readArguments(args, FLAGS);
    if (positionals.join(' ') !== 'keygen') throw new UsageError('say what to do: keygen');
    const made = await keygen(configurationDirectory(values.config), values);
    if (made === undefined) return 1;
    console.log(values.json ? JSON.stringify(made, undefined, 2) : report(made));
    return 0;
  },
};

/** Undefined: it could not be done, and why was told. */
async function keygen(directory: string, flags: Flags): Promise<MadeKey | undefined> {
  const type = keyType(flags.type);
  const { domain, selector } = keyName(flags);
  const file = resolve(flags.file ?? join(directory, 'keys', `${selector}.${domain}.pem`));
  const owner = servingUser(directory);
  const { privateKeyPem, record } = await makeDkimKey(type);
  try {
    await writeNewKeyFile(file, privateKeyPem, owner);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what =
      code === 'EEXIST' ? `${file} is there already; take another selector or another --file` : message;
    console.error(`portcullis dkim: ${what}`);
    return undefined;
  }
  const shown = relative(resolve(directory), file);
  return {
    domain,
    selector,
    type,
    file,
    owner: owner?.name,
    name: recordName(domain, selector),
    record,
    zone_line: zoneLine(domain, selector, record),
    signing_key: `${domain}:${selector}:${shown.startsWith('..') ? file : shown}`,
  };
}

function keyType(text = 'rsa'): KeyType {
  if (text === 'rsa' || text === 'ed25519') return text;
  throw new UsageError(`--type ${text}: it should be rsa or ed25519`);
}

/** As they are asked for in the DNS. */
function keyName({ domain = '', selector = '' }: Flags): { domain: string; selector: string } {
  if (domain === '' || selector === '') throw new UsageError('name the domain and a selector');
  const name = qualifiedName(recordName(domain, selector));
  const [asciiSelector, asciiDomain] = name?.split('._domainkey.') ?? [];
  if (asciiSelector && asciiDomain) return { domain: asciiDomain, selector: asciiSelector };
  throw new UsageError(`--domain ${domain} --selector ${selector}: these are no names for the DNS`);
}

function servingUser(directory: string): SystemUser | undefined {
  const { settings } = readConfiguration(directory);
  return isRoot() ? findServingUser(settings.mail_owner) : undefined;
}

function report({ domain, file, owner, record, name, zone_line, signing_key }: MadeKey): string {
  return `The key is in ${file}${owner === undefined ? '' : `, which ${owner} can read`}.

Publish this TXT record, here as a line of a zone file:

${zone_line}

Where records are typed into a form, its name is ${name} and its text
${record}

Then say in a table of dkim_signing_maps that the key signs for the domain:

${domain} ${signing_key}`;
}
