/**
 * The two documents as they were published, and the examples made of them: nothing of a document is changed in its
 * example, and what is wrong with the published text `check` says by file and line.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from '../../src/assembly/inspection.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { logicalLines } from '../../src/settings/logical-lines.ts';
import { splitTokens } from '../../src/settings/tokens.ts';
import { cidrTable } from '../../src/tables/lookup-command.ts';
import { writtenDirectory } from '../settings/written-directory.ts';

const examples = join(import.meta.dirname, '../../config/examples');
const read = (...path: string[]) => readFileSync(join(...path), 'utf8');
const verbatim = (document: string) => join(import.meta.dirname, `${document}-verbatim`);

/** What `check` says, notes included, without the machine's own paths and name. */
async function said(directory: string): Promise<string[]> {
  const { complaints } = await inspect(directory, { asksDns: false, findServingUser: () => undefined });
  return complaints.map((one) =>
    `${one.severity} ${complaintLine(one)}`
      .replaceAll(directory, '{dir}')
      .replace(/"local:[^"]*"/, '"local:{host}"'),
  );
}

for (const document of ['fighting-spam', 'river-of-stars']) {
  test(`${document}, as published: check names what is missing and wrong`, async () => {
    const directory = verbatim(document);
    const found = `${(await said(directory)).join('\n')}\n`;
    const golden = join(directory, 'complaints.txt');
    if (process.env.UPDATE_GOLDEN === 'yes') writeFileSync(golden, found);
    assert.ok(existsSync(golden));
    assert.equal(found, readFileSync(golden, 'utf8'));
  });
}

/** `name = value` and lines of master.cf, each as words. */
function settings(text: string): string[][] {
  return logicalLines(text, 'x', () => assert.fail()).map(({ content }) =>
    splitTokens(content.text.replace(/^(\w+)\s*=/, '$1 ')),
  );
}

function isSubsequence(wanted: readonly string[], whole: readonly string[]): boolean {
  let at = 0;
  for (const word of whole) if (word === wanted[at]) at += 1;
  return at === wanted.length;
}

test('fighting-spam: the example has every setting of the article, in its order', () => {
  const mapped = read(examples, 'fighting-spam/main.cf').replaceAll(
    '$config_directory',
    '/usr/local/etc/postfix',
  );
  const example = new Map(settings(mapped).map(([name = '', ...words]) => [name, words]));
  const published = settings(read(verbatim('fighting-spam'), 'main.cf'));
  assert.equal(published.length, 36);
  for (const [name = '', ...words] of published) {
    const wanted = words.filter((word) => word !== '...');
    assert.ok(isSubsequence(wanted, example.get(name) ?? []), `${name} = ${words.join(' ')}`);
  }
});

test('fighting-spam: the example has the services of the article, as it has them at its end', () => {
  const example = settings(read(examples, 'fighting-spam/master.cf')).map((words) => words.join(' '));
  const published = new Map(
    settings(read(verbatim('fighting-spam'), 'master.cf')).map((words) => [words[0], words.join(' ')]),
  );
  assert.equal(published.size, 8);
  for (const service of published.values()) assert.ok(example.includes(service), service);
});

test('river-of-stars: the example is the page, line by line, with what it leaves out', () => {
  const lines = read(examples, 'river-of-stars/main.cf').split('\n');
  const ours = lines.slice(lines.indexOf('# declare lookup classes to ease per-user restrictions'));
  const kept: string[] = [];
  let isLeftOut = false;
  for (const line of ours) {
    if (line.startsWith('# left out')) isLeftOut = line !== '# left out, end';
    else if (!isLeftOut) kept.push(line);
  }
  const page = read(verbatim('river-of-stars'), 'main.cf').split('\n');
  const shown = page.filter((line) => !/^\.\.\.|^ {5}resolution, relay/.test(line));
  assert.deepEqual(kept, shown);
});

test('river-of-stars: the tables that the page shows, under the names that main.cf asks for', () => {
  const names = {
    'user-restrictions': 'user-restrictions',
    'dnsbls/rfci-whois': 'dnsbls/rfci-whois',
    'dnsbls/osirusoft-rlydynspewhauslistformprox': 'dnsbls/osirusoft-rlydynspewhauslistformprox',
    'dnsbls/osirusoft-spewhausformprox': 'dnsbls/osirusoft-spewhausformprox',
    'dnsbls/rbldulrss': 'dnsbls/rblplus-rbldulrss',
    'dnsbls/rbl': 'dnsbls/rblplus-rbl',
  };
  for (const [shown, asked] of Object.entries(names)) {
    assert.equal(read(examples, 'river-of-stars', asked), read(verbatim('river-of-stars'), shown));
  }
});

test('fighting-spam: the table of networks is what `table cidr` makes of the list', () => {
  const list = read(examples, 'fighting-spam/sinokoreacidr.txt');
  const { text, complaints } = cidrTable(list, 'REJECT Asian Networks');
  assert.equal(text, read(examples, 'fighting-spam/chinese-spammer-networks'));
  assert.deepEqual(complaints, []);
});

test('fighting-spam: what is said of the example', async () => {
  const found = (await said(join(examples, 'fighting-spam'))).filter((line) => !line.startsWith('note '));
  const kinds = [
    /^warning default: password file passwd is unavailable/,
    /^warning dsl_stoplist\.txt:\d: \/.*\/i: "i" turns ignoring of case OFF here/,
    /^warning dsl_stoplist\.txt:\d: \/.*\/ has neither \^ nor \$/,
    /^warning main\.cf:\d+: DNS list (list\.dsbl\.org|dul\.ru) is dead/,
    /^warning main\.cf:\d+: smtpd_tls_cert_file: the certificate or its key cannot be used: ENOENT/,
    /^warning master\.cf:\d+: clamav_virus_command: there is no program/,
    /^warning master\.cf:\d+: DKIM key file "\S+\/ssl\/dk-private\.key": ENOENT/,
  ];
  for (const line of found)
    assert.ok(
      kinds.some((kind) => kind.test(line)),
      line,
    );
  for (const kind of kinds)
    assert.ok(
      found.some((line) => kind.test(line)),
      String(kind),
    );
});

test('river-of-stars: what is said of the example, and when its lists are ours', async () => {
  const main = read(examples, 'river-of-stars/main.cf');
  const found = (await said(join(examples, 'river-of-stars'))).filter((line) => !line.startsWith('note '));
  const dead = found.filter((line) => /^warning main\.cf:\d+: DNS list \S+ is dead since/.test(line));
  const twin =
    /^warning main\.cf:\d+: lookup_rfci_abuse asks postmaster\.rfc-ignorant\.org, as lookup_rfci_pm does/;
  assert.equal(dead.length, 26);
  assert.equal(found.filter((line) => twin.test(line)).length, 1);
  assert.equal(found.length, dead.length + 1);
  const ours = main.replace('#own_dns_lists', 'own_dns_lists').replace(/^# {4}monkey/m, '    monkey');
  const tables = ['user-restrictions', 'user-exceptions', 'user-exceptions-regexp'];
  const copy = writtenDirectory({
    'main.cf': ours.replaceAll('$config_directory', join(examples, 'river-of-stars')),
    'master.cf': read(examples, 'river-of-stars/master.cf'),
    ...Object.fromEntries(tables.map((name) => [name, read(examples, 'river-of-stars', name)])),
  });
  const left = (await said(copy)).filter((line) => !line.startsWith('note '));
  assert.equal(left.length, 1);
  assert.match(left[0] ?? '', twin);
});
