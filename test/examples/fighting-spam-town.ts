/**
 * The world of "Fighting Spam with Postfix" in a network of its own: the gateway at 1.2.3.4 with the example's directory
 * at /usr/local/etc/postfix, the mail server behind it at 127.0.0.1:10026, clamd, the DNS, and senders all over the world.
 */
import { spawnSync } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dkimVerify } from 'mailauth';
import { createTransport } from 'nodemailer';
import { PasswordEditor } from '../../src/accounts/password-editor.ts';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { makeDkimKey } from '../../src/sender-auth/dkim-keygen.ts';
import { RealClamd } from '../content/clamav/real-clamd.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { emptyDirectory, mountAt, ownAddress } from '../support/own-network.ts';

const EXAMPLE = join(import.meta.dirname, '../../config/examples/fighting-spam');
/** Where the article has its files. */
export const DIRECTORY = '/usr/local/etc/postfix';
export const SCRIPTS = '/usr/local/scripts';
export const OUR_ADDRESS = '1.2.3.4';
/** Where our mail server sends what is not for us. */
export const WORLD_PORT = 2600;

const HASHES =
  'access-recipients allowed-spammers smtpd_helo_restrictions smtpd_sender_restrictions spammer-networks'.split(
    ' ',
  );

const NAMES = `
your.domain MX 10 mail.your.domain
mail.your.domain A 1.2.3.4
1.2.3.4 PTR mail.your.domain

far.example MX 10 mx.far.example
far.example TXT v=spf1 ip4:203.0.113.10 ip4:203.0.113.11 -all
mx.far.example A 203.0.113.10
203.0.113.10 PTR mx.far.example
203.0.113.11 PTR mx2.far.example
mx2.far.example A 203.0.113.11
nospf.example MX 10 mx.far.example

83.205.210.54 PTR AMontpellier-156-1-91-54.w83-205.abo.wanadoo.fr
AMontpellier-156-1-91-54.w83-205.abo.wanadoo.fr A 83.205.210.54
80.241.246.98 PTR adsl-80-241-246-98.sanet.ge
adsl-80-241-246-98.sanet.ge A 80.241.246.98
80.241.246.99 PTR mail.sanet.ge
mail.sanet.ge A 80.241.246.99
198.51.100.77 PTR mail.important.example
mail.important.example A 198.51.100.77

2.0.0.127.bl.spamcop.net A 127.0.0.2
2.0.0.127.list.dsbl.org A 127.0.0.2
2.0.0.127.dul.ru A 127.0.0.2
192.0.2.66@bl.spamcop.net A 127.0.0.2
192.0.2.67@list.dsbl.org A 127.0.0.2
192.0.2.68@dul.ru A 127.0.0.2
198.51.100.25@bl.spamcop.net A 127.0.0.2
`;

export class Town {
  readonly dns: DnsServer;
  /** The mail server of far.example, that knows all its users but `nobody`. */
  readonly far: FakeBackend;
  /** Where mail for elsewhere arrives. */
  readonly world: FakeBackend;
  readonly clamd: RealClamd;
  /** far.example signs its mail. */
  readonly farKey: { readonly domainName: string; readonly keySelector: string; readonly privateKey: string };

  private constructor(parts: Pick<Town, 'dns' | 'far' | 'world' | 'clamd' | 'farKey'>) {
    this.dns = parts.dns;
    this.far = parts.far;
    this.world = parts.world;
    this.clamd = parts.clamd;
    this.farKey = parts.farKey;
  }

  static async build(): Promise<Town> {
    ownAddress(OUR_ADDRESS);
    emptyDirectory('/usr/local/etc');
    emptyDirectory(SCRIPTS);
    emptyDirectory('/var/lib/portcullis');
    emptyDirectory('/run/clamav');
    const dns = new DnsServer(NAMES.split('\n').filter((line) => line !== ''));
    await layOut(dns);
    const { privateKeyPem: privateKey, record } = await makeDkimKey('rsa');
    dns.add(`far._domainkey.far.example TXT ${record}`);
    await dns.listen(53);
    const far = await FakeBackend.start({}, { host: '203.0.113.10', port: 25 });
    far.script = {
      rcpt: (who) => (who.includes('<nobody@') ? { reply: '550 5.1.1 no such user' } : undefined),
    };
    const world = await FakeBackend.start({}, { port: WORLD_PORT });
    const clamd = await RealClamd.start();
    chmodSync(clamd.directory, 0o755); // the gateway is not root
    symlinkSync(clamd.unix.slice('unix:'.length), '/run/clamav/clamd');
    const farKey = { domainName: 'far.example', keySelector: 'far', privateKey };
    return new Town({ dns, far, world, clamd, farKey });
  }

