/** What becomes of the settings about logins: who has to turn on TLS, where Dovecot is, what is complained of. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Accounts } from '../../src/assembly/accounts.ts';
import { Openers } from '../../src/assembly/openers.ts';
import { assembleSasl, dovecotEndpoint } from '../../src/assembly/sasl.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import { silentLog } from '../../src/record/log.ts';
import { type Complaint, complaintLine } from '../../src/settings/complaint.ts';
import { readConfiguration } from '../../src/settings/configuration.ts';
import { Tables } from '../../src/tables/tables.ts';
import { session } from '../accounts/login-parts.ts';
import { LISTENER, writtenDirectory } from '../settings/written-directory.ts';

const closing: { close(): Promise<void> }[] = [];
after(() => Promise.all(closing.map((one) => one.close())));

/** The logins of a main.cf, and all complaints about them. */
function assembled(main: string, files: Readonly<Record<string, string>> = { passwd: '' }, mode = 0o600) {
  const directory = writtenDirectory({ 'main.cf': main, 'master.cf': LISTENER, ...files });
  if (files.passwd !== undefined) chmodSync(join(directory, 'passwd'), mode);
  const { settings } = readConfiguration(directory);
  const accounts = new Accounts(directory, silentLog);
  const tables = new Tables({ directory, log: silentLog, smtputf8: true });
  closing.push(accounts, tables);
  const complaints: Complaint[] = [];
  const sasl = assembleSasl({
    openers: new Openers(tables, settings),
    accounts,
    log: silentLog,
    complain: (complaint) => complaints.push(complaint),
  });
  const shown = [...complaints, ...accounts.complaints].map(
    (complaint) => `${complaint.severity} ${complaintLine(complaint).replaceAll(directory, 'DIR')}`,
  );
  return { sasl, complaints: shown };
}

const ON = 'smtpd_sasl_auth_enable = yes\n';
const TLS = 'smtpd_tls_security_level = may\n';

test('logins are off unless they are turned on', () => {
  assert.equal(assembled('').sasl, undefined);
  assert.equal(assembled(`smtpd_sasl_type = dovecot\n`).sasl, undefined);
});

const tlsCases: readonly [main: string, remote: boolean, loopback: boolean][] = [
  ['', true, false],
  ['smtpd_tls_auth_only = yes\n', true, true],
  ['smtpd_tls_auth_only = no\n', false, false],
  ['smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n', false, false],
  ['smtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\nsmtpd_tls_auth_only = yes\n', true, true],
];

for (const [main, remote, loopback] of tlsCases) {
  test(`TLS first: ${main.replaceAll('\n', '; ') || 'nothing set'}`, () => {
    const { sasl, complaints } = assembled(ON + TLS + main);
    assert.deepEqual(complaints, []);
    for (const address of ['192.0.2.5', '2001:db8::1', '10.0.0.1', 'unknown']) {
      assert.equal(sasl?.needsTls(unnamedClient(address, '1')), remote, address);
    }
    for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
      assert.equal(sasl?.needsTls(unnamedClient(address, '1')), loopback, address);
    }
  });
}

const endpoints: readonly [path: string, endpoint: ReturnType<typeof dovecotEndpoint>][] = [
  ['private/auth', { kind: 'unix', path: '/var/spool/postfix/private/auth' }],
  ['unix:private/auth', { kind: 'unix', path: '/var/spool/postfix/private/auth' }],
  ['/run/dovecot/auth', { kind: 'unix', path: '/run/dovecot/auth' }],
  ['inet:127.0.0.1:12345', { kind: 'inet', host: '127.0.0.1', port: 12345 }],
  ['inet:[::1]:12345', { kind: 'inet', host: '::1', port: 12345 }],
  ['inet:dovecot.test:12345', { kind: 'inet', host: 'dovecot.test', port: 12345 }],
  ['inet::12345', { kind: 'inet', host: 'localhost', port: 12345 }],
  ['inet:dovecot.test', undefined],
  ['inet:dovecot.test:0', undefined],
  ['inet:dovecot.test:70000', undefined],
  ['inet:::1:12345', undefined],
  ['unix:', undefined],
];

for (const [path, endpoint] of endpoints) {
  test(`smtpd_sasl_path = ${path}`, () =>
    assert.deepEqual(dovecotEndpoint(path, '/var/spool/postfix'), endpoint));
}

