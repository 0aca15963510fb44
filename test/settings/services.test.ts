import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSource } from '../../src/mail/source.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import type { Configuration } from '../../src/settings/configuration.ts';
import { configured, troubles } from './written-directory.ts';

const MAIN = 'smtpd_tls_cert_file = /c\nqueue_directory = /q\n';

function shown(configuration: Configuration): string[] {
  return configuration.services.map(({ name, program, listen, maxConnections, source }) => {
    const places = listen.map((place) =>
      place.kind === 'inet' ? `${place.host}|${place.port}` : place.path,
    );
    return `${formatSource(source)} ${name} ${program} ${places.join(',')} ${maxConnections}`;
  });
}

test('listeners, in the order of the file', () => {
  const configuration = configured(
    MAIN,
    `smtp inet n - n - - smtpd
submission inet n - n - 50 smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:2525 inet n n - - - policy -o smtpd_recipient_restrictions=check_greylist
private-policy unix - n n - - policy
127.0.0.1:8025 inet n - n - 0 admin
`,
  );
  assert.deepEqual(shown(configuration), [
    'master.cf:1 smtp smtpd |25 0',
    'master.cf:2 submission smtpd |587 50',
    'master.cf:3 127.0.0.1:2525 policy 127.0.0.1|2525 0',
    'master.cf:4 private-policy policy /q/private/private-policy 0',
    'master.cf:5 127.0.0.1:8025 admin 127.0.0.1|8025 0',
  ]);
  assert.deepEqual(configuration.complaints, []);
  assert.deepEqual(configuration.services[2]?.settings.smtpd_recipient_restrictions, ['check_greylist']);
});

test('transports keep what their -o sets; smtp, relay and lmtp are always there', () => {
  const { transports, complaints } = configured(
    'smtp_helo_timeout = 9s\n',
    `smtp inet n - n - - smtpd
dksign unix - - n - 10 smtp
  -o smtp_send_xforward_command=yes
  -o smtp_discard_ehlo_keywords=8bitmime
lmtp unix - - n - - lmtp -o lmtp_rcpt_timeout=7s
`,
  );
  assert.deepEqual(complaints, []);
  assert.deepEqual([...transports.keys()].sort(), ['dksign', 'lmtp', 'relay', 'smtp']);
  const dksign = transports.get('dksign');
  assert.equal(dksign?.program, 'smtp');
  assert.equal(dksign?.maxConnections, 10);
  assert.equal(dksign?.settings.smtp_send_xforward_command, true);
  assert.equal(dksign?.settings.smtp_helo_timeout, 9000);
  assert.deepEqual(dksign?.settings.smtp_discard_ehlo_keywords, ['8bitmime']);
  assert.equal(transports.get('smtp')?.settings.smtp_send_xforward_command, false);
  assert.equal(transports.get('smtp')?.settings.smtp_helo_timeout, 9000);
  assert.equal(transports.get('lmtp')?.settings.lmtp_rcpt_timeout, 7000);
});

test('spawn services keep user, command and time limit', () => {
  const { spawns, complaints } = configured(
    'spf_time_limit = 1h\ncommand_time_limit = 20s\n',
    `smtp inet n - n - - smtpd
spf   unix  -       n       n       -       -       spawn
    user=nobody argv=/usr/bin/perl /usr/local/scripts/postfix-policyd-spf.pl
127.0.0.1:9998 inet n n n - 0 spawn user=filter:mail argv=/bin/f { with blanks }
`,
  );
  assert.deepEqual(complaints, []);
  const spf = spawns.get('spf');
  assert.deepEqual(
    [spf?.user, spf?.group, spf?.timeLimitMs, spf?.command],
    ['nobody', undefined, 3_600_000, ['/usr/bin/perl', '/usr/local/scripts/postfix-policyd-spf.pl']],
  );
  const other = spawns.get('127.0.0.1:9998');
  assert.deepEqual(
    [other?.user, other?.group, other?.timeLimitMs, other?.command],
    ['filter', 'mail', 20_000, ['/bin/f', 'with blanks']],
  );
  assert.deepEqual(other?.listen, [{ kind: 'inet', host: '127.0.0.1', port: 9998 }]);
});

