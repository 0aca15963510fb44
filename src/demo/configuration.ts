/** The configuration of the demo: a directory as an operator would write it, for a made-up domain. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PasswordEditor } from '../accounts/password-editor.ts';

export interface DemoPorts {
  readonly dns: number;
  readonly backend: number;
}

const MAIN_CF = `# The demo's main.cf
compatibility_level = 3.6
myhostname = mx.demo.test
mydestination =
relay_domains = demo.test
mynetworks = 127.0.0.200
smtpd_proxy_filter = 127.0.0.1:{backend}
dns_servers = 127.0.0.1:{dns}
data_directory = {dir}/data
smtpd_helo_required = yes
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions =
    reject_unknown_sender_domain,
    check_helo_access regexp:{dir}/helo,
    check_client_access cidr:{dir}/networks,
    reject_rbl_client bl.demo.test,
    reject_spf_fail,
    check_greylist
greylist_delay = 1s
header_checks = pcre:{dir}/header_checks
text_checks = phone:{dir}/phones
attachment_checks = regexp:{dir}/attachments
dmarc_policy = enforce
smtpd_reject_footer = \\c. For help call +1 555 0100 and give $ledger_id.
`;

const MASTER_CF = `# The demo's master.cf
smtp       inet n - n - - smtpd
submission inet n - n - - smtpd
    -o smtpd_sasl_auth_enable=yes
    -o smtpd_tls_auth_only=no
    -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
    -o dkim_sign=yes
    -o dkim_signing_maps=inline:{demo.test=demo.test:mail:{dir}/dkim.pem}
`;

const TABLES: Readonly<Record<string, string>> = {
  helo: '/^mx\\.demo\\.test$/  REJECT that is my own name\n',
  networks: '127.0.0.64/26  REJECT no mail from this network\n',
  header_checks: '/^Subject:.*\\bwin a prize\\b/  REJECT we have won enough\n',
  phones:
    '# a number that we have seen too often\n+1 555 867 5309  REJECT this telephone number is not welcome\n',
  attachments: '/\\.(exe|scr|js)$/  REJECT programs are not accepted here, not even in archives\n',
};

/** Writes the files. `keyPem`: the DKIM key of demo.test. */
export async function writeDemoConfiguration(
  directory: string,
  ports: DemoPorts,
  { keyPem, password }: { readonly keyPem: string; readonly password: string },
): Promise<void> {
  const facts: Record<string, string> = {
    dir: directory,
    dns: String(ports.dns),
    backend: String(ports.backend),
  };
  const filled = (text: string) =>
    text.replace(/\{(dir|dns|backend)\}/g, (whole, name: string) => facts[name] ?? whole);
  const files = { 'main.cf': filled(MAIN_CF), 'master.cf': filled(MASTER_CF), ...TABLES };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  await writeFile(join(directory, 'dkim.pem'), keyPem, { mode: 0o600 });
  await new PasswordEditor(join(directory, 'passwd')).set('ann@demo.test', password);
  await mkdir(join(directory, 'data', 'spool'), { recursive: true });
}

/** The DNS around the demo: clients, their domains, a block list, a key. */
export function demoZone(dkimRecord: string): string[] {
  return [
    'demo.test MX 10 mx.demo.test',
    'mx.demo.test A 127.0.0.1',
    `mail._domainkey.demo.test TXT ${quoted(dkimRecord)}`,
    '127.0.0.10 PTR mail.friend.test',
    'mail.friend.test A 127.0.0.10',
    'friend.test MX 10 mail.friend.test',
    'friend.test TXT "v=spf1 ip4:127.0.0.10 -all"',
    'stranger.test MX 10 mail.stranger.test',
    'mail.stranger.test A 127.0.0.11',
    'offers.test MX 10 mail.offers.test',
    'mail.offers.test A 127.0.0.12',
    '127.0.0.12@bl.demo.test A 127.0.0.2',
    '127.0.0.12@bl.demo.test TXT "seen sending spam"',
    'bank.test MX 10 mail.bank.test',
    'bank.test TXT "v=spf1 ip4:127.0.0.99 -all"',
    '_dmarc.bank.test TXT "v=DMARC1; p=reject"',
    'mail.bank.test A 127.0.0.99',
  ];
}

function quoted(text: string): string {
  return (text.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ');
}
