/** What `check` says about signing keys: entries and files, and what the DNS publishes. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type InspectionWishes, inspect } from '../../src/assembly/inspection.ts';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { edPem, edRecord, rsaPem, rsaRecord } from '../sender-auth/signed-message.ts';
import { LISTENER, writtenDirectory } from '../settings/written-directory.ts';

const SERVING: InspectionWishes = { asksDns: false, findServingUser: () => undefined };

/** Complaints about keys, in a directory with these files. */
async function complaints(
  { main = '', files }: { readonly main?: string; readonly files: Readonly<Record<string, string>> },
  wishes: Partial<InspectionWishes> = {},
  openFiles: readonly string[] = [],
): Promise<string[]> {
  const directory = writtenDirectory({
    'main.cf': `data_directory = .\nsmtpd_relay_restrictions = reject\ndkim_sign = yes\n${main}`,
    'master.cf': `${LISTENER}submission inet n - n - - smtpd\n`,
    ...files,
  });
  for (const name of readdirSync(directory)) chmodSync(join(directory, name), 0o600);
  for (const name of openFiles) chmodSync(join(directory, name), 0o644);
  const found = await inspect(directory, { ...SERVING, ...wishes });
  return found.complaints
    .filter(({ problem }) => /dkim/i.test(problem))
    .map((one) => `${one.severity} ${complaintLine(one).replaceAll(directory, 'DIR')}`);
}

const MAPS = 'dkim_signing_maps = texthash:$config_directory/signers\n';
const GOOD = {
  signers: 'a.example a.example:rsa:rsa.pem, a.example:ed:ed.pem\n',
  'rsa.pem': rsaPem,
  'ed.pem': edPem,
};

test('entries and files', async () => {
  assert.deepEqual(await complaints({ main: MAPS, files: GOOD }), []);
  assert.deepEqual(await complaints({ files: {} }), [
    'warning main.cf:3: dkim_sign = yes, but dkim_signing_maps is empty: nothing is signed; name a table of senders and their keys; portcullis dkim keygen makes a key and the line for the table',
  ]);
  const signers = [
    'a.example a.example:rsa:missing.pem',
    'b.example b.example:rsa.pem',
    'c.example c.example:rsa:text.pem',
    'd.example d.example:rsa:rsa.pem',
    'e.example e.example:r/s:rsa.pem',
  ];
  const files = { 'rsa.pem': rsaPem, 'text.pem': 'nothing\n', signers: `${signers.join('\n')}\n` };
  assert.deepEqual(await complaints({ main: MAPS, files }, {}, ['rsa.pem']), [
    `warning signers:1: DKIM key file "DIR/missing.pem": ENOENT: no such file or directory, open 'DIR/missing.pem'; portcullis dkim keygen makes one`,
    'warning signers:2: dkim_signing_maps: "b.example:rsa.pem" is no DOMAIN:SELECTOR:KEYFILE such as example.com:mail:keys/mail.pem; mail of this sender waits until it is right',
    'warning signers:3: DKIM key file "DIR/text.pem": key of rsa._domainkey.c.example cannot be read; a private key in PEM form without a passphrase is needed',
    'warning signers:4: DKIM key file "DIR/rsa.pem": everybody on this machine can read it; chmod o= it',
    'warning signers:5: DKIM key file "DIR/rsa.pem": "r/s._domainkey.e.example": no domain name; a domain and a selector are needed',
  ]);
});

test('a file that only root can read is worth a note', async () => {
  const stranger = { name: 'joe', uid: 12_345, gid: 12_345 };
  assert.deepEqual(await complaints({ main: MAPS, files: GOOD }, { findServingUser: () => stranger }), [
    'note signers:1: DKIM key file "DIR/rsa.pem": joe, who serves, cannot read it; root reads it at the start, and a new version at a reload (SIGHUP) only',
    'note signers:1: DKIM key file "DIR/ed.pem": joe, who serves, cannot read it; root reads it at the start, and a new version at a reload (SIGHUP) only',
  ]);
});

async function nameServer(t: TestContext, zone: readonly string[]): Promise<string> {
  const server = new DnsServer(zone);
  t.after(() => server.close());
  return `dns_servers = 127.0.0.1:${await server.listen()}\ndns_timeout = 1s\ndns_tries = 1\n`;
}

const txt = (name: string, record: string) =>
  `${name} TXT ${(record.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ')}`;

test('the DNS is asked when that is wished, and its silence is a note', async (t) => {
  const dns = await nameServer(t, [
    txt('same._domainkey.a.example', rsaRecord),
    txt('other._domainkey.a.example', edRecord),
    txt('revoked._domainkey.a.example', 'v=DKIM1; p='),
    'broken._domainkey.a.example SERVFAIL',
    'silent._domainkey.a.example TIMEOUT',
  ]);
  const selectors = ['same', 'other', 'revoked', 'absent', 'broken', 'silent'];
  const signers = selectors.map((one) => `${one}.example a.example:${one}:rsa.pem\n`).join('');
  const plan = { main: MAPS + dns, files: { 'rsa.pem': rsaPem, signers } };
  assert.deepEqual(await complaints(plan), []);
  const found = await complaints(plan, { asksDns: true });
  const wrong = (line: number, selector: string, why: string) =>
    `warning signers:${line}: DKIM key ${selector}._domainkey.a.example: the DNS does not publish this key (${why})`;
  assert.deepEqual(
    found.slice(0, 3).map((line) => line.replace(/; publish .*/, '')),
    [
      wrong(2, 'other', 'the DNS publishes another key'),
      wrong(3, 'revoked', 'key is revoked'),
      wrong(4, 'absent', 'no key'),
    ],
  );
  assert.match(
    found[2] ?? '',
    /; publish absent\._domainkey\.a\.example\. IN TXT \( "v=DKIM1; k=rsa; p=[^"]+" "[^"]+" \)$/,
  );
  assert.match(
    found[3] ?? '',
    /^note signers:5: DKIM key broken\._domainkey\.a\.example cannot be compared with the DNS: /,
  );
  assert.match(
    found[4] ?? '',
    /^note signers:6: DKIM key silent\._domainkey\.a\.example cannot be compared with the DNS: /,
  );
  assert.equal(found.length, 5);
});
