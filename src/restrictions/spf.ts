/**
 * reject_spf_fail, reject_spf_softfail: may this client send for the domain of MAIL FROM (HELO's for the null sender)?
 * RFC 7208 8, RFC 7372 3.2. Own networks and users who logged in are not asked. What the DNS cannot say now defers
 * what would be accepted. The sentence of the domain (`exp=`) is told, made harmless.
 */

import { dunno } from '../mail/verdict.ts';
import type { CheckedSpf } from '../sender-auth/mail-spf.ts';
import { receivedSpf } from '../sender-auth/received-spf.ts';
import type { SpfResult } from '../sender-auth/spf.ts';
import { rejectedText } from './access-result.ts';
import { looked, type Question } from './question.ts';
import { type Answer, type Judge, postpone, reject } from './restriction.ts';
import type { Sources } from './sources.ts';
import { heloSubject, senderSubject } from './subjects.ts';

const FIELD = 'Received-SPF';

/** `refused`: the results that are not accepted. */
export function rejectSpf(refused: readonly SpfResult['result'][], sources: Sources): Judge {
  return judgeBySpf(refused, sources.spfField === 'here', sources);
}

/** What the SPF scripts for policy services do: refuse failures, tell of all other results in Received-SPF. */
export function actAsSpfScript(sources: Sources): Judge {
  return judgeBySpf(['fail'], sources.spfField !== 'later', sources);
}

function judgeBySpf(refused: readonly SpfResult['result'][], tells: boolean, sources: Sources): Judge {
  return async (q) => {
    if (!q.sender || (await isOurs(q, sources))) return dunno;
    const checked = await sources.spf.of(q.session, q.sender, q.envelope);
    if (!checked) return dunno;
    looked(q, `SPF of ${checked.result.domain}`, describe(checked));
    const { result } = checked.result;
    if (result === 'temperror') return later(checked, q);
    if (refused.includes(result) && !checked.forgiven) return refuse(checked, q);
    return tells && !hasField(q) ? tell(checked) : dunno;
  };
}

/** Once for each mail, whatever the number of its recipients. */
function hasField({ envelope }: Question): boolean {
  return envelope?.orders.prepend.some((line) => line.startsWith(`${FIELD}:`)) ?? false;
}

function tell({ result, question }: CheckedSpf): Answer {
  return { kind: 'note', note: { kind: 'prepend', header: `${FIELD}: ${receivedSpf(result, question)}` } };
}

async function isOurs({ session }: Question, { mynetworks }: Sources): Promise<boolean> {
  if (session.sasl) return true;
  return session.forwarded ? session.forwarded.domain === 'local' : mynetworks.has(session.client);
}

function describe({ result: { result, mechanism, problem, guessed }, forgiven }: CheckedSpf): string {
  const why = mechanism ?? problem;
  const notes = [why, guessed ? 'our guess' : '', forgiven ? 'forgiven: a trusted forwarder' : ''];
  const told = notes.filter((note) => note).join(', ');
  return told === '' ? result : `${result} (${told})`;
}

function refuse({ result, question }: CheckedSpf, q: Question): Answer {
  const { explanation, domain } = result;
  const said = explanation ? `; ${domain} explains: ${explanation}` : '';
  const text = `SPF ${result.result}: ${question.address} may not send mail for ${domain}${said}`;
  return reject(550, '5.7.23', rejectedText(subjectOf(result, q), text));
}

function later({ result }: CheckedSpf, q: Question): Answer {
  const why = result.problem ? `: ${result.problem}` : '';
  const text = `SPF record of ${result.domain} cannot be checked now${why}`;
  return postpone('permit', 451, '4.7.24', rejectedText(subjectOf(result, q), text));
}

function subjectOf({ identity }: SpfResult, { sender, helo }: Question) {
  return identity === 'helo' || !sender ? heloSubject(helo ?? '') : senderSubject(sender);
}
