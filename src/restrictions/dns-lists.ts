/**
 * DNS lists: reject_rbl_client, reject_rhsbl_*, permit_dnswl_client, permit_rhswl_client.
 * Parameters: rbl_reply_maps, default_rbl_reply, maps_rbl_reject_code. RFC 5782.
 * A block list that does not answer has no opinion; an allow list that does not answer turns a refusal into a deferral.
 * All lists of a restriction list are asked at once and judged in order.
 */
import { addressQuery, askList, type DnsList, type ListAnswer } from '../dns/list-query.ts';
import type { Address } from '../mail/address.ts';
import { asciiDomain, isHostName } from '../mail/host-syntax.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import { mayPermitByList } from './destination.ts';
import { looked, type Question, subjectClass } from './question.ts';
import { type Answer, type Judge, postpone, reject, ServerError } from './restriction.ts';
import type { Sources } from './sources.ts';
import { fixStatus, splitStatus } from './status-fix.ts';

/** What a list is asked about: the words for replies, and the name to ask for; undefined: nothing to ask. */
interface Listed {
  readonly class: string;
  /** As shown in replies. */
  what(q: Question): string | undefined;
  /** The part of the query in front of the zone. */
  query(what: string): string | undefined;
}

const domainQuery = (what: string) => listableDomain(what.slice(what.lastIndexOf('@') + 1));
const named = (name: string) => (name === 'unknown' ? undefined : name);
const mailAddress = (address: Address | undefined) => address?.text || undefined;

/** What each restriction asks about. */
export const LISTED = {
  client: {
    class: subjectClass.client,
    what: ({ session }) => session.client.address,
    query: (what) => (what === 'unknown' ? undefined : addressQuery(what, '').slice(0, -1)),
  },
  clientName: {
    class: subjectClass.client,
    what: ({ session }) => named(session.client.name),
    query: domainQuery,
  },
  reverseClient: {
    class: subjectClass.reverseClient,
    what: ({ session }) => named(session.client.reverseName),
    query: domainQuery,
  },
  helo: { class: subjectClass.helo, what: ({ helo }) => helo, query: domainQuery },
  sender: { class: subjectClass.sender, what: ({ sender }) => mailAddress(sender), query: domainQuery },
  recipient: {
    class: subjectClass.recipient,
    what: ({ recipient }) => mailAddress(recipient),
    query: domainQuery,
  },
} satisfies Record<string, Listed>;

/** Some lists answer nonsense to names that end in a number. `Postfix: find_dnsxl_domain`. */
function listableDomain(domain: string): string | undefined {
  if (domain === '' || domain.startsWith('[') || /(?:^|\.)\d+$/.test(domain)) return undefined;
  const ascii = asciiDomain(domain);
  return ascii !== undefined && isHostName(ascii) ? ascii : undefined;
}

export interface ListRestriction {
  readonly judge: Judge;
  readonly prepare: (q: Question) => void;
}

export function rejectListed(of: Listed, list: DnsList, sources: Sources): ListRestriction {
  const ask = asker(of, list, sources);
  return {
    prepare: (q) => void ask(q)?.answer,
    async judge(q) {
      const asked = ask(q);
      if (!asked) return dunno;
      const answer = await asked.answer;
      note(q, asked.query, answer);
      if (answer.kind === 'unknown') sources.log.warn(`${asked.query}: RBL lookup error: ${answer.why}`);
      return answer.kind === 'listed' ? refusal(of, list, asked.what, answer.text, q, sources) : dunno;
    },
  };
}

export function permitListed(of: Listed, list: DnsList, sources: Sources): ListRestriction {
  const ask = asker(of, list, sources);
  return {
    prepare: (q) => void ask(q)?.answer,
    async judge(q) {
      const asked = ask(q);
      if (!asked || !(await mayPermitByList(q, sources))) return dunno;
      const answer = await asked.answer;
      note(q, asked.query, answer);
      if (answer.kind === 'listed') return permit;
      if (answer.kind === 'clear') return dunno;
      const text = rejectedText({ name: asked.what, class: of.class }, 'Service unavailable');
      return postpone('reject', 450, '4.7.1', text);
    },
  };
}

function asker(of: Listed, list: DnsList, { dns }: Sources) {
  return (q: Question) => {
    const what = of.what(q);
    const front = what === undefined ? undefined : of.query(what);
    if (what === undefined || front === undefined) return undefined;
    const query = `${front}.${list.zone}`;
    return { what, query, answer: askList(query, list, dns) };
  };
}

function note(q: Question, query: string, answer: ListAnswer): void {
  looked(
    q,
    query,
    answer.kind === 'listed' ? answer.addresses.join(' ') : answer.kind === 'clear' ? undefined : answer.why,
  );
}

async function refusal(
  of: Listed,
  list: DnsList,
  what: string,
  reason: string,
  q: Question,
  sources: Sources,
): Promise<Answer> {
  const template = await replyTemplate(list, sources);
  const attributes = {
    rbl_code: String(sources.codes.maps_rbl_reject_code),
    rbl_domain: list.zone,
    rbl_reason: reason,
    rbl_txt: reason,
    rbl_what: what,
    rbl_class: of.class,
  };
  const text = sources.expandReply(template ?? sources.defaultRblReply, q, attributes);
  const match = /^([45]\d\d) (.*)$/s.exec(text);
  if (!match) {
    sources.log.warn(`rbl response code configuration error: ${text}`);
    return reject(450, '4.7.1', 'Service unavailable');
  }
  const told = splitStatus(match[2] ?? '', '4.7.1');
  return reject(Number(match[1]), fixStatus(told.status, of.class), told.text || 'Service unavailable');
}

/** The reply for a list, with its pattern or without. */
async function replyTemplate(list: DnsList, { rblReplyMaps }: Sources): Promise<string | undefined> {
  if (!rblReplyMaps) return undefined;
  try {
    return (await rblReplyMaps.find(list.written)) ?? (await rblReplyMaps.find(list.zone));
  } catch (error) {
    throw new ServerError('rbl_reply_maps cannot be read', { cause: error });
  }
}
