/** Restrictions about the name the client gives itself. A name in brackets is judged as an address. RFC 5321 4.1.1.1. */
import type { Dns, Answer as DnsAnswer } from '../dns/dns.ts';
import {
  isHostName,
  isNetworkAddress,
  isUnicodeHostName,
  mailHostAddress,
  withoutTrailingDot,
} from '../mail/host-syntax.ts';
import { dunno } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import { looked, type Question } from './question.ts';
import type { ReplyCodes } from './reply-codes.ts';
import { type Answer, type Judge, reject, tempfail } from './restriction.ts';
import { heloSubject } from './subjects.ts';

export function rejectInvalidHelo({ invalid_hostname_reject_code }: ReplyCodes): Judge {
  return ofName(invalid_hostname_reject_code, (name) => {
    const bare = withoutTrailingDot(name);
    if (isHostName(bare) || isNetworkAddress(bare)) return dunno;
    return refuseHelo(name, invalid_hostname_reject_code, 'Invalid name');
  });
}

export function rejectNonFqdnHelo(codes: ReplyCodes): Judge {
  return ofName(codes.invalid_hostname_reject_code, (name, q) => {
    const bare = withoutTrailingDot(name);
    if (isUnicodeHostName(bare, q.envelope?.options.smtputf8 ?? false) && bare.includes('.')) return dunno;
    return refuseHelo(name, codes.non_fqdn_reject_code, 'need fully-qualified hostname');
  });
}

/** The name must have an address or a mail exchanger; a null MX is fine for a name that sends. */
export function rejectUnknownHelo(codes: ReplyCodes, dns: Dns): Judge {
  return ofName(codes.invalid_hostname_reject_code, async (name, q) => {
    const found = await existsAsHost(name, dns);
    looked(q, name, found);
    if (found === 'found') return dunno;
    const text = rejectedText(heloSubject(name), 'Host not found');
    if (found === 'absent') return reject(codes.unknown_hostname_reject_code, '4.7.1', text);
    return tempfail(codes.unknown_helo_hostname_tempfail_action, 450, '4.7.1', text);
  });
}

async function existsAsHost(name: string, dns: Dns): Promise<DnsAnswer<unknown>['kind']> {
  if (name.endsWith('.')) return 'absent'; // Postfix: dns_query asks about host names alone
  let unknown = false;
  for (const ask of [() => dns.a(name), () => dns.aaaa(name), () => dns.mx(name)]) {
    const answer: DnsAnswer<unknown> = await ask();
    if (answer.kind === 'found') return 'found';
    if (answer.kind === 'unknown') unknown = true;
  }
  return unknown ? 'unknown' : 'absent';
}

/** Judges the name; an address literal is only looked at for its syntax. */
function ofName(badNameCode: number, judge: (name: string, q: Question) => ReturnType<Judge>): Judge {
  return (q) => {
    if (q.helo === undefined) return dunno;
    if (!q.helo.startsWith('[')) return judge(q.helo, q);
    const inside = q.helo.endsWith(']') && q.helo.length > 2 ? q.helo.slice(1, -1) : q.helo;
    if (mailHostAddress(inside) !== undefined) return dunno;
    return refuseHelo(q.helo, badNameCode, 'invalid ip address');
  };
}

/** The refusal of a name that is none. */
export function refuseHelo(name: string, code: number, text: string): Answer {
  return reject(code, '5.5.2', rejectedText(heloSubject(name), text));
}
