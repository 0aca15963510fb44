/**
 * check_host() of SPF: what the records of a domain say about an address. RFC 7208 4, 5, 6.
 * Limits: 10 terms that ask the DNS, 10 names of an MX, 2 look-ups that find nothing.
 * A look-up that cannot be answered now is a temperror; broken records and passed limits are a permerror.
 */
import type { Answer, Dns } from '../dns/dns.ts';
import type { Deadline } from './deadline.ts';
import { isAtOrBelow } from './domain-name.ts';
import { addressDigits, sameNetwork } from './ip-network.ts';
import { Kept } from './kept.ts';
import {
  expandDomain,
  expandMacros,
  isExplanation,
  type MacroValues,
  usesValidatedName,
} from './spf-macro.ts';
import {
  type Directive,
  isSpfRecord,
  parseSpfRecord,
  type Qualifier,
  type SpfRecord,
  SpfSyntaxError,
} from './spf-record.ts';
import { ValidatedNames } from './spf-validated-names.ts';

export type SpfVerdict = 'none' | 'neutral' | 'pass' | 'fail' | 'softfail' | 'temperror' | 'permerror';

export interface Evaluation {
  readonly result: SpfVerdict;
  /** The term that decided, as written; undefined: none did. */
  readonly mechanism?: string;
  /** What went wrong, for errors and for `none`. */
  readonly problem?: string;
  /** The domain's own words on a fail. */
  readonly explanation?: string;
}

const MAX_TERMS = 10;
const MAX_NAMES = 10;
const MAX_VOID = 2;
const MAX_EXPLANATION_RECORD = 2048;

const RESULTS: Readonly<Record<Qualifier, SpfVerdict>> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** Reading a record takes longer than evaluating it. */
const keptRecords = new Kept<SpfRecord>(500);

/** Ends the evaluation, however deep in includes. */
class SpfFailure extends Error {
  readonly result: 'temperror' | 'permerror';
  constructor(result: 'temperror' | 'permerror', problem: string) {
    super(problem);
    this.result = result;
  }
}

/** The look-ups and limits of one check; not to be used twice. */
export class SpfEvaluation {
  readonly #values: MacroValues;
  readonly #digits: string;
  readonly #dns: Dns;
  readonly #deadline: Deadline;
  #terms = 0;
  #voids = 0;
  readonly #names: ValidatedNames;

  constructor(values: MacroValues, dns: Dns, deadline: Deadline) {
    this.#values = values;
    this.#digits = addressDigits(values.address) ?? '';
    this.#dns = dns;
    this.#deadline = deadline;
    this.#names = new ValidatedNames(values.address, dns, deadline);
  }

  /** Terms evaluated so far that ask the DNS. */
  get lookups(): number {
    return this.#terms;
  }

  /** Asks for the domain's record and evaluates it. Never rejects. */
  evaluate(domain: string): Promise<Evaluation> {
    return this.#caught(() => this.#checkHost(domain, true));
  }

  /** Evaluates this record as if the domain had published it. Never rejects. */
  evaluateRecord(domain: string, text: string): Promise<Evaluation> {
    return this.#caught(() => this.#checkRecord(domain, text, false));
  }