test("Postfix's own daemons are left out with a note", () => {
  const { complaints, services } = configured(
    '',
    'smtp inet n - n - - smtpd\npickup fifo n - n 60 1 pickup\n',
  );
  assert.equal(services.length, 1);
  assert.deepEqual(
    complaints.map((c) => `${c.severity} ${complaintLine(c)}`),
    ['note master.cf:2: service pickup is ignored: there is no local submission'],
  );
});

test('in place of postscreen smtpd listens, with the settings of the line behind it', () => {
  const configuration = configured(
    'postscreen_upstream_proxy_protocol = haproxy\n',
    'smtp inet n - n - 1 postscreen\nsmtpd pass - - n - 40 smtpd -o smtpd_helo_required=yes\n',
  );
  assert.deepEqual(shown(configuration), ['master.cf:1 smtp smtpd |25 40']);
  assert.equal(configuration.services[0]?.settings.smtpd_helo_required, true);
  assert.equal(configuration.services[0]?.settings.smtpd_upstream_proxy_protocol, 'haproxy');
  assert.equal(configuration.services[0]?.stressed.smtpd_upstream_proxy_protocol, 'haproxy');
  assert.equal(configuration.services[0]?.stressed.smtpd_helo_required, true);
  assert.deepEqual(troubles(configuration), []);
});

test('the settings of the postscreen line are those of its tests', () => {
  const configuration = configured(
    'postscreen_greet_wait = ${stress?{3}:{5}}s\npostscreen_pipelining_enable = yes\n',
    'smtp inet n - n - 1 postscreen -o postscreen_greet_action=drop\n' +
      'smtpd pass - - n - - smtpd -o postscreen_greet_action=enforce\nsubmission inet n - n - - smtpd\n',
  );
  const [service, submission] = configuration.services;
  assert.equal(service?.screen?.settings.postscreen_greet_action, 'drop');
  assert.equal(service?.screen?.settings.postscreen_greet_wait, 5_000);
  assert.equal(service?.screen?.stressed.postscreen_greet_wait, 3_000);
  assert.equal(submission?.screen, undefined);
  assert.deepEqual(troubles(configuration), [
    'warning master.cf:1: postscreen_pipelining_enable: the tests of postscreen after the greeting are not made; see reject_unauth_pipelining, smtpd_forbid_bare_newline and check_greylist',
  ]);
});

test('postscreen waits for the client, and TLS from the first byte for the server', () => {
  const master = 'smtps inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd -o smtpd_tls_wrappermode=yes\n';
  assert.match(
    troubles(configured('smtpd_tls_cert_file = x\n', master)).join('\n'),
    /^error master\.cf:1: postscreen cannot stand in front of smtpd_tls_wrappermode = yes/m,
  );
});

test('a program can be named with its directory', () => {
  assert.equal(
    configured('', 'smtp inet n - n - - /usr/libexec/postfix/smtpd\n').services[0]?.program,
    'smtpd',
  );
});

test('services can be switched off', () => {
  const configuration = configured(
    'master_service_disable = submission/inet\n',
    'smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd -o smtpd_helo_required=maybe\n',
  );
  assert.deepEqual(shown(configuration), ['master.cf:1 smtp smtpd |25 0']);
  assert.deepEqual(troubles(configuration), []);
});

