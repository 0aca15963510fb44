import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSource } from '../../src/mail/source.ts';
import { configured, LISTENER, troubles } from './written-directory.ts';

test('values are typed, in the units of their kind', () => {
  const { settings, complaints } = configured(`
smtpd_helo_required = YES
smtpd_timeout = 2m
message_size_limit = 50M
relay_domains = example.com, example.org
	hash:/etc/relay
smtpd_banner = $myhostname ESMTP $mail_name
myhostname = mx.example.net
smtpd_tls_protocols = >=TLSv1.2
unknown_client_reject_code = 550
`);
  assert.deepEqual(complaints, []);
  assert.equal(settings.smtpd_helo_required, true);
  assert.equal(settings.smtpd_timeout, 120_000);
  assert.equal(settings.message_size_limit, 52_428_800);
  assert.deepEqual(settings.relay_domains, ['example.com', 'example.org', 'hash:/etc/relay']);
  assert.equal(settings.smtpd_banner, 'mx.example.net ESMTP Postfix');
  assert.equal(settings.mydomain, 'example.net');
  assert.equal(settings.unknown_client_reject_code, 550);
});

test('what nobody set has the default, expanded with what was set', () => {
  const { settings } = configured(
    'mydomain = example.org\nmyhostname = mx.example.org\ncompatibility_level = 3.6\n',
  );
  assert.deepEqual(settings.mydestination, ['mx.example.org', 'localhost.example.org', 'localhost']);
  assert.deepEqual(settings.relay_domains, []);
  assert.equal(settings.smtpd_forbid_bare_newline, 'normalize');
  assert.equal(settings.mynetworks_style, 'host');
  assert.deepEqual(configured('mydestination = a.test\n').settings.relay_domains, ['a.test']);
});

test('raw parameters keep their dollars', () => {
  const { settings } = configured(
    'default_rbl_reply = $rbl_code $mydomain\nsmtpd_reject_footer = \\c ${client_address}\nx = $default_rbl_reply\n',
  );
  assert.equal(settings.default_rbl_reply, '$rbl_code $mydomain');
  assert.equal(settings.smtpd_reject_footer, '\\c ${client_address}');
  assert.ok(settings.smtpd_expansion_filter.includes('~'));
  assert.ok(settings.smtpd_expansion_filter.startsWith('\t !'));
});

const LISTS = `head = permit_mynetworks,
    check_sender_access hash:$config_directory/senders
# a remark
tail = reject_unauth_destination
smtpd_recipient_restrictions =
    $head,
    # in between
    check_recipient_access inline:{ {a@b = REJECT
      no}, c@d=OK },

    \${tail}
    permit
`;

test('tokens know their lines, through macros, continuations and braces', () => {
  const { settings, directory } = configured(LISTS);
  const tokens = settings.tokens('smtpd_recipient_restrictions');
  assert.deepEqual(
    tokens.map(({ text, source }) => `${formatSource(source)} ${text}`),
    [
      'main.cf:1 permit_mynetworks',
      'main.cf:2 check_sender_access',
      `main.cf:2 hash:${directory}/senders`,
      'main.cf:8 check_recipient_access',
      'main.cf:8 inline:{ {a@b = REJECT      no}, c@d=OK }',
      'main.cf:4 reject_unauth_destination',
      'main.cf:12 permit',
    ],
  );
  assert.deepEqual(
    settings.smtpd_recipient_restrictions,
    tokens.map(({ text }) => text),
  );
});

test('tokens of defaults come from nowhere, except where they mention what was set', () => {
  const { settings } = configured('compatibility_level = 3\nmynetworks = 10.0.0.0/8\n');
  const shown = (name: string) =>
    settings.tokens(name).map(({ text, source }) => `${formatSource(source)} ${text}`);
  assert.deepEqual(shown('smtpd_client_event_limit_exceptions'), ['main.cf:2 10.0.0.0/8']);
  assert.deepEqual(shown('smtpd_relay_restrictions'), [
    'default permit_mynetworks',
    'default permit_sasl_authenticated',
    'default defer_unauth_destination',
  ]);
  assert.deepEqual(shown('no_such_thing'), []);
});

