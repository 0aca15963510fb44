import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configured, LISTENER, troubles } from './written-directory.ts';

const cases: [main: string, complaint: string | undefined][] = [
  ['myhostname = mx.example.org', undefined],
  ['myhostname = mx', undefined],
  ['myhostname = mx_1.example.org', undefined],
  ['myhostname = m\u00fcller.example.org', undefined],
  [
    'mydomain = example.org\nmyhostname = 192.0.2.1',
    'error main.cf:2: myhostname = 192.0.2.1: this is no host name; write the full name of this host, such as mx.example.com',
  ],
  [
    'mydomain = example.org\nmyhostname = mx..example.org',
    'error main.cf:2: myhostname = mx..example.org: this is no host name; write the full name of this host, such as mx.example.com',
  ],
  [
    'myhostname = mx.example.org\nmydomain = -x',
    'error main.cf:2: mydomain = -x: this is no domain name; write the domain of this host, such as example.com',
  ],
  [
    'myorigin = a.test b.test',
    'error main.cf:1: myorigin = a.test b.test: this is more than one domain; write one domain',
  ],
  [
    'myhostname = mx.test\nrelayhost = MX.test',
    'error main.cf:2: relayhost = MX.test: this is myhostname, so mail would come back; write the host that mail goes to',
  ],
  [
    'inet_protocols =',
    'error main.cf:1: inet_protocols is empty: nothing could listen; write all, ipv4 or ipv6',
  ],
  ['inet_interfaces = 127.0.0.1, [::1], loopback-only', undefined],
  ['inet_interfaces = no-such-host.invalid\nmynetworks = 10.0.0.0/8', undefined],
  [
    'inet_interfaces = 127.0.0.1, no-such-host.invalid',
    'warning main.cf:1: inet_interfaces: the addresses of no-such-host.invalid are not in /etc/hosts, so mynetworks leaves them out; write addresses, or set mynetworks',
  ],
  [
    'mynetworks = 127.0.0.0/8 [::1]/128 10.0.0.0/8 172.16.0.0/12 81.2.0.0/16 [fd00::]/8 [2001:db8::]/32 hash:x',
    undefined,
  ],
  ['mynetworks = !0.0.0.0/0, 192.0.2.1', undefined],
  [
    'mynetworks = 127.0.0.0/8, 0.0.0.0/0',
    'warning main.cf:1: mynetworks: 0.0.0.0/0 is the whole Internet: everybody may relay; list your own networks alone',
  ],
  [
    'mynetworks = [::]/0 81.0.0.0/8 [2001::]/16',
    'warning main.cf:1: mynetworks: [::]/0 is the whole Internet: everybody may relay; 81.0.0.0/8 is a network of many owners: all of them may relay; [2001::]/16 is a network of many owners: all of them may relay; list your own networks alone',
  ],
  ['mynetworks_style = class\nmynetworks = 127.0.0.1', undefined],
  [
    'mynetworks_style = class',
    "warning main.cf:1: mynetworks_style = class: the neighbours in your provider's network may relay; write mynetworks_style = host, or set mynetworks",
  ],
  ['smtpd_sasl_type = cyrus', undefined],
  [
    'smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = cyrus',
    'error main.cf:2: smtpd_sasl_type = cyrus: logins by Cyrus SASL are not supported; write passwd or dovecot',
  ],
  ['smtpd_tls_security_level = may\nsmtpd_tls_chain_files = /c', undefined],
  [
    'smtpd_tls_security_level = may',
    'warning main.cf:1: smtpd_tls_security_level = may, but without a certificate no TLS can be offered; set smtpd_tls_cert_file, smtpd_tls_eccert_file or smtpd_tls_chain_files',
  ],
];

for (const [main, complaint] of cases) {
  test(`cross-check: ${JSON.stringify(main)}`, () => {
    // A port of its own, since some of these settings leave nothing to listen on.
    const found = troubles(configured(main, 'x unix - - n - - smtpd\n'));
    assert.deepEqual(found, complaint === undefined ? [] : [complaint]);
  });
}

test('a bad level is told once, not for each default that asks for it', () => {
  assert.deepEqual(troubles(configured('compatibility_level = new\n')), [
    'error main.cf:1: compatibility_level = new: this is no level; write a release, such as 3.6',
  ]);
});

test('TLS from the first byte needs a certificate', () => {
  const master = `${LISTENER}smtps inet n - n - - smtpd\n  -o smtpd_tls_wrappermode=yes\n`;
  assert.deepEqual(troubles(configured('', master)), [
    'error master.cf:3: smtpd_tls_wrappermode = yes, but there is no certificate; set smtpd_tls_cert_file, smtpd_tls_eccert_file or smtpd_tls_chain_files',
  ]);
});
