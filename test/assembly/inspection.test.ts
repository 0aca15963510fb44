/** What `check` says of configurations that work as they are written, and are dangerous, or lead nowhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from '../../src/assembly/inspection.ts';
import { complaintLine } from '../../src/settings/complaint.ts';
import { LISTENER, writtenDirectory } from '../settings/written-directory.ts';

interface Case {
  readonly title: string;
  /** Behind a few lines about a gateway of no concern. */
  readonly main: string;
  readonly master?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** All warnings and errors, notes too where they are expected; each must be there, and no others. */
  readonly says: readonly RegExp[];
  readonly notes?: boolean;
}

/** Lines 1 to 7. */
const BASE = `compatibility_level = 3.6
mydestination =
relay_domains = ours.test
smtpd_proxy_filter = 127.0.0.1:10026
alias_maps =
local_recipient_maps =
maillog_file = /dev/stdout
`;
const GUARDED = 'smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = ';

const cases: readonly Case[] = [
  {
    title: 'nothing is wrong',
    main: 'smtpd_recipient_restrictions = reject_unauth_destination, check_sender_access inline:{a@b.test=OK}\n',
    says: [],
  },
  {
    title: 'a service that is not there yet',
    main: 'smtpd_recipient_restrictions = reject_unauth_destination\n',
    master: `127.0.0.1:8025 inet n - n - - admin\n${LISTENER}`,
    says: [
      /^warning master\.cf:1: service 127\.0\.0\.1:8025: admin is not built yet, so that nothing listens there;/,
    ],
  },
  {
    title: 'limits: rates in main.cf and in a table',
    main: 'smtpd_data_restrictions = check_sasl_rate { 200/1d, burst=50, hash:$config_directory/rates }, check_sender_rate 5/x\n',
    files: { rates: 'ann 1000/1d\nboss@ours.test none\n192.0.2 100/1h burst=5\njoe 5 a day\n' },
    says: [
      /^warning main\.cf:8: check_sender_rate: "5\/x" is no rate; write 100\/1h/,
      /^warning rates:4: "5 a day" is no rate; write 100\/1h, 100\/1h burst=20 or none$/,
    ],
  },
  {
    title: 'postscreen in front of smtpd',
    main: 'postscreen_dnsbl_sites = bl.test*2 relays.ordb.org 0123456789abcdef0123456789abcdef.bl.example.com*x\n',
    master: `smtp inet n - n - 1 postscreen -o postscreen_bare_newline_enable=yes
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
`,
    says: [
      /^warning main\.cf:8: DNS list relays\.ordb\.org is dead since 2006/,
      /^error main\.cf:8: postscreen_dnsbl_sites: "bl\.example\.com\*x": the weight "x" is no number; write domain=filter\*weight$/,
      /^warning master\.cf:1: postscreen_bare_newline_enable: the tests of postscreen after the greeting are not made/,
    ],
  },
  {
    title: 'permit in front of everything',
    main: `${GUARDED}permit, reject_unauth_destination\n`,
    says: [
      /^warning main\.cf:9: restriction "reject_unauth_destination" after "permit" is ignored/,
      /^error main\.cf:9: neither smtpd_relay_restrictions nor smtpd_recipient_restrictions keeps strangers from relaying/,
    ],
  },
  {
    title: 'OK for a sender before strangers are kept from relaying',
    main: `${GUARDED}check_sender_access hash:$config_directory/senders, reject_unauth_destination\n`,
    files: { senders: 'friend@far.test DUNNO\nboss@far.test OK\n' },
    says: [
      /^warning main\.cf:9: check_sender_access hash:\S+senders says "OK" \(senders:2\) before strangers are kept from relaying: who claims that sender can relay; put it behind reject_unauth_destination$/,
    ],
  },
  {
    title: 'a class that permits is an OK, too',
    main: `smtpd_restriction_classes = good\ngood = check_helo_access static:DUNNO, permit\n${GUARDED}check_helo_access inline:{x.test=good}, reject_unauth_destination\n`,
    says: [
      /^warning main\.cf:11: check_helo_access inline:\S+ says "good" .*: who says that HELO name can relay/,
    ],
  },
  {
    title: 'where smtpd_relay_restrictions decide, OK opens nothing',
    main: 'smtpd_recipient_restrictions = check_sender_access inline:{a@b.test=OK}\n',
    says: [],
  },
  {
    title: 'OK for a sender inside smtpd_relay_restrictions, and in a class',
    main: 'smtpd_restriction_classes = early\nearly = check_sender_access regexp:{{/x/ OK}}\nsmtpd_relay_restrictions = early, defer_unauth_destination\n',
    says: [/^warning main\.cf:9: check_sender_access regexp:\S+ \S+ says "OK"/],
  },
  {
    title: 'what others may permit',
    main: `${GUARDED}permit_tls_all_clientcerts, permit_naked_ip_address, check_policy_service inet:127.0.0.1:1, permit_mx_backup, reject_unauth_destination\n`,
    notes: true,
    says: [
      /^warning main\.cf:9: permit_tls_all_clientcerts stands before .*: everybody with a certificate of any trusted authority/,
      /^warning main\.cf:9: permit_naked_ip_address stands before .*: everybody who says HELO with an address/,
      /^note main\.cf:9: check_policy_service stands before .*: if the service ever says OK/,
      /^note main\.cf:9: permit_mx_backup stands before .*; set permit_mx_backup_networks$/,
    ],
  },
  {
    title: 'permit_mx_backup with its networks',
    main: `permit_mx_backup_networks = 192.0.2.0/24\n${GUARDED}permit_mx_backup, reject_unauth_destination\n`,
    says: [],
  },
  {
    title: 'lists of dial-up addresses before the users',
    main: `smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = /x\nsmtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhaus.org\nsmtpd_recipient_restrictions = permit_sasl_authenticated, reject_rbl_client zen.spamhaus.org\n`,
    says: [
      /^warning main\.cf:11: reject_rbl_client zen\.spamhaus\.org is asked before permit_sasl_authenticated: it keeps out users who log in from home; put permit_sasl_authenticated in front of it$/,
    ],
  },
  {
    title: 'nobody logs in there',
    main: 'smtpd_client_restrictions = reject_rbl_client zen.spamhaus.org\n',
    says: [],
  },
  {
    title: 'on the submission service alone',
    main: 'smtpd_client_restrictions = reject_unknown_client_hostname\n',
    master: `${LISTENER}submission inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_sasl_type=dovecot\n  -o smtpd_sasl_path=/x\n`,
    says: [/^warning main\.cf:8: reject_unknown_client_hostname is asked before permit_sasl_authenticated/],
  },
  {
    title: 'a filter that leads back to its own service',
    main: 'smtpd_proxy_filter =\ncontent_filter = smtp:[127.0.0.1]:10025\n',
    master: '10025 inet n - n - - smtpd\n',
    says: [
      /^warning main\.cf:8: smtpd_proxy_filter is set again/,
      /^error master\.cf:1: service 10025 hands its mail to itself: no mail would ever arrive; give one of them the mail server/,
    ],
  },
  {
    title: 'two services that hand each other their mail',
    main: '',
    master: [
      ...['2501 inet n - n - - smtpd', '  -o smtpd_proxy_filter=localhost:2502'],
      ...['127.0.0.1:2502 inet n - n - - smtpd', '  -o smtpd_proxy_filter=:2501'],
      ...['2503 inet n - n - - smtpd', '  -o smtpd_proxy_filter=127.0.0.1:2502', ''],
    ].join('\n'),
    says: [
      /^error master\.cf:1: service 2501 hands its mail to 127\.0\.0\.1:2502 and so back to itself/,
      /^error master\.cf:3: service 127\.0\.0\.1:2502 hands its mail to 2501 and so back to itself/,
    ],
  },
  {
    title: 'mail that nobody would deliver',
    main: 'smtpd_proxy_filter =\nmydestination = $myhostname\nvirtual_mailbox_domains = v.test\nvirtual_mailbox_maps = static:x\nvirtual_transport = dovecot\n',
    says: [
      /^warning main\.cf:8: smtpd_proxy_filter is set again/,
      /^warning main\.cf:9: local_transport: mail for mydestination has no next hop and is deferred \(451\): "local:\S+": transport "local" runs local, .*; name the mail server that has the mailboxes: local_transport = smtp:/,
      /^warning main\.cf:9: mydestination is set again/,
      /^warning main\.cf:12: virtual_transport: mail for virtual_mailbox_domains .*: "dovecot:": there is no transport "dovecot" in master\.cf/,
    ],
  },
  {
    title: 'rows of transport_maps that lead nowhere',
    main: 'smtpd_proxy_filter =\ntransport_maps = hash:$config_directory/transport\n',
    files: {
      transport: 'a.test smtp:[192.0.2.1]\nlists.test mailman:\nb.test :\nc.test :[192.0.2.1]:99999\n',
    },
    says: [
      /^warning main\.cf:8: smtpd_proxy_filter is set again/,
      /^warning transport:2: "mailman:": there is no transport "mailman" in master\.cf; name the mail server/,
    ],
  },
  {
    title: 'rows that name nothing known',
    main: 'smtpd_restriction_classes = class_light, class_strict\nclass_light = permit\nclass_strict = reject\nsmtpd_recipient_restrictions = check_recipient_access hash:$config_directory/users\n',
    files: {
      users:
        'a@ours.test class_light\nb@ours.test class-strict\nc@ours.test class_ligth\nd@ours.test RJECT go away\ne@ours.test PREPEND nothing\nf@ours.test hash:x\ng@ours.test 554 5.7.1 no\nh@ours.test 12\n',
    },
    notes: true,
    says: [
      /^note users:2: "class-strict" is taken for the class "class_strict"$/,
      /^warning users:3: unknown smtpd restriction: "class_ligth"; did you mean "class_light"\?$/,
      /^warning users:4: unknown smtpd restriction: "RJECT"; did you mean "reject"\?$/,
      /^warning users:4: unknown smtpd restriction: "go"/,
      /^warning users:4: unknown smtpd restriction: "away"/,
      /^warning users:5: "PREPEND nothing" requires header: text/,
      /^warning users:6: "hash:x" names a table: name a restriction class instead/,
    ],
  },
  {
    title: 'classes that only tables name are looked at, too',
    main: 'smtpd_restriction_classes = spare\nspare = reject_unknown_clinet\n',
    says: [
      /^warning main\.cf:9: unknown smtpd restriction: "reject_unknown_clinet"; did you mean "reject_unknown_client"\?/,
    ],
  },
  {
    title: 'a table alone in a class is what the list of the class makes of it',
    main: 'smtpd_restriction_classes = c\nc = hash:$config_directory/clients\nsmtpd_client_restrictions = c\n',
    files: { clients: 'x.test OK\n' },
    says: [],
  },
  {
    title: 'dots, copied from a document',
    main: 'smtpd_helo_restrictions = ...\n',
    master: 'smtp inet n - n - - smtpd\n  ...\n',
    says: [
      /^warning main\.cf:8: unknown smtpd restriction: "\.\.\."; it stands for what the author left out: write out/,
      /^error master\.cf:2: service smtp: "\.\.\." is no option of smtpd; it stands for what the author left out/,
    ],
  },
  {
    title: 'two parameters that ask one list',
    main: `smtpd_sender_restrictions = check_sender_access rhsbl:inline:one, check_sender_access rhsbl:inline:two, check_sender_access rhsbl:inline:three\none = bl.test 554 one\ntwo = bl.test 554 two\nthree = bl.test DUNNO\n`,
    says: [
      /^warning main\.cf:10: two asks bl\.test, as one does \(main\.cf:9\), and says something else; one of the two may be a copy/,
    ],
  },
  {
    title: 'a dead list, and one of that name that is ours',
    main: 'smtpd_client_restrictions = reject_rbl_client relays.ordb.org, reject_rbl_client list.dsbl.org, reject_dnsbl_score 2\npostscreen_dnsbl_sites = relays.osirusoft.com\nown_dns_lists = dsbl.org osirusoft.com\n',
    says: [
      /^warning main\.cf:8: DNS list relays\.ordb\.org is dead .*; remove it, or name it in own_dns_lists/,
    ],
  },
  {
    title: 'a file with nearly that name',
    main: 'smtpd_client_restrictions = check_client_access hash:$config_directory/rblplus-clients, check_client_access hash:$config_directory/acess\n',
    files: { clients: 'x OK\n', access: 'x OK\n' },
    says: [
      /^warning main\.cf:8: hash:\S+acess is unavailable: .*; did you mean \S+\/access\?$/,
      /^warning main\.cf:8: hash:\S+rblplus-clients is unavailable: .*; did you mean \S+\/clients\?$/,
    ],
  },
  {
    title: 'a certificate that is not there',
    main: 'smtpd_tls_security_level = may\nsmtpd_tls_cert_file = $config_directory/none.pem\n',
    says: [/^warning main\.cf:9: smtpd_tls_cert_file: the certificate or its key cannot be used: ENOENT/],
  },
];

for (const { title, main, master = LISTENER, files = {}, says, notes = false } of cases) {
  test(title, async () => {
    const directory = writtenDirectory({ 'main.cf': BASE + main, 'master.cf': master, ...files });
    const { complaints } = await inspect(directory, { asksDns: false, findServingUser: () => undefined });
    const lines = complaints
      .filter(({ severity }) => notes || severity !== 'note')
      .map((complaint) => `${complaint.severity} ${complaintLine(complaint)}`);
    assert.equal(lines.length, says.length, lines.join('\n'));
    for (const pattern of says)
      assert.ok(
        lines.some((line) => pattern.test(line)),
        `${pattern}\n${lines.join('\n')}`,
      );
  });
}