test('what an -o sets counts for that service alone, also where others mention it', () => {
  const main =
    'mynetworks = 10.0.0.0/8\nextra = reject\nsmtpd_client_restrictions = permit_mynetworks, $extra\n';
  const master = `${LISTENER}submission inet n - n - - smtpd
  -o mynetworks=192.0.2.0/24
  -o { extra = check_client_access
       hash:/x }
  -osmtpd_helo_required=yes -v
`;
  const { settings, services } = configured(main, master);
  const submission = services[1]?.settings;
  assert.deepEqual(services[0]?.settings.smtpd_client_restrictions, ['permit_mynetworks', 'reject']);
  assert.deepEqual(submission?.mynetworks, ['192.0.2.0/24']);
  assert.equal(submission?.smtpd_helo_required, true);
  assert.equal(settings.smtpd_helo_required, false);
  assert.deepEqual(
    submission
      ?.tokens('smtpd_client_restrictions')
      .map(({ text, source }) => `${formatSource(source)} ${text}`),
    ['main.cf:3 permit_mynetworks', 'master.cf:4 check_client_access', 'master.cf:5 hash:/x'],
  );
  assert.equal(formatSource(submission?.sourceOf('mynetworks') ?? assert.fail()), 'master.cf:3');
  assert.equal(formatSource(submission?.sourceOf('extra') ?? assert.fail()), 'master.cf:4');
  assert.equal(submission?.isSet('mynetworks'), true);
  assert.deepEqual(submission?.names(), [
    'extra',
    'mynetworks',
    'smtpd_client_restrictions',
    'smtpd_helo_required',
  ]);
});

test('texts, raw and expanded, of any parameter', () => {
  const { settings } = configured(
    'mine = <$mydomain>\nmydomain = a.test\nmyhostname = mx.$mydomain\nbiff = $mine\n',
  );
  assert.equal(settings.text('mine'), '<a.test>');
  assert.equal(settings.raw('mine'), '<$mydomain>');
  assert.equal(settings.text('biff'), '<a.test>');
  assert.equal(settings.text('mailbox_size_limit'), '51200000');
  assert.equal(settings.text('nobody_knows'), undefined);
  assert.equal(settings.default('smtpd_banner'), '$myhostname ESMTP $mail_name');
  assert.equal(settings.default('mailbox_size_limit'), '51200000');
  assert.equal(settings.default('mine'), undefined);
  assert.equal(settings.isSet('smtpd_banner'), false);
  assert.equal(formatSource(settings.sourceOf('smtpd_banner')), 'default');
});

test('a service knows its program and name', () => {
  const { services } = configured(
    '',
    '2525 inet n - n - - smtpd -o syslog_name=postfix/$service_name-$process_name\n',
  );
  assert.equal(services[0]?.settings.syslog_name, 'postfix/2525-smtpd');
});

test('old names are understood where their meaning is exact', () => {
  const cases: [main: string, level: string][] = [
    ['smtpd_use_tls = yes', 'may'],
    ['smtpd_use_tls = no', ''],
    ['smtpd_enforce_tls = yes\nsmtpd_use_tls = no', 'encrypt'],
    ['smtpd_use_tls = yes\nsmtpd_tls_security_level = none', 'none'],
    ['smtpd_use_tls = yes\nsmtpd_tls_security_level =', 'may'],
  ];
  for (const [main, level] of cases) {
    const { settings } = configured(`${main}\nsmtpd_tls_cert_file = /c\n`);
    assert.equal(settings.smtpd_tls_security_level, level, main);
  }
  const client = configured(
    'smtp_use_tls=yes\nlmtp_enforce_tls=yes\ndisable_dns_lookups=yes\nvirtual_maps=hash:/v\n',
  );
  assert.equal(client.settings.smtp_tls_security_level, 'may');
  assert.equal(client.settings.lmtp_tls_security_level, 'verify');
  assert.equal(client.settings.smtp_dns_support_level, 'disabled');
  assert.deepEqual(client.settings.virtual_alias_maps, ['hash:/v']);
  assert.equal(formatSource(client.settings.sourceOf('smtp_tls_security_level')), 'main.cf:1');
  assert.deepEqual(troubles(client), []);
});