  /** What a Postfix needs of the article's last script; here there is nothing to compile. */
  compile(): void {
    for (const table of HASHES) {
      const { status, stderr } = spawnSync('postmap', [`hash:${join(DIRECTORY, table)}`], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
    }
  }

  async leave(): Promise<void> {
    await this.far.stop();
    await this.world.stop();
    await this.clamd.remove();
    await this.dns.close();
  }
}

/** The example's files, with what an operator adds to them, and the machine's name servers. */
async function layOut(dns: DnsServer): Promise<void> {
  cpSync(EXAMPLE, DIRECTORY, { recursive: true });
  mkdirSync(join(DIRECTORY, 'ssl'));
  writeFileSync(join(DIRECTORY, 'ssl/smtpd.pem'), testKey + testCertificate);
  const { privateKeyPem, record } = await makeDkimKey('rsa');
  write(join(DIRECTORY, 'ssl/dk-private.key'), privateKeyPem, 0o600);
  dns.add(`selector1._domainkey.your.domain TXT ${record}`);
  await new PasswordEditor(join(DIRECTORY, 'passwd')).set('ann', 'secret');
  write('/usr/local/etc/resolv.conf', 'nameserver 127.0.0.1\n');
  mountAt('/usr/local/etc/resolv.conf', '/etc/resolv.conf');
  write(
    join(SCRIPTS, 'email-virus-notice.sh'),
    `#!/bin/sh\necho "$VIRUS for $RECIPIENTS" >>${NOTICES}\n`,
    0o755,
  );
  write(NOTICES, '', 0o666);
}

const NOTICES = '/usr/local/etc/virus-notices';

/** What the article's VirusAction script has noted. */
export const virusNotices = (): string => readFileSync(NOTICES, 'utf8');

function write(path: string, text: string, mode = 0o644): void {
  writeFileSync(path, text);
  chmodSync(path, mode);
}

/** Changes files of the configuration: each text must be there. */
export function edit(file: string, changes: Readonly<Record<string, string>>): void {
  const path = join(DIRECTORY, file);
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`${file} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(path, text);
}

/** Where a mail client comes from, and which door it takes. */
export interface Door {
  readonly port: number;
  readonly client: string;
  readonly host?: string;
  readonly secure?: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
  readonly dkim?: { readonly domainName: string; readonly keySelector: string; readonly privateKey: string };
}

export interface Letter {
  readonly from: string;
  readonly to: string;
  readonly raw?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly textEncoding?: 'base64';
  readonly attachments?: { filename: string; content: string }[];
}

/** A mail with a name to find it by. */
export function letter(
  name: string,
  text: string,
  from: string,
  to: string,
): Letter & { readonly raw: string } {
  const [, domain] = from.split('@');
  const head = [`From: <${from}>`, `To: <${to}>`, `Subject: ${name}`, `Message-ID: <${name}@${domain}>`];
  const date = 'Date: Mon, 30 Nov 2026 20:00:00 +0000';
  return { from, to, raw: [...head, date, '', text, ''].join('\r\n') };
}

/** The hops of a mail, the last one first. */
export function hopsOf(mail: string): string[] {
  const header = (mail.split('\n\n')[0] ?? '').replace(/\n\s+/g, ' ');
  return [...header.matchAll(/^Received: from (\S+) \(\S* ?\[(.*?)\]\).*? by (\S+)/gm)].map(
    ([, helo, address, by]) => `by ${by} from ${helo} [${address}]`,
  );
}

/** An observer elsewhere asks the DNS, too. */
const names = new Resolver({ timeout: 2_000, tries: 2 });
names.setServers(['127.0.0.1']);

/** A mail client somewhere. */
export async function postFrom(
  { port, client, host = OUR_ADDRESS, ...more }: Door,
  { from, to, ...mail }: Letter,
): Promise<void> {
  const tls = { rejectUnauthorized: false };
  const transport = createTransport({
    host,
    port,
    localAddress: client,
    name: 'client.example',
    tls,
    ...more,
  });
  const fields = mail.raw === undefined ? { from, to } : {};
  await transport.sendMail({ envelope: { from, to: [to] }, ...fields, ...mail });
}

/** What others find of our signatures: result, domain and selector of each. */
export async function verdictsOf(wire: Buffer): Promise<string[]> {
  const resolver = (name: string, type: string) => names.resolve(name, type) as Promise<string[][]>;
  const { results } = await dkimVerify(wire, { resolver });
  return results.map(
    ({ status, signingDomain, selector }) => `${status.result} ${signingDomain} ${selector}`,
  );
}
