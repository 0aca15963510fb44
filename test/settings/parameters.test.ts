import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deprecatedParameters } from '../../src/settings/deprecated-parameters.ts';
import { ignoredParameters } from '../../src/settings/ignored-parameters.ts';
import { parameter, parameterNames, parameters, type Values } from '../../src/settings/parameters.ts';
import { serviceParameter } from '../../src/settings/service-parameters.ts';
import { configured, writtenDirectory } from './written-directory.ts';

/** Fails to compile when the type of a value is not exactly the wanted one. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const typed: readonly true[] = [
  true satisfies Same<Values['smtpd_helo_required'], boolean>,
  true satisfies Same<Values['smtpd_timeout'], number>,
  true satisfies Same<Values['message_size_limit'], number>,
  true satisfies Same<Values['relay_domains'], readonly string[]>,
  true satisfies Same<Values['smtpd_banner'], string>,
  true satisfies Same<Values['default_rbl_reply'], string>,
  true satisfies Same<Values['access_map_reject_code'], number>,
  true satisfies Same<Values['dmarc_policy'], 'off' | 'monitor' | 'enforce'>,
  true satisfies Same<Values['smtpd_forbid_bare_newline'], 'no' | 'note' | 'normalize' | 'reject'>,
  true satisfies Same<Values['inet_protocols'], readonly ('all' | 'ipv4' | 'ipv6')[]>,
  true satisfies Same<Values['lmtp_tls_security_level'], Values['smtp_tls_security_level']>,
  true satisfies Same<Values['lmtp_lhlo_timeout'], number>,
];

test('values are typed by the table', () => assert.ok(typed.length > 0));

test('every default can be read, and complains of nothing', () => {
  const { defaults, complaints } = configured('');
  assert.deepEqual(complaints, []);
  for (const name of parameterNames) {
    const reading = parameter(name)?.read(defaults.text(name) ?? '');
    assert.ok(reading !== undefined && 'value' in reading && reading.doubt === undefined, name);
  }
});

test('every row says in one sentence what it is for', () => {
  for (const [name, { sentence }] of Object.entries(parameters)) {
    assert.match(sentence, /^[A-Z"].*\.$/s, name);
    assert.ok(sentence.length <= 110, name);
  }
});

test('no name stands in two tables', () => {
  const tables = [
    new Set(parameterNames),
    new Set(ignoredParameters.keys()),
    new Set(deprecatedParameters.keys()),
  ];
  for (const [i, table] of tables.entries()) {
    for (const other of tables.slice(i + 1)) assert.deepEqual([...table.intersection(other)], []);
  }
});

test('what takes over from an old parameter is one of ours', () => {
  for (const { name, becomes } of deprecatedParameters.values()) {
    assert.ok(becomes === undefined || parameter(becomes.name) !== undefined, name);
  }
});

test('LMTP has the parameters of SMTP under names of its own', () => {
  const { settings } = configured(
    'smtp_rcpt_timeout = 10s\nlmtp_mail_timeout = 20s\nsmtp_tls_cert_file = /s\n',
  );
  assert.equal(settings.lmtp_rcpt_timeout, 300_000);
  assert.equal(settings.lmtp_mail_timeout, 20_000);
  assert.equal(settings.smtp_tls_key_file, '/s');
  assert.equal(settings.lmtp_tls_key_file, '');
  assert.equal(settings.lmtp_tcp_port, '24');
  assert.equal(settings.lmtp_connect_timeout, 0);
  assert.equal(parameter('lmtp_helo_name'), undefined);
  assert.equal(parameter('lmtp_lhlo_name')?.default, '$myhostname');
});

test('myorigin can name a file, whose first line counts', () => {
  const directory = writtenDirectory({ mailname: 'example.org\nsecond\n', empty: '\n' });
  assert.equal(configured(`myorigin = ${directory}/mailname`).settings.myorigin, 'example.org');
  const [first] = configured(`myorigin = ${directory}/empty\n`).complaints;
  assert.equal(first?.remedy, 'write a file with a domain in its first line');
  writeFileSync(join(directory, 'gone'), '');
  const [second] = configured(`myorigin = ${directory}/nowhere\n`).complaints;
  assert.equal(second?.remedy, 'write a domain, or a file that can be read');
});

test('a server has no levels beyond encrypt', () => {
  const { settings, complaints } = configured(
    'smtpd_tls_security_level = verify\nsmtpd_tls_cert_file = /c\n',
  );
  assert.equal(settings.smtpd_tls_security_level, 'encrypt');
  assert.equal(
    complaints[0]?.problem,
    'smtpd_tls_security_level = verify: a server can do no more than "encrypt"',
  );
});

const serviceNames: [name: string, found: { service: string; default: string } | undefined][] = [
  [
    'dksign_destination_concurrency_limit',
    { service: 'dksign', default: '$default_destination_concurrency_limit' },
  ],
  ['spf_time_limit', { service: 'spf', default: '$command_time_limit' }],
  ['x_extra_recipient_limit', { service: 'x', default: '$default_extra_recipient_limit' }],
  ['local_destination_recipient_limit', { service: 'local', default: '1' }],
  ['_time_limit', undefined],
  ['something_else', undefined],
];

for (const [name, found] of serviceNames) {
  test(`service parameter: ${name}`, () => assert.deepEqual(serviceParameter(name), found));
}