const bad: [title: string, master: string, complaint: string][] = [
  [
    'the same service twice',
    'smtp inet n - n - - smtpd\nsmtp inet n - n - 5 smtpd\n',
    'error master.cf:2: service smtp of type inet stands in line 1 already; remove one of them',
  ],
  [
    'the same place twice',
    'smtp inet n - n - - smtpd\n25 inet n - n - - smtpd\n',
    'error master.cf:2: service 25 listens where smtp (line 1) does; change one of them',
  ],
  [
    'a misspelt program',
    'smtp inet n - n - - smtdp\n',
    'error master.cf:1: service smtp: there is no program smtdp; did you mean smtpd?',
  ],
  [
    'an unknown program on a socket',
    'x unix - - n - - frobnicate\n',
    'warning master.cf:1: service x: there is no program frobnicate; write one of smtpd, policy, admin, smtp, lmtp, spawn, postscreen',
  ],
  [
    'a program with the name of something in JavaScript',
    'x unix - - n - - constructor\n',
    'warning master.cf:1: service x: there is no program constructor; write one of smtpd, policy, admin, smtp, lmtp, spawn, postscreen',
  ],
  [
    'a client that should listen',
    'smtp inet n - n - - smtp\n',
    'error master.cf:1: smtp is a client, which cannot be of type inet; write unix, or smtpd when it is to listen',
  ],
  [
    'a listener on a fifo',
    'x fifo n - n - - smtpd\n',
    'error master.cf:1: service x cannot listen as type fifo; write inet or unix',
  ],
  [
    'a value with blanks',
    'smtp inet n - n - - smtpd\n  -o smtpd_client_restrictions=permit_mynetworks, reject\n',
    'error master.cf:2: service smtp: "reject" is no option of smtpd; a value with blanks is written -o { name = value }',
  ],
  [
    'an unknown port',
    'smpt inet n - n - - smtpd\n',
    'error master.cf:1: there is no port "smpt"; did you mean smtp?',
  ],
  [
    'spawn without a command',
    'x unix - n n - - spawn user=nobody\n',
    'error master.cf:1: spawn service x lacks user= or argv=; write user=NAME argv=COMMAND ARGUMENTS',
  ],
  [
    'spawn with something else',
    'x unix - n n - - spawn flags=R user=nobody argv=/x\n',
    'error master.cf:1: spawn service x: "flags=R" is unknown; write user=NAME argv=COMMAND ARGUMENTS',
  ],
  [
    'postscreen without smtpd',
    'smtp inet n - n - 1 postscreen\n',
    'error master.cf:1: postscreen has no smtpd behind it; add a line for smtpd of type pass, or write smtpd in place of postscreen',
  ],
  [
    'a bad value of one service',
    'smtp inet n - n - - smtpd -o smtpd_helo_required=maybe\n',
    'error master.cf:1: smtpd_helo_required = maybe: cannot be read; write "yes" or "no"',
  ],
  [
    'an unknown parameter of one service',
    'smtp inet n - n - - smtpd -o smtpd_helo_requird=yes\n',
    'warning master.cf:1: there is no parameter smtpd_helo_requird; did you mean smtpd_helo_required?',
  ],
];

for (const [title, master, complaint] of bad) {
  test(`master.cf with ${title}`, () => assert.deepEqual(troubles(configured('', master)), [complaint]));
}

test('the mail of a service is treated as its cleanup service says', () => {
  const { services, complaints } = configured(
    `${MAIN}header_checks = regexp:/all\nalways_bcc = all@x.test\nvirtual_alias_maps = hash:/aliases\n`,
    `smtp inet n - n - - smtpd
submission inet n - n - - smtpd -o cleanup_service_name=ours
smtps inet n - n - - smtpd -o cleanup_service_name=ours -o always_bcc=smtps@x.test
2525 inet n - n - - smtpd -o cleanup_service_name=nobody
cleanup unix n - n - 0 cleanup -o always_bcc=cleanup@x.test
ours unix n - n - 0 cleanup -o header_checks= -o virtual_alias_maps= -o smtpd_helo_required=yes
bare unix n - n - 0 cleanup
`,
  );
  const told = services.map(({ settings, cleanup }) => [
    ...[cleanup.always_bcc, cleanup.header_checks.length, cleanup.virtual_alias_maps.length],
    ...[settings.virtual_alias_maps.length, cleanup.smtpd_helo_required],
  ]);
  assert.deepEqual(told, [
    ['cleanup@x.test', 1, 1, 1, false],
    ['all@x.test', 0, 0, 1, false],
    ['smtps@x.test', 0, 0, 1, false],
    ['all@x.test', 1, 1, 1, false],
  ]);
  assert.deepEqual(complaints.map(complaintLine), [
    'master.cf:4: service 2525: there is no cleanup service "nobody" in master.cf; write a line: nobody unix n - - - 0 cleanup -o ...',
    'master.cf:7: service bare is ignored: the gateway checks and rewrites mail itself',
  ]);
});
