/**
 * What is wrong between settings that are each right by themselves: one row for each of Postfix's own refusals to
 * start, and for what this gateway cannot do. `Postfix: mail_params.c (mail_params_init)`.
 */
import { isIP } from 'node:net';
import { levelNumber } from './comparison.ts';
import type { Complain, Severity } from './complaint.ts';
import { hostsFileAddresses } from './own-host.ts';
import type { Settings } from './settings.ts';
import { wideNetworkProblem } from './wide-networks.ts';

interface CrossCheck {
  /** The parameter whose line the complaint names. */
  readonly name: string;
  readonly severity: Severity;
  readonly isWrong: (settings: Settings) => boolean;
  readonly problem: (settings: Settings) => string;
  readonly remedy: string;
}

const checks: readonly CrossCheck[] = [
  {
    name: 'myhostname',
    severity: 'error',
    isWrong: ({ myhostname }) => !isHostName(myhostname),
    problem: ({ myhostname }) => `myhostname = ${myhostname}: this is no host name`,
    remedy: 'write the full name of this host, such as mx.example.com',
  },
  {
    name: 'mydomain',
    severity: 'error',
    isWrong: ({ mydomain }) => !isHostName(mydomain),
    problem: ({ mydomain }) => `mydomain = ${mydomain}: this is no domain name`,
    remedy: 'write the domain of this host, such as example.com',
  },
  {
    name: 'myorigin',
    severity: 'error',
    isWrong: ({ myorigin }) => /[, \t\r\n]/.test(myorigin),
    problem: ({ myorigin }) => `myorigin = ${myorigin}: this is more than one domain`,
    remedy: 'write one domain',
  },
  {
    name: 'relayhost',
    severity: 'error',
    isWrong: ({ relayhost, myhostname }) => relayhost.toLowerCase() === myhostname.toLowerCase(),
    problem: ({ relayhost }) => `relayhost = ${relayhost}: this is myhostname, so mail would come back`,
    remedy: 'write the host that mail goes to',
  },
  {
    name: 'compatibility_level',
    severity: 'error',
    isWrong: ({ compatibility_level }) => levelNumber(compatibility_level) === undefined,
    problem: ({ compatibility_level }) => `compatibility_level = ${compatibility_level}: this is no level`,
    remedy: 'write a release, such as 3.6',
  },
  {
    name: 'inet_protocols',
    severity: 'error',
    isWrong: ({ inet_protocols }) => inet_protocols.length === 0,
    problem: () => 'inet_protocols is empty: nothing could listen',
    remedy: 'write all, ipv4 or ipv6',
  },
  {
    name: 'inet_interfaces',
    severity: 'warning',
    isWrong: (settings) => !settings.isSet('mynetworks') && unresolved(settings).length > 0,
    problem: (settings) =>
      `inet_interfaces: the addresses of ${unresolved(settings).join(', ')} are not in /etc/hosts, so mynetworks leaves them out`,
    remedy: 'write addresses, or set mynetworks',
  },
  {
    name: 'mynetworks',
    severity: 'warning',
    isWrong: ({ mynetworks }) => mynetworks.some((item) => wideNetworkProblem(item) !== undefined),
    problem: ({ mynetworks }) =>
      `mynetworks: ${mynetworks.flatMap((item) => wideNetworkProblem(item) ?? []).join('; ')}`,
    remedy: 'list your own networks alone',
  },
  {
    name: 'mynetworks_style',
    severity: 'warning',
    isWrong: (settings) => settings.mynetworks_style === 'class' && !settings.isSet('mynetworks'),
    problem: () => "mynetworks_style = class: the neighbours in your provider's network may relay",
    remedy: 'write mynetworks_style = host, or set mynetworks',
  },
  {
    name: 'smtpd_sasl_type',
    severity: 'error',
    isWrong: ({ smtpd_sasl_auth_enable, smtpd_sasl_type }) =>
      smtpd_sasl_auth_enable && smtpd_sasl_type === 'cyrus',
    problem: () => 'smtpd_sasl_type = cyrus: logins by Cyrus SASL are not supported',
    remedy: 'write passwd or dovecot',
  },
  {
    name: 'smtpd_tls_wrappermode',
    severity: 'error',
    isWrong: (settings) => settings.smtpd_tls_wrappermode && !hasServerCertificate(settings),
    problem: () => 'smtpd_tls_wrappermode = yes, but there is no certificate',
    remedy: 'set smtpd_tls_cert_file, smtpd_tls_eccert_file or smtpd_tls_chain_files',
  },
  {
    name: 'smtpd_tls_security_level',
    severity: 'warning',
    isWrong: (settings) => offersServerTls(settings) && !hasServerCertificate(settings),
    problem: ({ smtpd_tls_security_level }) =>
      `smtpd_tls_security_level = ${smtpd_tls_security_level}, but without a certificate no TLS can be offered`,
    remedy: 'set smtpd_tls_cert_file, smtpd_tls_eccert_file or smtpd_tls_chain_files',
  },
];

/** Makes the complaints about settings that do not go together. */
export function crossCheck(settings: Settings, complain: Complain): void {
  for (const { name, severity, isWrong, problem, remedy } of checks) {
    if (isWrong(settings)) {
      complain({ source: settings.sourceOf(name), severity, problem: problem(settings), remedy });
    }
  }
}

function offersServerTls({ smtpd_tls_security_level, smtpd_tls_wrappermode }: Settings): boolean {
  return !smtpd_tls_wrappermode && ['may', 'encrypt'].includes(smtpd_tls_security_level);
}

function hasServerCertificate(settings: Settings): boolean {
  const { smtpd_tls_cert_file, smtpd_tls_eccert_file, smtpd_tls_chain_files } = settings;
  return smtpd_tls_cert_file !== '' || smtpd_tls_eccert_file !== '' || smtpd_tls_chain_files.length > 0;
}

/** Names of interfaces whose addresses cannot be known without the DNS. */
function unresolved({ inet_interfaces }: Settings): string[] {
  const hosts = inet_interfaces.filter((word) => !['all', 'loopback-only'].includes(word.toLowerCase()));
  const names = hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1')).filter((host) => isIP(host) === 0);
  return names.filter((name) => hostsFileAddresses(name).length === 0);
}

/** Letters, digits, hyphens and dots as a host name has them; no address. `Postfix: valid_hostname`. */
function isHostName(name: string): boolean {
  if (name.length === 0 || name.length > 255 || isIP(name) > 0) return false;
  return name.split('.').every((label) => /^(?!-)[\p{L}\p{N}_-]{1,63}(?<!-)$/u.test(label));
}