test('a value that cannot be read has the default, and the complaint says what to write', () => {
  const broken = configured('smtpd_helo_required = perhaps\nsmtpd_timeout = $x\nx = soon\nsmtpd_banner =\n');
  assert.equal(broken.settings.smtpd_helo_required, false);
  assert.equal(broken.settings.smtpd_timeout, 300_000);
  assert.equal(broken.settings.smtpd_banner, `${broken.settings.myhostname} ESMTP Postfix`);
  assert.deepEqual(troubles(broken), [
    'error main.cf:1: smtpd_helo_required = perhaps: cannot be read; write "yes" or "no"',
    'error main.cf:2: smtpd_timeout = soon: cannot be read; write a number with the unit s, m, h, d or w',
    'error main.cf:4: smtpd_banner = : cannot be read; write some text',
  ]);
});

test('a bad value that other defaults mention is told once', () => {
  const broken = configured('reject_tempfail_action = never\n');
  assert.deepEqual(
    new Set(broken.complaints.map(({ source }) => formatSource(source))),
    new Set(['main.cf:1']),
  );
  assert.equal(broken.settings.unknown_address_tempfail_action, 'defer_if_permit');
});

test('a bad value of an old name is told where it was set', () => {
  assert.deepEqual(troubles(configured('\npostscreen_dnsbl_ttl = soon\nsmtpd_per_record_deadline = ?\n')), [
    'error main.cf:2: postscreen_dnsbl_max_ttl = soonh: cannot be read; write a number with the unit s, m, h, d or w',
    'error main.cf:3: smtpd_per_request_deadline = ?: cannot be read; write "yes" or "no"',
  ]);
});

test('under stress a service has other settings', () => {
  const { services } = configured('smtpd_hard_error_limit = ${stress?{2}:{9}}\n');
  assert.equal(services[0]?.settings.smtpd_hard_error_limit, 9);
  assert.equal(services[0]?.stressed.smtpd_hard_error_limit, 2);
  assert.equal(services[0]?.stressed.smtpd_timeout, 10_000);
  assert.equal(services[0]?.stressed, services[0]?.stressed);
});

test('a host name that asks for its own domain does not run in circles', () => {
  assert.equal(configured('myhostname = mx.$mydomain\n').settings.myhostname, 'mx.');
  assert.ok(configured('mydomain = $myhostname\n').settings.mydomain !== undefined);
});

test('a circle of values is one error', () => {
  assert.deepEqual(troubles(configured('smtpd_banner = $a\na = $b\nb = $a\nsmtp_helo_name = x$b\n')), [
    'error main.cf:2: a: the value refers to itself: a -> b -> a; see "parameter syntax" in postconf(5)',
  ]);
});

test('a circle through a default is told where it was closed', () => {
  assert.deepEqual(troubles(configured('\nsmtpd_banner = $postscreen_greet_banner\n')), [
    'error main.cf:2: smtpd_banner: the value refers to itself: smtpd_banner -> postscreen_greet_banner -> smtpd_banner; see "parameter syntax" in postconf(5)',
  ]);
});

test('macros of invented parameters are tried, too, when something mentions the parameter', () => {
  const main = 'smtpd_restriction_classes = mine\nmine = ${mynetworks\nunused = ${x\n';
  assert.deepEqual(troubles(configured(main)), [
    'error main.cf:2: mine: "}" is missing in "${mynetworks"; see "parameter syntax" in postconf(5)',
    'warning main.cf:3: there is no parameter unused; remove it, mention it as $unused, or declare it in smtpd_restriction_classes',
  ]);
});
