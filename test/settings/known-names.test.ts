import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintLine } from '../../src/settings/complaint.ts';
import { configured, LISTENER } from './written-directory.ts';

function complaints(main: string, master = LISTENER): string[] {
  return configured(main, master).complaints.map((c) => `${c.severity} ${complaintLine(c)}`);
}

const UNUSED = 'remove it, mention it as $mine, or declare it in smtpd_restriction_classes';
const cases: [main: string, complaints: string[]][] = [
  [
    'smtpd_helo_requird = yes',
    ['warning main.cf:1: there is no parameter smtpd_helo_requird; did you mean smtpd_helo_required?'],
  ],
  ['mine = 1', [`warning main.cf:1: there is no parameter mine; ${UNUSED}`]],
  // What something mentions is known.
  ['mine = 1\nsmtpd_banner = $mine', []],
  ['mine = 1\nsmtpd_banner = ${mine?{x}:{y}}', []],
  ['mine = 1\nother = $mine\nsmtpd_banner = $other', []],
  ['mine = reject\nsmtpd_restriction_classes = mine', []],
  ['mine = reject\nclasses = mine\nsmtpd_restriction_classes = $classes', []],
  ['mine = bl.test DUNNO\nsmtpd_client_restrictions = check_client_access rbl:inline:mine', []],
  ['mine = bl.test DUNNO\nsmtpd_client_restrictions = check_sender_access rhsbl:inline:mine', []],
  ['users_server_host = x\nvirtual_alias_maps = ldap:users', []],
  // What a raw parameter holds is not for us.
  ['mine = 1\nsmtpd_reject_footer = $mine', [`warning main.cf:1: there is no parameter mine; ${UNUSED}`]],
  ['default_rbl_reply = $rbl_code $rbl_nonsense', []],
  // Names without a value.
  [
    'smtpd_banner = $myhostnam x',
    [
      'warning main.cf:1: smtpd_banner mentions $myhostnam, which is not defined and so is empty; did you mean $myhostname?',
    ],
  ],
  [
    'mynetworks = 127.0.0.1\n   $nets',
    [
      'warning main.cf:2: mynetworks mentions $nets, which is not defined and so is empty; define it; a plain dollar is written $$',
    ],
  ],
  ['smtpd_banner = $mail_version $mailbox_size_limit $smtpd_use_tls $x_time_limit', []],
  ['smtpd_banner = costs 5$$ \\$client', []],
  // What a gateway has no use for.
  [
    'mailbox_size_limit = 0',
    ['note main.cf:1: mailbox_size_limit is ignored: no mail is delivered on this host'],
  ],
  [
    'mailbox_command = $undefined_there',
    ['note main.cf:1: mailbox_command is ignored: no mail is delivered on this host'],
  ],
  [
    'smtpd_milters = inet:localhost:1',
    [
      'warning main.cf:1: smtpd_milters is ignored: the gateway does not speak to milters; dkim_verify, dkim_sign, dmarc_policy and clamav_socket do the work of OpenDKIM, OpenDMARC and clamav-milter; others stay at the mail server behind',
    ],
  ],
  ['smtpd_milters =', ['note main.cf:1: smtpd_milters is ignored: the gateway does not speak to milters']],
  // What is gone.
  [
    'smtpd_use_tls = no',
    [
      'note main.cf:1: smtpd_use_tls is a parameter of older Postfix releases; write smtpd_tls_security_level = may (or encrypt)',
    ],
  ],
  [
    'virtual_maps = hash:/v',
    ['note main.cf:1: virtual_maps is a parameter of older Postfix releases; write virtual_alias_maps'],
  ],
  [
    'smtp_tls_per_site = hash:/s',
    ['warning main.cf:1: smtp_tls_per_site is no longer read; write smtp_tls_policy_maps'],
  ],
  [
    'process_name = x',
    ['warning main.cf:1: process_name cannot be set; remove it: it follows from master.cf'],
  ],
];

for (const [main, wanted] of cases) {
  test(`names: ${JSON.stringify(main)}`, () => assert.deepEqual(complaints(main), wanted));
}

test('names built from a service need that service', () => {
  const main =
    'dksign_destination_concurrency_limit = 5\ndksgn_destination_recipient_limit = 1\nspf_time_limit = 9s\n';
  const master = `${LISTENER}dksign unix - - n - - smtp\nspf unix - n n - - spawn user=nobody argv=/x\n`;
  assert.deepEqual(complaints(main, master), [
    'note main.cf:1: dksign_destination_concurrency_limit is ignored: there is no queue',
    'warning main.cf:2: dksgn_destination_recipient_limit: there is no service "dksgn" in master.cf; did you mean dksign?',
  ]);
});

test('main.cf and -o know of each other', () => {
  const submission = 'submission inet n - n - - smtpd -o smtpd_client_restrictions=$mua -o theirs=reject\n';
  assert.deepEqual(
    complaints('mua = reject\nsmtpd_sender_restrictions = $theirs\n', LISTENER + submission),
    [],
  );
});

test('nobody knows these names, so they are not listed as settings', () => {
  const { unknown } = configured('mine = 1\nbiff = no\nmyorigin = a.test\nused = 2\nsmtpd_banner = x$used\n');
  assert.deepEqual([...unknown], ['mine']);
});
