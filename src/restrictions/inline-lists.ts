/**
 * DNS lists as tables, in the dialect of Kadlecsik's per-user patch of 2003: `check_client_access rbl:inline:NAME` and
 * `check_sender_access rhsbl:inline:NAME`. The parameter NAME holds a zone and, behind it, what a listing means, as in
 * access(5), with `$client_address` and the like. `DUNNO` only notes the answers, for `check_access \$rbl_ip TABLE`.
 * A list that does not answer, or is out of service, has no opinion, and leaves nothing to look up.
 */
import { shownZone } from '../dns/list-key.ts';
import { type DnsList, parseDnsList } from '../dns/list-query.ts';
import { formatSource, type Source } from '../mail/source.ts';
import { dunno } from '../mail/verdict.ts';
import type { Complaint } from '../settings/complaint.ts';
import { LISTED, type ListRestriction, listAsker, noteAnswer } from './dns-lists.ts';
import type { Question, Subject } from './question.ts';
import type { Sources } from './sources.ts';
import {
  clientSubject,
  heloSubject,
  recipientSubject,
  reverseClientSubject,
  senderSubject,
} from './subjects.ts';

interface Use {
  readonly of: keyof typeof LISTED;
  subject(q: Question): Subject | undefined;
}

/** What is asked about in which restriction. */
const USES: Readonly<Record<string, Use>> = {
  'check_client_access rbl': { of: 'client', subject: (q) => clientSubject(q.session) },
  'check_client_access rhsbl': { of: 'clientName', subject: (q) => clientSubject(q.session) },
  'check_reverse_client_hostname_access rhsbl': {
    of: 'reverseClient',
    subject: (q) => reverseClientSubject(q.session),
  },
  'check_helo_access rhsbl': { of: 'helo', subject: ({ helo }) => (helo ? heloSubject(helo) : undefined) },
  'check_sender_access rhsbl': { of: 'sender', subject: ({ sender }) => sender && senderSubject(sender) },
  'check_recipient_access rhsbl': {
    of: 'recipient',
    subject: ({ recipient }) => recipient && recipientSubject(recipient),
  },
};

const FORM = /^(rbl|rhsbl):inline:(\w+)$/;

/** Whether the table of a check_*_access is a DNS list. */
export function isInlineList(spec: string): boolean {
  return /^(?:rbl|rhsbl):/.test(spec);
}

export interface InlineList {
  readonly list: DnsList;
  /** What a listing means. */
  readonly result: string;
  readonly source: Source;
}

/** What stands in the parameter that `rbl:inline:NAME` names; throws a RangeError that says what is wrong. */
export function readInlineList(spec: string, { parameter }: Pick<Sources, 'parameter'>): InlineList {
  const [, , name] = FORM.exec(spec) ?? [];
  if (name === undefined) throw new RangeError(`"${spec}": write rbl:inline:NAME or rhsbl:inline:NAME`);
  const found = parameter(name);
  if (found === undefined) throw new RangeError(`"${spec}": the parameter ${name} is not set`);
  const [, zone, result] = /^(\S+)\s+(\S.*)$/s.exec(found.text.trim()) ?? [];
  if (zone === undefined || result === undefined) {
    throw new RangeError(`"${spec}": ${name} needs a zone and, behind it, a result such as DUNNO`);
  }
  return { list: parseDnsList(zone), result, source: found.source };
}

/** Two parameters that ask one list and say different things: mostly a line that was copied, and not changed in full. */
export class InlineListTwins {
  readonly #known = new Map<string, InlineList & { readonly spec: string }>();

  /** What is odd about a list beside those before it. */
  oddity(spec: string, sources: Pick<Sources, 'parameter'>): Complaint | undefined {
    const own = { spec, ...readInlineList(spec, sources) };
    const key = own.list.written.toLowerCase();
    const known = this.#known.get(key);
    if (!known) this.#known.set(key, own);
    if (!known || known.result === own.result || [known, own].some(({ result }) => /^dunno$/i.test(result)))
      return undefined;
    const [first, second] = known.source.line <= own.source.line ? [known, own] : [own, known];
    const name = (list: typeof own) => list.spec.slice(list.spec.lastIndexOf(':') + 1);
    return {
      source: second.source,
      severity: 'warning',
      problem: `${name(second)} asks ${shownZone(own.list.zone)}, as ${name(first)} does (${formatSource(first.source)}), and says something else`,
      remedy: 'one of the two may be a copy that should name another list',
    };
  }
}

/** `row`: the check_*_access in which it stands. */
export function checkInlineList(row: string, spec: string, sources: Sources): ListRestriction {
  const { list, result, source } = readInlineList(spec, sources);
  const use = USES[`${row} ${spec.slice(0, spec.indexOf(':'))}`];
  if (!use) throw new RangeError(`"${spec}" cannot be asked about what ${row} is about`);
  const ask = listAsker(LISTED[use.of], list, sources);
  return {
    prepare: (q) => void ask(q),
    async judge(q) {
      q.hearing.listAnswers = [];
      const asked = ask(q);
      const subject = use.subject(q);
      if (!asked || !subject) return dunno;
      const answer = await asked.answer;
      noteAnswer(q, asked.shown, answer);
      if (answer.kind === 'unknown') sources.log.warn(`${asked.shown}: RBL lookup error: ${answer.why}`);
      if (answer.kind !== 'listed') return dunno;
      q.hearing.listAnswers = answer.addresses;
      const value = sources.expandReply(result, q, {
        rbl_ip: answer.addresses[0] ?? '',
        rbl_domain: asked.zone.shown,
        rbl_txt: /\$[{(]?rbl_txt/.test(result) ? await asked.text : '',
      });
      return sources.access.act({ value, key: asked.what, table: spec, source }, subject, q);
    },
  };
}