const complaintCases: readonly [
  name: string,
  main: string,
  files: Record<string, string>,
  complaints: RegExp[],
][] = [
  [
    'no TLS',
    ON,
    { passwd: '' },
    [
      /^warning main\.cf:1: smtpd_sasl_auth_enable = yes, but clients cannot turn on TLS, so passwords are taken from this machine only; set/,
    ],
  ],
  ['no TLS, and that is meant', `${ON}smtpd_tls_auth_only = no\n`, { passwd: '' }, []],
  [
    'no password file',
    ON + TLS,
    {},
    [
      /^warning default: password file passwd is unavailable: open DIR\/passwd: No such file or directory; look-ups fail/,
    ],
  ],
  [
    'a broken line',
    ON + TLS,
    { passwd: 'joe:secret\n' },
    [/^warning passwd:1: user "joe": this is no hash; a password in the clear is not read/],
  ],
  [
    'no address of Dovecot',
    `${ON}smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:dovecot\n`,
    { passwd: '' },
    [/^error main\.cf:3: smtpd_sasl_path = inet:dovecot: this is no address of Dovecot; write the path/],
  ],
  [
    'tokens in the clear',
    `${ON}${TLS}smtpd_oauth_introspection_url = http://id.test/introspect\n`,
    { passwd: '' },
    [/^error main\.cf:3: smtpd_oauth_introspection_url: http:\/\/id\.test\/introspect is no https URL/],
  ],
  [
    'tokens for everybody',
    `${ON}${TLS}smtpd_oauth_jwks_url = https://id.test/keys\nsmtpd_oauth_issuer = https://id.test\n`,
    { passwd: '' },
    [/^error main\.cf:3: smtpd_oauth_jwks_url: without smtpd_oauth_issuer and smtpd_oauth_audience/],
  ],
  [
    'a client file without secret',
    `${ON}${TLS}smtpd_oauth_introspection_url = https://id.test/x\nsmtpd_oauth_client_file = client\n`,
    { passwd: '', client: 'id\n' },
    [/^error main\.cf:4: smtpd_oauth_client_file: client does not begin with id:secret/],
  ],
];

for (const [name, main, files, wanted] of complaintCases) {
  test(`complaints: ${name}`, () => {
    const { complaints } = assembled(main, files);
    assert.equal(complaints.length, wanted.length, complaints.join('\n'));
    for (const [i, pattern] of wanted.entries()) assert.match(complaints[i] ?? '', pattern);
  });
}

test('complaints: a password file that everybody may read', () => {
  const { complaints } = assembled(ON + TLS, { passwd: '' }, 0o644);
  assert.deepEqual(complaints, [
    'warning default: everybody may read the password file passwd; take that away: chmod o= passwd',
  ]);
});

test('tokens are offered where a way to check them is set', async () => {
  const encrypted = session({ tls: 'TLSv1.3' });
  const offered = async (main: string) => assembled(ON + TLS + main).sasl?.server.mechanisms(encrypted);
  assert.deepEqual(await offered(''), ['PLAIN', 'LOGIN']);
  const all = ['PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2'];
  assert.deepEqual(await offered('smtpd_oauth_introspection_url = http://127.0.0.1:8080/x\n'), all);
  const signed = 'smtpd_oauth_jwks_url = https://id.test/keys\n';
  assert.deepEqual(await offered(`${signed}smtpd_oauth_issuer = i\nsmtpd_oauth_audience = a\n`), all);
});

test('smtpd_sasl_exceptions_networks: a table that does not answer excepts everybody', async () => {
  const isExcepted = async (value: string) =>
    assembled(`${ON}${TLS}smtpd_sasl_exceptions_networks = ${value}\n`).sasl?.exceptions.has(
      unnamedClient('192.0.2.5', '1'),
    );
  assert.equal(await isExcepted('192.0.2.0/24'), true);
  assert.equal(await isExcepted('!192.0.2.5, 192.0.2.0/24'), false);
  assert.equal(await isExcepted('fail:x'), true);
});

test('smtpd_sasl_mechanism_filter and security options', async () => {
  const offered = async (main: string, tls = '') =>
    assembled(ON + TLS + main).sasl?.server.mechanisms(session({ tls }));
  assert.deepEqual(await offered('smtpd_sasl_mechanism_filter = !login, static:all\n'), ['PLAIN']);
  assert.deepEqual(await offered('smtpd_sasl_mechanism_filter = fail:x\n'), []);
  assert.deepEqual(await offered('smtpd_sasl_security_options = noplaintext\n'), []);
  const split = 'smtpd_sasl_security_options = noplaintext\nsmtpd_sasl_tls_security_options = noanonymous\n';
  assert.deepEqual(await offered(split), []);
  assert.deepEqual(await offered(split, 'TLSv1.2'), ['PLAIN', 'LOGIN']);
});
