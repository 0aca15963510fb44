/**
 * permit_mx_backup: we are a mail exchanger of the domain, but not its best one.
 * Parameter: permit_mx_backup_networks. `Postfix: permit_mx_backup`. A DNS that does not answer turns a later
 * refusal into a deferral.
 */
import type { Dns, MailExchanger } from '../dns/dns.ts';
import { asciiDomain } from '../mail/host-syntax.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import { ofParty, resolveParty } from './address.ts';
import { isAuthorized } from './destination.ts';
import type { Subject } from './question.ts';
import { type Answer, type Judge, postpone } from './restriction.ts';
import type { HostList, Sources } from './sources.ts';
import { recipientSubject } from './subjects.ts';

export function permitMxBackup(sources: Sources): Judge {
  return ofParty('recipient', async (recipient, q) => {
    const resolved = await resolveParty('recipient', recipient, q, sources.addresses);
    if (resolved.routed && !sources.allowUntrustedRouting) return dunno;
    if (isAuthorized(resolved, sources)) return permit;
    const { domain } = resolved.address;
    if (domain.startsWith('[')) return dunno;
    const subject = recipientSubject(recipient);
    const mx = await sources.dns.mx(asciiDomain(domain) ?? domain);
    if (mx.kind === 'absent') return dunno;
    if (mx.kind === 'unknown')
      return later(subject, `Unable to look up mail exchanger information: ${RESOLVER_WORDS.unknown}`);
    return new BackupCheck(subject, sources).decide(mx.records);
  });
}

function later(subject: Subject, text: string): Answer {
  return postpone('reject', 450, '4.4.4', rejectedText(subject, text));
}

class BackupCheck {
  readonly #subject: Subject;
  readonly #sources: Sources;
  #doubt: Answer = dunno;

  constructor(subject: Subject, sources: Sources) {
    this.#subject = subject;
    this.#sources = sources;
  }

  async decide(exchangers: readonly MailExchanger[]): Promise<Answer> {
    const best = exchangers[0]?.preference;
    const primaries = exchangers.filter((mx) => mx.preference === best);
    const backups = exchangers.filter((mx) => mx.preference !== best);
    if (await this.#amAmong(primaries)) return this.#doubt;
    if (!(await this.#amAmong(backups))) return this.#doubt;
    const networks = this.#sources.permitMxBackupNetworks;
    if (networks && !(await this.#allWithin(primaries, networks))) return this.#doubt;
    return permit;
  }

  async #amAmong(exchangers: readonly MailExchanger[]): Promise<boolean> {
    for (const { exchange } of exchangers) if (await this.#sources.isOwnHost(exchange)) return true;
    for (const { exchange } of exchangers) {
      const addresses = await addressesOf(exchange, this.#sources.dns);
      if (typeof addresses === 'string') {
        const why = SYSTEM_WORDS[addresses];
        this.#doubt = later(this.#subject, `Unable to look up mail exchanger host ${exchange}: ${why}`);
      } else if (addresses.some((address) => this.#sources.isOwnAddress(address))) return true;
    }
    return false;
  }

  async #allWithin(exchangers: readonly MailExchanger[], networks: HostList): Promise<boolean> {
    for (const { exchange } of exchangers) {
      const addresses = await addressesOf(exchange, this.#sources.dns);
      if (typeof addresses === 'string') {
        const text = `Unable to look up host ${exchange} as mail exchanger: ${RESOLVER_WORDS[addresses]}`;
        this.#doubt = later(this.#subject, text);
        return false;
      }
      for (const address of addresses) if (!(await networks.has({ name: exchange, address }))) return false;
    }
    return true;
  }
}

/** What clients are told. `Postfix: dns_strerror` */
const RESOLVER_WORDS = { absent: 'Host not found', unknown: 'Host not found, try again' };
/** The same where Postfix asks the system. `getaddrinfo(3)` */
const SYSTEM_WORDS = {
  absent: 'Name or service not known',
  unknown: 'Temporary failure in name resolution',
};

/** All addresses of a host; if there is none, whether that is certain. */
async function addressesOf(host: string, dns: Dns): Promise<string[] | 'absent' | 'unknown'> {
  const answers = await Promise.all([dns.a(host), dns.aaaa(host)]);
  const found = answers.flatMap((answer) => (answer.kind === 'found' ? answer.records : []));
  if (found.length > 0) return found;
  return answers.some((answer) => answer.kind === 'unknown') ? 'unknown' : 'absent';
}
