/**
 * reject_dnsbl_score N: the lists of postscreen_dnsbl_sites, added up with their weights, reach N.
 * Parameters: postscreen_dnsbl_sites, postscreen_dnsbl_timeout, postscreen_dnsbl_reply_map, default_rbl_reply, maps_rbl_reject_code.
 * The reply names the list with the most weight. Lists that do not answer add nothing.
 */
import { addressFront } from '../dns/list-query.ts';
import { type Score, shownName } from '../dns/list-score.ts';
import { isNetworkAddress } from '../mail/host-syntax.ts';
import { dunno } from '../mail/verdict.ts';
import { noteAnswer, refusalByTemplate } from './dns-lists.ts';
import { type Hearing, looked, type Question, subjectClass } from './question.ts';
import { ServerError } from './restriction.ts';
import type { Sources } from './sources.ts';

export function rejectDnsblScore(threshold: number, sources: Sources) {
  const asked = new WeakMap<Hearing, Promise<Score>>();
  const ask = (q: Question): Promise<Score> | undefined => {
    const { address } = q.session.client;
    if (!isNetworkAddress(address) || sources.dnsblScore.isEmpty) return undefined;
    const known = asked.get(q.hearing);
    if (known) return known;
    const score = sources.dnsblScore.of(address);
    asked.set(q.hearing, score);
    return score;
  };
  return {
    prepare: (q: Question) => void ask(q),
    async judge(q: Question) {
      const found = await ask(q);
      if (!found) return dunno;
      for (const { shown, answer, weight } of found.answers) {
        noteAnswer(q, weight === 0 ? shown : `${shown} (${weight})`, answer);
      }
      looked(q, 'DNSBL rank', String(found.score));
      if (found.score < threshold || !found.top) return dunno;
      const facts = {
        what: q.session.client.address,
        class: subjectClass.client,
        domain: await nameToTell(found, sources),
        reason: await found.top.text(addressFront(q.session.client.address)),
      };
      return refusalByTemplate(undefined, facts, q, sources);
    },
  };
}

/** The name of the list for the client's eyes. */
async function nameToTell(score: Score, { dnsblReplyMap }: Sources): Promise<string> {
  try {
    return await shownName(score, dnsblReplyMap);
  } catch (error) {
    throw new ServerError('postscreen_dnsbl_reply_map cannot be read', { cause: error });
  }
}
