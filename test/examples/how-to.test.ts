/**
 * `check` on what operators have: Debian's own configuration of Postfix, and the set-ups that how-tos describe. What it says of
 * each stands in its complaints.txt, to be read as its operator would; UPDATE_GOLDEN=yes writes it anew.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from '../../src/assembly/inspection.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { writtenDirectory } from '../settings/written-directory.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';

const directory = join(import.meta.dirname, 'how-to');

/** What `check` prints, without the machine's own paths. */
async function said(of: string): Promise<string> {
  const { complaints, summary } = await inspect(of, { asksDns: false, findServingUser: () => undefined });
  const lines = complaints.map((one) => `${one.severity} ${complaintLine(one)}`);
  return `${[...lines, summary].join('\n').replaceAll(of, '{dir}')}\n`;
}

for (const name of readdirSync(directory).sort()) {
  test(`how to: ${name}`, async () => {
    const found = await said(join(directory, name));
    const golden = join(directory, name, 'complaints.txt');
    if (process.env.UPDATE_GOLDEN === 'yes') writeFileSync(golden, found);
    assert.ok(existsSync(golden));
    assert.equal(found, readFileSync(golden, 'utf8'));
  });
}

const DEBIAN = '/usr/share/postfix';
const skip = existsSync(`${DEBIAN}/main.cf.debian`) ? false : "Debian's postfix is not installed";

test("Debian's default: one thing is to be done, nothing is unknown", { skip }, async () => {
  const main = ['main.cf.debian', 'main.cf.tls']
    .map((file) => readFileSync(join(DEBIAN, file), 'utf8'))
    .join('\n');
  const answered =
    'myhostname = host.example\nmydestination = host.example, localhost\nrelayhost =\nmynetworks = 127.0.0.0/8\n';
  const of = writtenDirectory({
    'main.cf': main.replace(/\/\S+snakeoil\.(\w+)/g, '$$config_directory/host.$1') + answered,
    'host.pem': testCertificate,
    'host.key': testKey,
    'master.cf': readFileSync(join(DEBIAN, 'master.cf.dist'), 'utf8'),
  });
  const lines = (await said(of)).split('\n');
  const troubles = lines.filter((line) => /^(?:error|warning) /.test(line));
  assert.equal(troubles.length, 1, troubles.join('\n'));
  assert.match(
    troubles[0] ?? '',
    /local_transport: mail for mydestination has no next hop .*; name the mail server/,
  );
  for (const line of lines.filter((one) => one.startsWith('note '))) assert.match(line, / is ignored: /);
  assert.ok(lines.includes('  smtp: mail goes where its address belongs (*_transport, transport_maps, DNS)'));
});
