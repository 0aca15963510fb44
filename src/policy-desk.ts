/**
 * The journey of a mail that another mail server has: it asks for an opinion, command by command, and does with the mail
 * what it likes. The same bench is asked as for SMTP; there are no bytes and no next hop. `Postfix: SMTPD_POLICY_README`.
 * Permission is no opinion: who asks has checks of its own behind us, and a policy service that says OK can make it an
 * open relay. One answer has one action: a refusal before anything else, then the order that weighs most; header fields
 * that found no room are told when the same mail is asked about again.
 */
import type { Address } from './mail/address.ts';
import type { Envelope } from './mail/envelope.ts';
import type { MaybePromise } from './mail/maybe-promise.ts';
import { type Reply, softened } from './mail/reply.ts';
import type { Session } from './mail/session.ts';
import { dunno, type Note, type Reason, type Verdict } from './mail/verdict.ts';
import { newId } from './record/ids.ts';
import type { Journal } from './record/journal.ts';
import type { Log } from './record/log.ts';
import { rejectedText } from './restrictions/access-result.ts';
import type { Bench } from './restrictions/bench.ts';
import type { ListName } from './restrictions/compile.ts';
import { openHearing, questionAbout } from './restrictions/hearing.ts';
import type { Outcome } from './restrictions/judge.ts';
import type { Hearing, Question, Stage, Subject } from './restrictions/question.ts';
import { subjectOf } from './restrictions/subjects.ts';

/** A mail at another server, as far as it has told. */
export interface RemoteMail {
  readonly envelope: Envelope;
  /** How many of the header fields in its orders the server has been told. */
  toldFields: number;
}

export interface PolicyQuestion {
  readonly stage: Stage;
  readonly session: Session;
  /** Undefined before MAIL. */
  readonly mail: RemoteMail | undefined;
  readonly recipient: Address | undefined;
  readonly recipientCount: number;
  readonly etrnDomain: string | undefined;
}

export interface PolicyDeskOptions {
  readonly bench: Bench;
  /** What would be refused for good is refused for now. `soft_bounce` */
  readonly softBounce: boolean;
  readonly journal: Pick<Journal, 'remark' | 'ended'>;
  readonly log: Log;
}

/** Who is asked at a stage, and the list whose subject the other server will name itself. */
interface Stop {
  readonly list: ListName;
  ask(bench: Bench, q: Question): MaybePromise<Outcome>;
}

const ASKED_LATER: Outcome = { kind: 'dunno' };
const recipients: Stop = { list: 'recipient', ask: (bench, q) => bench.recipient(q) };
const hello: Stop = { list: 'helo', ask: (bench, q) => (bench.delaysReject ? ASKED_LATER : bench.helo(q)) };
const data: Stop = { list: 'data', ask: (bench, q) => bench.data(q) };

const STOPS: Readonly<Record<Stage, Stop>> = {
  CONNECT: { list: 'client', ask: (bench, q) => (bench.delaysReject ? ASKED_LATER : bench.client(q)) },
  HELO: hello,
  EHLO: hello,
  MAIL: { list: 'sender', ask: (bench, q) => (bench.delaysReject ? ASKED_LATER : bench.sender(q)) },
  RCPT: recipients,
  VRFY: recipients,
  ETRN: { list: 'etrn', ask: (bench, q) => bench.etrn(q) },
  DATA: data,
  BDAT: data,
  'END-OF-MESSAGE': { list: 'end_of_data', ask: (bench, q) => bench.endOfData(q) },
};

/** Which order is told when there are several. */
const WEIGHT: readonly Note['kind'][] = [
  ...(['discard', 'hold', 'redirect', 'filter', 'bcc'] as const),
  ...(['prepend', 'warn', 'info'] as const),
];
/** Orders that are lost when another one is told; the others have been logged, or can wait. */
const IS_ORDER: ReadonlySet<Note['kind']> = new Set(['hold', 'redirect', 'filter', 'bcc']);

export class PolicyDesk {
  readonly #options: PolicyDeskOptions;

