import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { formatSource } from '../../src/mail/source.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { hasErrors, readConfiguration } from '../../src/settings/configuration.ts';
import { configured, LISTENER, troubles, writtenDirectory } from './written-directory.ts';

const examples = join(import.meta.dirname, '../../config/examples');
const badConfigs = join(import.meta.dirname, '..', 'bad-configs');

test('the article of 2007 is understood as it stands', () => {
  const configuration = readConfiguration(join(examples, 'fighting-spam'));
  assert.deepEqual(troubles(configuration), []);
  assert.deepEqual(
    configuration.complaints.map((complaint) => complaintLine(complaint).split(';')[0]),
    [
      'main.cf:77: address_verify_map is ignored: tables are read from their text, and what is remembered is in state_store',
      'main.cf:91: smtp_use_tls is a parameter of older Postfix releases',
      'main.cf:92: smtpd_use_tls is a parameter of older Postfix releases',
      'main.cf:100: tls_random_source is ignored: TLS needs no process of its own',
      'master.cf:6: service 127.0.0.1:10026 is switched off',
      'master.cf:35: service pickup is ignored: there is no local submission',
    ],
  );
  const shown = configuration.services.map(({ name, maxConnections, settings }) =>
    [name, maxConnections, settings.smtpd_tls_wrappermode, settings.content_filter].join(' '),
  );
  assert.deepEqual(shown, [
    'smtp 0 false smtp:127.0.0.1:10027',
    'smtps 0 true smtp:127.0.0.1:10027',
    'submission 0 true dksign:[127.0.0.1]:10028',
    '127.0.0.1:9025 0 false dksign:[127.0.0.1]:10028',
    '127.0.0.1:2525 100 false ',
    '127.0.0.1:10025 64 false ',
    '127.0.0.1:10027 0 false ',
    '127.0.0.1:10028 0 false ',
  ]);
  const [scanner] = configuration.services.filter(({ name }) => name === '127.0.0.1:10025');
  assert.deepEqual(scanner?.settings.smtpd_client_restrictions, []);
  assert.deepEqual(scanner?.settings.smtpd_recipient_restrictions, ['permit_mynetworks', 'reject']);
  assert.deepEqual(scanner?.settings.smtpd_authorized_xforward_hosts, ['127.0.0.0/8']);
  assert.equal(configuration.transports.get('dksign')?.settings.smtp_send_xforward_command, true);
  assert.equal(configuration.spawns.get('spf')?.user, 'nobody');
  assert.equal(configuration.settings.smtpd_tls_security_level, 'may');
  assert.equal(configuration.settings.smtp_tls_security_level, 'may');
});

test('the dialect of 2003 is understood as it stands', () => {
  const configuration = readConfiguration(join(examples, 'river-of-stars'));
  const { settings } = configuration;
  assert.deepEqual(configuration.complaints, []);
  assert.equal(settings.smtpd_restriction_classes.length, 56);
  assert.deepEqual(
    settings.tokens('class_visi').map(({ text, source }) => `${formatSource(source)} ${text}`),
    ['main.cf:127 check_client_access', 'main.cf:127 rbl:inline:lookup_visi'],
  );
  assert.equal(
    settings.text('lookup_visi'),
    'relays.visi.com\t554 $client_address listed by Visi RSL. See <http://relays.visi.com/>. See <http://www.example.com/nospam/>',
  );
  const { directory } = configuration;
  assert.deepEqual(
    settings.tokens('class_multi_rss').map(({ text }) => text),
    ['check_access', '$rbl_ip', `hash:${directory}/dnsbls/rblplus-rss`],
  );
  const keys = settings.smtpd_recipient_restrictions.filter((word) => word.includes('|'));
  assert.deepEqual(keys, ['${sender}|${recipient}', '${sender}|${recipient}']);
});

for (const name of readdirSync(badConfigs).filter((directory) => directory.startsWith('settings-'))) {
  test(`bad configuration: ${name}`, () => {
    const directory = join(badConfigs, name);
    const configuration = readConfiguration(directory);
    const found = `${troubles(configuration).join('\n')}\n`;
    const golden = join(directory, 'complaints.txt');
    if (process.env.UPDATE_GOLDEN === 'yes') writeFileSync(golden, found);
    assert.ok(existsSync(golden), `${relative('.', golden)} is missing`);
    assert.equal(found, readFileSync(golden, 'utf8'));
    assert.equal(hasErrors(configuration), found.includes('error '));
  });
}

test('a directory without main.cf is refused in one clear sentence', () => {
  const directory = writtenDirectory({ 'master.cf': LISTENER });
  assert.throws(() => readConfiguration(directory), {
    message: `cannot read "${directory}/main.cf": ENOENT: no such file or directory; a configuration directory has a main.cf`,
  });
  assert.throws(() => readConfiguration('/no/such/place'), /cannot read "\/no\/such\/place\/main\.cf"/);
});

test('the directory is an absolute path, also for $config_directory', () => {
  const directory = writtenDirectory({
    'main.cf': 'header_checks = pcre:$config_directory/h\n',
    'master.cf': LISTENER,
  });
  const configuration = readConfiguration(relative(process.cwd(), directory));
  assert.equal(configuration.directory, directory);
  assert.deepEqual(configuration.settings.header_checks, [`pcre:${directory}/h`]);
});

test('bytes that are no UTF-8 come through', () => {
  const directory = writtenDirectory({ 'master.cf': LISTENER });
  writeFileSync(join(directory, 'main.cf'), Buffer.from('mail_name = M\xfcller\n', 'latin1'));
  assert.equal(readConfiguration(directory).settings.mail_name, 'M\udcfcller');
});

test('reading again finds what has changed, and nothing of before', () => {
  const directory = writtenDirectory({ 'main.cf': 'relayhost = a.test\nx = 1\n', 'master.cf': LISTENER });
  const before = readConfiguration(directory);
  writeFileSync(join(directory, 'main.cf'), 'relayhost = b.test\n');
  const after = readConfiguration(directory);
  assert.equal(before.settings.relayhost, 'a.test');
  assert.equal(after.settings.relayhost, 'b.test');
  assert.deepEqual(after.complaints, []);
  assert.equal(before.complaints.length, 1);
});

test('reading a directory takes milliseconds', (t) => {
  const directory = join(examples, 'fighting-spam');
  const times = Array.from({ length: 40 }, () => {
    const began = performance.now();
    readConfiguration(directory);
    return performance.now() - began;
  });
  const best = Math.min(...times);
  t.diagnostic(`${best.toFixed(1)} ms for main.cf and 7 services, the best of 40`);
  assert.ok(best < 50);
});

test('a value is cheap to ask for', (t) => {
  const { settings } = configured('smtpd_helo_required = yes\n');
  let count = 0;
  const began = performance.now();
  for (let i = 0; i < 1_000_000; i++) if (settings.smtpd_helo_required) count++;
  const nanoseconds = performance.now() - began;
  t.diagnostic(`${nanoseconds.toFixed(0)} ns a value`);
  assert.equal(count, 1_000_000);
  assert.ok(nanoseconds < 2000);
});
