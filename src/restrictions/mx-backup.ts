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
      return later(subject, `Unable to look up mail exchanger information: ${mx.why}`);
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
        this.#doubt = later(this.#subject, `Unable to look up mail exchanger host ${exchange}: ${addresses}`);
      } else if (addresses.some((address) => this.#sources.isOwnAddress(address))) return true;
    }
    return false;
  }

  async #allWithin(exchangers: readonly MailExchanger[], networks: HostList): Promise<boolean> {
    for (const { exchange } of exchangers) {
      const addresses = await addressesOf(exchange, this.#sources.dns);
      if (typeof addresses === 'string') {
        const text = `Unable to look up host ${exchange} as mail exchanger: ${addresses}`;
        this.#doubt = later(this.#subject, text);
        return false;
      }
      for (const address of addresses) if (!(await networks.has({ name: exchange, address }))) return false;
    }
    return true;
  }
}

/** All addresses of a host, or why they cannot be known. */
async function addressesOf(host: string, dns: Dns): Promise<string[] | string> {
  const answers = await Promise.all([dns.a(host), dns.aaaa(host)]);
  const found = answers.flatMap((answer) => (answer.kind === 'found' ? answer.records : []));
  if (found.length > 0) return found;
  const unknown = answers.find((answer) => answer.kind === 'unknown');
  return unknown?.kind === 'unknown' ? unknown.why : 'Host not found';
}
