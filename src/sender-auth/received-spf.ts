/** The Received-SPF header field: what SPF said and about whom. RFC 7208 9.1. It goes above our own Received field. */
import { fieldValue, folded, harmless, quotedAddress, quotedValue, withSemicolons } from './field-value.ts';
import type { SpfQuestion, SpfResult } from './spf.ts';
import type { SpfVerdict } from './spf-evaluation.ts';

const SENTENCES: Readonly<Record<SpfVerdict, string>> = {
  none: 'DOMAIN does not say who may send for it',
  neutral: 'ADDRESS is neither permitted nor denied by DOMAIN',
  pass: 'DOMAIN designates ADDRESS as permitted sender',
  fail: 'DOMAIN does not designate ADDRESS as permitted sender',
  softfail: 'DOMAIN does not designate ADDRESS as permitted sender, in transition',
  temperror: 'the record of DOMAIN cannot be had now',
  permerror: 'the record of DOMAIN is wrong',
};

/** The value of the field, folded. */
export function receivedSpf(result: SpfResult, q: SpfQuestion): string {
  const facts: [string, string | undefined][] = [
    ['client-ip', fieldValue(q.address)],
    ['envelope-from', quotedAddress(q.sender.text)],
    ['helo', fieldValue(q.helo)],
    ['identity', result.identity],
    ['mechanism', result.mechanism && fieldValue(result.mechanism)],
    ['problem', result.problem && quotedValue(result.problem)],
    ['receiver', fieldValue(q.receiver)],
  ];
  const pairs = facts.filter(([, value]) => value).map(([name, value]) => `${name}=${value}`);
  return folded([result.result, `(${sentence(result, q)})`, ...withSemicolons(pairs)], 'Received-SPF'.length);
}

function sentence(result: SpfResult, q: SpfQuestion): string {
  const guess = result.guessed ? ' by our guess' : '';
  const text = SENTENCES[result.result]
    .replace('ADDRESS', () => harmless(q.address))
    .replace('DOMAIN', () => harmless(result.domain));
  return `${harmless(q.receiver)}: ${text}${guess}`;
}