  async #caught(work: () => Promise<Evaluation>): Promise<Evaluation> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SpfFailure) return { result: error.result, problem: error.message };
      if (error instanceof SpfSyntaxError) return { result: 'permerror', problem: error.message };
      throw error;
    }
  }

  /** `outermost`: not inside an include, so that an explanation may be wanted. */
  async #checkHost(domain: string, outermost: boolean): Promise<Evaluation> {
    const answer = await this.#deadline.within(this.#dns.txt(domain));
    if (answer.kind === 'unknown')
      throw new SpfFailure('temperror', `SPF record of ${domain}: ${answer.why}`);
    const records = answer.kind === 'found' ? answer.records.filter(isSpfRecord) : [];
    if (records.length > 1) throw new SpfFailure('permerror', `${domain} has ${records.length} SPF records`);
    const [record] = records;
    if (record === undefined) return { result: 'none', problem: `${domain} has no SPF record` };
    return this.#checkRecord(domain, record, outermost);
  }

  async #checkRecord(domain: string, text: string, outermost: boolean): Promise<Evaluation> {
    const record = keptRecords.get(text, () => parseSpfRecord(text));
    for (const directive of record.directives) {
      if (!(await this.#matches(directive, domain))) continue;
      const result = RESULTS[directive.qualifier];
      const decided = { result, mechanism: directive.text };
      if (result !== 'fail' || !outermost) return decided;
      const explanation = await this.#explain(record, domain);
      return explanation === undefined ? decided : { ...decided, explanation };
    }
    return record.redirect === undefined
      ? { result: 'neutral' }
      : this.#redirect(record.redirect, domain, outermost);
  }

  async #redirect(spec: string, domain: string, outermost: boolean): Promise<Evaluation> {
    this.#countTerm();
    const target = await this.#target(spec, domain);
    const found = target === undefined ? undefined : await this.#checkHost(target, outermost);
    if (found === undefined || found.result === 'none') {
      throw new SpfFailure('permerror', `redirect=${spec} leads to no SPF record`);
    }
    return found;
  }

  #matches(directive: Directive, domain: string): boolean | Promise<boolean> {
    switch (directive.mechanism) {
      case 'all':
        return true;
      case 'ip4':
        return sameNetwork(this.#digits, directive.network, directive.prefix4);
      case 'ip6':
        return sameNetwork(this.#digits, directive.network, directive.prefix6);
      case 'include':
        return this.#matchesInclude(directive, domain);
      case 'a':
        return this.#matchesA(directive, domain);
      case 'mx':
        return this.#matchesMx(directive, domain);
      case 'ptr':
        return this.#matchesPtr(directive, domain);
      case 'exists':
        return this.#matchesExists(directive, domain);
    }
  }

  async #matchesInclude(directive: Directive, domain: string): Promise<boolean> {
    const target = await this.#counted(directive, domain);
    const found = target === undefined ? undefined : await this.#checkHost(target, false);
    if (found === undefined || found.result === 'none') {
      throw new SpfFailure('permerror', `${directive.text} leads to no SPF record`);
    }
    return found.result === 'pass';
  }

  async #matchesA(directive: Directive, domain: string): Promise<boolean> {
    const target = await this.#counted(directive, domain);
    return target !== undefined && this.#hasAddress(target, directive);
  }

  async #matchesMx(directive: Directive, domain: string): Promise<boolean> {
    const target = await this.#counted(directive, domain);
    if (target === undefined) return false;
    const exchangers = this.#needed(await this.#deadline.within(this.#dns.mx(target)), target);
    if (exchangers.length > MAX_NAMES) {
      throw new SpfFailure(
        'permerror',
        `${directive.text}: ${exchangers.length} mail exchangers, at most ${MAX_NAMES} are allowed`,
      );
    }
    for (const { exchange } of exchangers) {
      if (exchange !== '' && (await this.#hasAddress(exchange, directive))) return true;
    }
    return false;
  }

  async #matchesPtr(directive: Directive, domain: string): Promise<boolean> {
    const target = await this.#counted(directive, domain);
    if (target === undefined) return false;
    return (await this.#names.all()).some((name) => isAtOrBelow(name, target));
  }

  async #matchesExists(directive: Directive, domain: string): Promise<boolean> {
    const target = await this.#counted(directive, domain);
    if (target === undefined) return false;
    return this.#needed(await this.#deadline.within(this.#dns.a(target)), target).length > 0;
  }

  async #hasAddress(name: string, directive: Directive): Promise<boolean> {
    const prefix = this.#isIpv6() ? directive.prefix6 : directive.prefix4;
    const addresses = this.#needed(await this.#addressesOf(name), name);
    return addresses.some((address) => sameNetwork(this.#digits, addressDigits(address) ?? '', prefix));
  }

  #addressesOf(name: string): Promise<Answer<string>> {
    return this.#deadline.within(this.#isIpv6() ? this.#dns.aaaa(name) : this.#dns.a(name));
  }

  #isIpv6(): boolean {
    return this.#digits.length === 32;
  }

  /** The records of an answer; unknown is a temperror, and finding nothing has its limit. RFC 7208 4.6.4 */
  #needed<T>(answer: Answer<T>, name: string): readonly T[] {
    if (answer.kind === 'found') return answer.records;
    if (answer.kind === 'unknown') throw new SpfFailure('temperror', `look-up of ${name}: ${answer.why}`);
    this.#voids += 1;
    if (this.#voids > MAX_VOID)
      throw new SpfFailure('permerror', `more than ${MAX_VOID} look-ups found nothing`);
    return [];
  }

  #countTerm(): void {
    this.#terms += 1;
    if (this.#terms > MAX_TERMS)
      throw new SpfFailure('permerror', `more than ${MAX_TERMS} terms need the DNS`);
  }

  #counted(directive: Directive, domain: string): Promise<string | undefined> {
    this.#countTerm();
    return this.#target(directive.domainSpec, domain);
  }

  /** The name a term speaks of; undefined when the DNS can hold no such name, which matches nothing. RFC 7208 4.8 */
  async #target(spec: string | undefined, domain: string): Promise<string | undefined> {
    if (spec === undefined) return domain;
    const name = usesValidatedName(spec) ? await this.#names.best(domain) : '';
    return expandDomain(spec, this.#values, domain, name);
  }

  /** The text that exp= points to; undefined when anything about it is wrong. RFC 7208 6.2 */
  async #explain(record: SpfRecord, domain: string): Promise<string | undefined> {
    if (record.explanation === undefined) return undefined;
    const target = await this.#target(record.explanation, domain);
    const answer = target === undefined ? undefined : await this.#deadline.within(this.#dns.txt(target));
    if (answer?.kind !== 'found' || answer.records.length !== 1) return undefined;
    const text = answer.records[0] ?? '';
    if (text.length > MAX_EXPLANATION_RECORD || !isExplanation(text)) return undefined;
    const name = usesValidatedName(text) ? await this.#names.best(domain) : '';
    return expandMacros(text, this.#values, domain, name);
  }
}
