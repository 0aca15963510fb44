/**
 * DNS lists: reject_rbl_client, reject_rhsbl_*, permit_dnswl_client, permit_rhswl_client.
 * Parameters: rbl_reply_maps, default_rbl_reply, maps_rbl_reject_code. RFC 5782.
 * A block list that does not answer has no opinion; an allow list that does not answer turns a refusal into a deferral;
 * a list that is out of service has no opinion in either case (dns/list-health.ts).
 * All lists of a restriction list are asked at once and judged in order.
 */
import type { ListAnswer, ListZone } from '../dns/dns-lists.ts';
import { addressFront, type DnsList } from '../dns/list-query.ts';
import { Witnesses } from '../dns/list-statistics.ts';
import type { ListKind } from '../dns/list-test.ts';
import type { Address } from '../mail/address.ts';
import { asciiDomain, isHostName } from '../mail/host-syntax.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import { mayPermitByList } from './destination.ts';
import { type Hearing, looked, type Question, subjectClass } from './question.ts';
import { type Answer, type Judge, postpone, reject, ServerError } from './restriction.ts';
import type { Sources } from './sources.ts';
import { fixStatus, splitStatus } from './status-fix.ts';

/** What a list is asked about: the words for replies, and the name to ask for; undefined: nothing to ask. */
export interface Listed {
  readonly class: string;
  readonly kind: ListKind;
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
    kind: 'address',
    what: ({ session }) => session.client.address,
    query: (what) => (what === 'unknown' ? undefined : addressFront(what)),
  },
  clientName: {
    class: subjectClass.client,
    kind: 'name',
    what: ({ session }) => named(session.client.name),
    query: domainQuery,
  },
  reverseClient: {
    class: subjectClass.reverseClient,
    kind: 'name',
    what: ({ session }) => named(session.client.reverseName),
    query: domainQuery,
  },
  helo: { class: subjectClass.helo, kind: 'name', what: ({ helo }) => helo, query: domainQuery },
  sender: {
    class: subjectClass.sender,
    kind: 'name',
    what: ({ sender }) => mailAddress(sender),
    query: domainQuery,
  },
  recipient: {
    class: subjectClass.recipient,
    kind: 'name',
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
  const ask = listAsker(of, list, sources);
  return {
    prepare: (q) => void ask(q),
    async judge(q) {
      const asked = ask(q);
      if (!asked) return dunno;
      const answer = await asked.answer;
      noteAnswer(q, asked.shown, answer);
      if (answer.kind === 'unknown') sources.log.warn(`${asked.shown}: RBL lookup error: ${answer.why}`);
      return answer.kind === 'listed' ? refuseListed(of, list, asked, q, sources) : dunno;
    },
  };
}

export function permitListed(of: Listed, list: DnsList, sources: Sources): ListRestriction {
  const ask = listAsker(of, list, sources);
  return {
    prepare: (q) => void ask(q),
    async judge(q) {
      const asked = ask(q);
      if (!asked || !(await mayPermitByList(q, sources))) return dunno;
      const answer = await asked.answer;
      noteAnswer(q, asked.shown, answer);
      if (answer.kind === 'listed') return permit;
      if (answer.kind !== 'unknown') return dunno;
      const text = rejectedText({ name: asked.what, class: of.class }, 'Service unavailable');
      return postpone('reject', 450, '4.7.1', text);
    },
  };
}

/** A question that is under way, or answered. */
export interface Asked {
  /** As shown in replies. */
  readonly what: string;
  /** The name that is asked for, as it may be shown. */
  readonly shown: string;
  readonly zone: ListZone;
  readonly answer: Promise<ListAnswer>;
  /** What the list says in words, when it has an entry. */
  readonly text: Promise<string>;
}

/** What lists were asked while one command is judged: each question once, and which list was the only one to know. */
interface Inquiry {
  readonly witnesses: Witnesses;
  readonly asked: Map<string, Asked>;
}

const inquiries = new WeakMap<Hearing, Inquiry>();

function inquiryOf({ hearing }: Question): Inquiry {
  const known = inquiries.get(hearing);
  if (known) return known;
  const inquiry = { witnesses: new Witnesses(), asked: new Map<string, Asked>() };
  inquiries.set(hearing, inquiry);
  return inquiry;
}

/** Asks a list, once for each command. */
export function listAsker(of: Listed, list: DnsList, { lists }: Pick<Sources, 'lists'>) {
  const zone = lists.zone(list.zone, of.kind);
  return (q: Question): Asked | undefined => {
    const what = of.what(q);
    const front = what === undefined ? undefined : of.query(what);
    if (what === undefined || front === undefined) return undefined;
    const { witnesses, asked } = inquiryOf(q);
    const key = `${of.kind} ${front} ${list.written}`;
    const known = asked.get(key);
    if (known) return { ...known, what };
    const answer = zone.ask(front, list.pattern, witnesses);
    const text = answer.then(({ kind }) => (kind === 'listed' ? zone.text(front) : ''));
    const fresh = { what, shown: `${front}.${zone.shown}`, zone, answer, text };
    asked.set(key, fresh);
    return fresh;
  };
}

/** Writes an answer into the trace. */
export function noteAnswer(q: Question, shown: string, answer: ListAnswer): void {
  looked(q, shown, answerText(answer));
}

function answerText(answer: ListAnswer): string | undefined {
  switch (answer.kind) {
    case 'listed':
      return answer.addresses.join(' ');
    case 'clear':
      return undefined;
    case 'out of service':
      return `out of service: ${answer.why}`;
    case 'unknown':
      return answer.why;
  }
}

async function refuseListed(
  of: Listed,
  list: DnsList,
  { what, zone, text }: Asked,
  q: Question,
  sources: Sources,
): Promise<Answer> {
  const template = await replyTemplate(list, sources);
  const facts = { what, class: of.class, domain: zone.shown, reason: await text };
  return refusalByTemplate(template, facts, q, sources);
}

export interface ListingFacts {
  readonly what: string;
  readonly class: string;
  readonly domain: string;
  readonly reason: string;
}

/** The refusal that a template makes; undefined: default_rbl_reply. */
export function refusalByTemplate(
  template: string | undefined,
  { what, class: klass, domain, reason }: ListingFacts,
  q: Question,
  sources: Sources,
): Answer {
  const attributes = {
    rbl_code: String(sources.codes.maps_rbl_reject_code),
    rbl_domain: domain,
    rbl_reason: reason,
    rbl_txt: reason,
    rbl_what: what,
    rbl_class: klass,
  };
  const text = sources.expandReply(template ?? sources.defaultRblReply, q, attributes);
  const match = /^([45]\d\d) (.*)$/s.exec(text);
  if (!match) {
    sources.log.warn(`rbl response code configuration error: ${text}`);
    return reject(450, '4.7.1', 'Service unavailable');
  }
  const told = splitStatus(match[2] ?? '', '4.7.1');
  return reject(Number(match[1]), fixStatus(told.status, klass), told.text || 'Service unavailable');
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