  constructor(options: PolicyDeskOptions) {
    this.#options = options;
  }

  /** What we think of it. Rejects on a bug only: then there must be no answer. */
  async advise(question: PolicyQuestion): Promise<Verdict> {
    const { stage, session, mail, recipient, recipientCount, etrnDomain } = question;
    const envelope = mail?.envelope;
    const opened = openHearing({ session, envelope, journal: this.#options.journal });
    const notes: Note[] = [];
    const hearing: Hearing = {
      ...opened,
      note(note, q) {
        notes.push(note);
        opened.note(note, q);
      },
    };
    const about = questionAbout(session, stage, hearing, envelope);
    const q: Question = { ...about, recipient, recipientCount, etrnDomain };
    const stop = STOPS[stage];
    const outcome = await stop.ask(this.#options.bench, q);
    return this.#refusal(outcome, q, stop) ?? this.#order(notes, q, stop, mail);
  }

  /** What both kinds of postponement agree on is a refusal for now. */
  #refusal(outcome: Outcome, q: Question, stop: Stop): Verdict | undefined {
    const { ifPermit, ifReject } = q.hearing;
    if (outcome.kind === 'reject') return { kind: 'reject', reply: this.#recorded(outcome, q, stop) };
    if (ifPermit) {
      const reply = this.#recorded(ifPermit, q, stop);
      return ifReject ? { kind: 'reject', reply } : { kind: 'postpone', until: 'permit', reply };
    }
    if (!ifReject) return undefined;
    return {
      kind: 'postpone',
      until: 'reject',
      reply: withoutSubject(ifReject.reply, subjectOf(stop.list, q)),
    };
  }

  #recorded({ reply: given, restriction, source }: Reason, q: Question, stop: Stop): Reply {
    const { session, envelope, stage, hearing } = q;
    const reply = this.#options.softBounce ? softened(given) : given;
    const recipient = q.recipient?.text;
    const verdict = reply.code < 500 ? 'defer' : 'reject';
    const about = {
      id: newId(),
      session,
      envelope,
      recipient,
      stage,
      verdict,
      trace: hearing.trace,
    } as const;
    this.#options.journal.ended({ ...about, reply, restriction, rule: source });
    return withoutSubject(reply, subjectOf(stop.list, q));
  }

  #order(notes: readonly Note[], q: Question, stop: Stop, mail: RemoteMail | undefined): Verdict {
    const fields = mail ? nextField(q, mail) : [];
    const orders = [...notes.filter(({ kind }) => kind !== 'prepend'), ...fields].sort(byWeight);
    const [told, ...others] = orders;
    if (!told) return dunno;
    if (mail && told.kind === 'prepend') mail.toldFields += 1;
    for (const lost of others.filter(({ kind }) => IS_ORDER.has(kind))) {
      this.#options.log.warn(`a policy answer has one action: ${told.kind} is told, ${lost.kind} is not`);
    }
    return { kind: 'note', note: withoutSubjectInRemark(told, subjectOf(stop.list, q)) };
  }
}

/** The first header field that has not been told. At the end of the message it is too late for it. */
function nextField({ stage }: Question, { envelope, toldFields }: RemoteMail): Note[] {
  const header = envelope.orders.prepend[toldFields];
  return header === undefined || stage === 'END-OF-MESSAGE' ? [] : [{ kind: 'prepend', header }];
}

function byWeight(a: Note, b: Note): number {
  return WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind);
}

/** The server that asks puts the subject in front of the text itself. */
function withoutSubject(reply: Reply, subject: Subject): Reply {
  const start = rejectedText(subject, '');
  return {
    ...reply,
    lines: reply.lines.map((line) => (line.startsWith(start) ? line.slice(start.length) : line)),
  };
}

function withoutSubjectInRemark(note: Note, { name, class: klass }: Subject): Note {
  if (note.kind === 'prepend') return note;
  const start = `<${name}>: ${klass} `;
  return note.remark.startsWith(start) ? { ...note, remark: note.remark.slice(start.length) } : note;
}
