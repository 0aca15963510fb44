/**
 * check_*_access: asks a table about the client, the HELO name, the sender, the recipient, the login.
 * `Postfix: access(5), check_namadr_access, check_mail_access`. A table that does not answer counts as a row
 * `451 4.3.5 Server configuration error`.
 */
import { withoutListKeys } from '../dns/list-key.ts';
import type { Address } from '../mail/address.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { printable } from '../mail/reply.ts';
import type { Source } from '../mail/source.ts';
import { dunno } from '../mail/verdict.ts';
import { findHostName, findMailAddress, findNetworkAddress, type Match } from '../tables/search-order.ts';
import { LookupFailure, type Table } from '../tables/table.ts';
import { ofParty, type Party, resolveParty, subjectOf } from './address.ts';
import { looked, type Question, type Subject, subjectClass } from './question.ts';
import { type Answer, type Judge, ServerError } from './restriction.ts';
import type { Sources } from './sources.ts';
import { clientSubject, etrnSubject, heloSubject, reverseClientSubject } from './subjects.ts';

/** One table, opened, and how its rows are acted upon. */
export class AccessTable {
  readonly #table: Table;
  readonly #sources: Sources;
  readonly #source: Source;

  constructor(spec: string, source: Source, sources: Sources) {
    this.#table = sources.openTable(spec, source);
    this.#sources = sources;
    this.#source = source;
  }

  hostName(name: string): Promise<Match | undefined> {
    return this.#ask(name, () => findHostName(this.#table, name, this.#sources.parentStyle));
  }

  networkAddress(address: string): Promise<Match | undefined> {
    return this.#ask(address, () => findNetworkAddress(this.#table, address));
  }

  async host(name: string, address: string): Promise<Match | undefined> {
    return (await this.hostName(name)) ?? (await this.networkAddress(address));
  }

  mailAddress(address: Address): Promise<Match | undefined> {
    const { parentStyle, recipientDelimiter } = this.#sources;
    return this.#ask(address.text, () =>
      findMailAddress(this.#table, address, { order: 'access', parentStyle, recipientDelimiter }),
    );
  }

  exact(key: string): Promise<Match | undefined> {
    return this.#ask(key, async () => {
      const value = await this.#table.find(key);
      return value === undefined ? undefined : { value, key, source: this.#table.sourceOf?.(key) };
    });
  }

  /** Does what the row says; no row, no opinion. */
  act(match: Match | undefined, subject: Subject, q: Question): Answer {
    looked(q, match?.key ?? subject.name, match && withoutListKeys(match.value), match?.source);
    if (!match) return dunno;
    const source = match.source ?? this.#source;
    return this.#sources.access.act(
      { value: match.value, key: match.key, table: this.#table.name, source },
      subject,
      q,
    );
  }

  async #ask(key: string, find: () => MaybePromise<Match | undefined>): Promise<Match | undefined> {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof LookupFailure)) throw error;
      this.#sources.log.warn(error.message);
      return { value: '451 4.3.5 Server configuration error', key, source: undefined };
    }
  }
}

export function checkClientAccess(table: AccessTable): Judge {
  return async (q) => {
    const { name, address } = q.session.client;
    return table.act(await table.host(name, address), clientSubject(q.session), q);
  };
}

/** Names that anybody can claim must not open the door: OK is a mistake here. */
export function checkReverseClientAccess(table: AccessTable): Judge {
  return async (q) => {
    const { reverseName, address } = q.session.client;
    return forbidPermit(
      table.act(await table.host(reverseName, address), reverseClientSubject(q.session), q),
    );
  };
}

export function checkHeloAccess(table: AccessTable): Judge {
  return async (q) =>
    q.helo === undefined ? dunno : table.act(await table.hostName(q.helo), heloSubject(q.helo), q);
}

export function checkEtrnAccess(table: AccessTable): Judge {
  return async ({ etrnDomain: domain, ...q }) =>
    domain === undefined
      ? dunno
      : table.act(await table.hostName(domain), etrnSubject(domain), { etrnDomain: domain, ...q });
}

/** `Postfix: check_mail_access`; the null sender has a key of its own. */
export function checkAddressAccess(party: Party, table: AccessTable, sources: Sources): Judge {
  const named = ofParty(party, async (address, q) => {
    const resolved = await resolveParty(party, address, q, sources.addresses);
    const answer = table.act(await table.mailAddress(resolved.address), subjectOf(party, address), q);
    const isSuspicious = party === 'recipient' && resolved.routed && !sources.allowUntrustedRouting;
    return isSuspicious && answer.kind === 'permit' ? dunno : answer;
  });
  if (party === 'recipient') return named;
  return async (q) =>
    q.sender?.text === ''
      ? table.act(await table.exact(sources.nullSenderKey), subjectOf('sender', q.sender), q)
      : named(q);
}

export function checkSaslAccess(table: AccessTable, { saslEnabled }: Sources): Judge {
  return async (q) => {
    const username = q.session.sasl?.username ?? '';
    if (!saslEnabled || username === '') return dunno;
    const subject = { name: printable(username, '_'), class: subjectClass.login };
    return table.act(await table.exact(username), subject, q);
  };
}

/** The fingerprint of the client's certificate, then that of its public key. */
export function checkCcertAccess(table: AccessTable): Judge {
  return async (q) => {
    const certificate = q.session.tls?.certificate;
    if (!certificate) return dunno;
    const subject = { name: certificate.subject, class: subjectClass.certificate };
    for (const print of [certificate.fingerprint, certificate.publicKeyFingerprint]) {
      const match = await table.exact(print);
      if (match) return table.act(match, subject, q);
    }
    return table.act(undefined, subject, q);
  };
}

/** What cannot be proven must not permit. `Postfix: forbid_allowlist`. */
export function forbidPermit(answer: Answer): Answer {
  if (answer.kind !== 'permit') return answer;
  throw new ServerError('OK is not allowed here for security reasons; use DUNNO to make an exception');
}
