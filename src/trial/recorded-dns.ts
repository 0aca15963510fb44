/**
 * The DNS as it was: what name servers had answered at a time, from the ledger. What was never asked then cannot be known,
 * unless somebody may be asked now.
 */
import { readAnswer } from '../dns/answer-text.ts';
import type { Answer, Dns, MailExchanger } from '../dns/dns.ts';
import { reverseName } from '../dns/reverse-name.ts';

/** What name servers had said last at a time, as in dns/answer-text.ts. */
export interface AnswerRecord {
  answerAt(question: string, time: number): string | undefined;
}

const NOT_RECORDED = 'it was not asked at the time';

export class RecordedDns implements Dns {
  /** The time that it is asked about, milliseconds since 1970. */
  time = 0;
  /** What it was asked and could not tell, since somebody has looked last. */
  missing: string[] = [];
  readonly #record: AnswerRecord;
  readonly #now: Dns | undefined;

  /** `now`: who is asked about what is not recorded. */
  constructor(record: AnswerRecord, now: Dns | undefined) {
    this.#record = record;
    this.#now = now;
  }

  a(name: string): Promise<Answer<string>> {
    return this.#recall('A', name, (dns) => dns.a(name));
  }

  aaaa(name: string): Promise<Answer<string>> {
    return this.#recall('AAAA', name, (dns) => dns.aaaa(name));
  }

  mx(name: string): Promise<Answer<MailExchanger>> {
    return this.#recall('MX', name, (dns) => dns.mx(name));
  }

  ns(name: string): Promise<Answer<string>> {
    return this.#recall('NS', name, (dns) => dns.ns(name));
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#recall('TXT', name, (dns) => dns.txt(name));
  }

  ptr(address: string): Promise<Answer<string>> {
    return this.#recall('PTR', reverseName(address), (dns) => dns.ptr(address));
  }

  async #recall<T>(type: string, name: string, ask: (dns: Dns) => Promise<Answer<T>>): Promise<Answer<T>> {
    const question = `${type} ${name.replace(/\.$/, '').toLowerCase()}`;
    const text = this.#record.answerAt(question, this.time);
    if (text !== undefined) return readAnswer<T>(text);
    if (this.#now) return ask(this.#now);
    this.missing.push(question);
    return { kind: 'unknown', why: NOT_RECORDED };
  }
}
