/**
 * Watches the questions to the DNS while a mail host is looked for, so that afterwards it can be said in smtp(8)'s words
 * why none was found, and whether that is for good: what is not known now outweighs what does not exist.
 * `Postfix: smtp_addr.c, dns_strerror.c`.
 */
import type { Answer, Dns, MailExchanger } from '../dns/dns.ts';

interface Failure {
  readonly name: string;
  readonly type: 'MX' | 'A' | 'AAAA';
  readonly answer: Exclude<Answer<unknown>, { kind: 'found' }>;
}

export class NameWitness implements Dns {
  readonly #dns: Dns;
  #failure: Failure | undefined;

  constructor(dns: Dns) {
    this.#dns = dns;
  }

  a(name: string): Promise<Answer<string>> {
    return this.#watch(name, 'A', this.#dns.a(name));
  }

  aaaa(name: string): Promise<Answer<string>> {
    return this.#watch(name, 'AAAA', this.#dns.aaaa(name));
  }

  mx(name: string): Promise<Answer<MailExchanger>> {
    return this.#watch(name, 'MX', this.#dns.mx(name));
  }

  ns(name: string): Promise<Answer<string>> {
    return this.#dns.ns(name);
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#dns.txt(name);
  }

  ptr(address: string): Promise<Answer<string>> {
    return this.#dns.ptr(address);
  }

  /** Why there is no host; undefined when it is not the DNS's fault. */
  get testimony(): { readonly text: string; readonly isForGood: boolean } | undefined {
    if (!this.#failure) return undefined;
    const { name, type, answer } = this.#failure;
    const text = `Host or domain name not found. Name service error for name=${name} type=${type}: ${reasonOf(answer)}`;
    return { text, isForGood: answer.kind === 'absent' };
  }

  async #watch<T>(name: string, type: Failure['type'], asked: Promise<Answer<T>>): Promise<Answer<T>> {
    const answer = await asked;
    if (answer.kind !== 'found' && (answer.kind === 'unknown' || this.#failure?.answer.kind !== 'unknown'))
      this.#failure = { name, type, answer };
    return answer;
  }
}

function reasonOf(answer: Failure['answer']): string {
  if (answer.kind === 'unknown') return 'Host not found, try again';
  return answer.why === 'nxdomain' ? 'Host not found' : 'Host found but no data record of requested type';
}
