/**
 * What a table row (or a policy service) may say, and what that means: `REJECT text`, `450 4.7.1 text`, `DUNNO`,
 * `PREPEND X-Seen: yes`, the name of a class. `Postfix: access(5), check_table_result`.
 * Each text is read once and kept; a text that makes no sense answers 451 4.3.5 and is complained of in the log.
 */
import type { Source } from '../mail/source.ts';
import { dunno, type Note, permit } from '../mail/verdict.ts';
import type { Log } from '../record/log.ts';
import type { Question, Subject } from './question.ts';
import type { ReplyCodes } from './reply-codes.ts';
import { type Answer, postpone, type RestrictionList, reject, ServerError } from './restriction.ts';
import { fixStatus, splitStatus } from './status-fix.ts';

/** Where a result comes from, for log lines and for the restrictions that it may name. */
export interface Found {
  readonly value: string;
  readonly key: string;
  /** `hash:/etc/postfix/access`, or a policy service. */
  readonly table: string;
  readonly source: Source;
}

type Action = (q: Question, subject: Subject, found: Found) => Answer;

interface Parts {
  /** As written, for log lines. */
  readonly word: string;
  readonly text: string;
}

export interface AccessResultOptions {
  readonly codes: Pick<ReplyCodes, 'access_map_reject_code' | 'access_map_defer_code'>;
  /** Makes restrictions of a row's text. Throws ServerError when they do not exist. */
  compile(text: string, source: Source): RestrictionList;
  readonly log: Log;
}

/** Most different texts kept, and how long they may be: sources that always answer anew do not fill the memory. */
const KEPT_TEXTS = 10_000;
const KEPT_LENGTH = 500;

export class AccessResults {
  readonly #options: AccessResultOptions;
  readonly #known = new Map<string, Action>();

  constructor(options: AccessResultOptions) {
    this.#options = options;
  }

  /** The answer that a row gives about a subject. */
  act(found: Found, subject: Subject, q: Question): Answer {
    const action = this.#known.get(found.value) ?? this.#keep(found.value, this.#read(found.value));
    return action(q, subject, found);
  }

  /** What is wrong with a row. Restrictions that it names are made, and complain for themselves. */
  inspect({ value, source }: Pick<Found, 'value' | 'source'>): string | undefined {
    const parts = partsOf(value);
    if (ACTIONS.has(parts.word.toUpperCase())) return flawOf(parts);
    if (isPermission(value) || REPLY_CODE.test(parts.word)) return undefined;
    if (value.trim() === '') return 'is empty';
    if (value.includes(':')) return 'names a table: name a restriction class instead';
    this.#options.compile(value, source);
    return undefined;
  }

  #keep(value: string, action: Action): Action {
    if (value.length > KEPT_LENGTH) return action;
    if (this.#known.size >= KEPT_TEXTS) this.#known.clear();
    this.#known.set(value, action);
    return action;
  }

  #read(value: string): Action {
    const { word, text } = partsOf(value);
    const named = ACTIONS.get(word.toUpperCase());
    if (named) return named({ word, text }, this.#options);
    if (/^\d+$/.test(value)) return () => permit;
    if (REPLY_CODE.test(word)) return refusal(Number(word), `${word.charAt(0)}.7.1`, text, 'Access denied');
    return (_q, subject, found) => this.#restrictions(found, subject);
  }

  #restrictions(found: Found, subject: Subject): Answer {
    const { log } = this.#options;
    const where = `access table ${found.table}`;
    if (found.value.includes(':')) {
      log.warn(`${where} has entry with lookup table: ${found.value}`);
      throw new ServerError(
        'do not specify lookup tables inside SMTPD access maps; name a restriction class instead',
      );
    }
    if (found.value.trim() === '') {
      log.warn(`${where} entry "${found.key}" has empty value`);
      return permit;
    }
    return { kind: 'ask', list: this.#options.compile(found.value, found.source), subject };
  }
}

const REPLY_CODE = /^[45]\d\d$/;

function partsOf(value: string): Parts {
  const [, word = '', text = ''] = /^([^ \t]*)\s*(.*)$/s.exec(value) ?? [];
  return { word, text };
}

/** Whether a row by itself says yes. */
export function isPermission(value: string): boolean {
  return /^\d+$/.test(value) || /^(?:ok|relay)(?:[ \t]|$)/i.test(value);
}

/** `<name>: class rejected: text`. */
export function rejectedText(subject: Subject, text: string): string {
  return `<${subject.name}>: ${subject.refused ?? `${subject.class} rejected`}: ${text}`;
}

function refusal(code: number, status: string, text: string, otherwise: string): Action {
  const told = splitStatus(text, status);
  return (_q, subject) =>
    reject(code, fixStatus(told.status, subject.class), rejectedText(subject, told.text || otherwise));
}

function deferral(until: 'permit' | 'reject', text: string, code: number): Action {
  const told = splitStatus(text, '4.7.1');
  return (_q, subject) => {
    const status = fixStatus(told.status, subject.class);
    return postpone(until, code, status, rejectedText(subject, told.text || 'Service unavailable'));
  };
}

/** What the text behind an action must look like. */
const FORMS: Readonly<Record<string, { readonly fits: (text: string) => boolean; readonly flaw: string }>> = {
  PREPEND: { fits: (text) => /^[\x21-\x39\x3b-\x7e]+[ \t]*:/.test(text), flaw: 'requires header: text' },
  FILTER: { fits: (text) => text.includes(':'), flaw: 'requires transport:destination' },
  REDIRECT: { fits: (text) => text.includes('@'), flaw: 'requires user@domain target' },
  BCC: { fits: (text) => text.includes('@'), flaw: 'requires user@domain target' },
};

function flawOf({ word, text }: Parts): string | undefined {
  const form = FORMS[word.toUpperCase()];
  return form === undefined || form.fits(text) ? undefined : form.flaw;
}

/** An order about the whole mail: it needs a mail to speak of, and a text of the right form. */
function order(parts: Parts, { log }: AccessResultOptions, make: (subject: Subject) => Answer): Action {
  const { word, text } = parts;
  const complaint = flawOf(parts);
  return (q, subject, found) => {
    const name = word.toUpperCase();
    if (q.stage === 'ETRN') {
      log.warn(`access table ${found.table}: action ${name} is unavailable in smtpd_etrn_restrictions`);
    } else if (q.sender === undefined) {
      log.warn(
        `access table ${found.table}: with smtpd_delay_reject=no, action ${name} is always skipped in Client host or Helo command restrictions`,
      );
    } else if (name === 'PREPEND' && q.stage === 'END-OF-MESSAGE') {
      log.warn(
        `access table ${found.table}: action PREPEND must be used before smtpd_end_of_data_restrictions`,
      );
    } else if (complaint) {
      log.warn(`access table ${found.table} entry "${found.key}" ${complaint}: ${word} ${text}`);
    } else {
      return make(subject);
    }
    return dunno;
  };
}

function note(of: Note): Answer {
  return { kind: 'note', note: of };
}

interface ActionRow {
  readonly word: string;
  /** What it does, for `list actions`. */
  readonly sentence: string;
  readonly read: (parts: Parts, options: AccessResultOptions) => Action;
}

/** THE table of actions. A number, a class or a restriction may stand in their place. */
export const accessActions: readonly ActionRow[] = [
  {
    word: 'OK',
    sentence: 'accepts; the rest of the list is skipped',
    read: () => () => permit,
  },
  {
    word: 'RELAY',
    sentence: 'the same as OK',
    read: () => () => permit,
  },
  {
    word: 'DUNNO',
    sentence: 'no opinion: the next restriction decides',
    read: () => () => dunno,
  },
  {
    word: 'REJECT',
    sentence: 'refuses for good, with an optional status and text',
    read: ({ text }, { codes }) => refusal(codes.access_map_reject_code, '5.7.1', text, 'Access denied'),
  },
  {
    word: 'DEFER',
    sentence: 'refuses for now, with an optional status and text',
    read: ({ text }, { codes }) => refusal(codes.access_map_defer_code, '4.7.1', text, 'Access denied'),
  },
  {
    word: 'DEFER_IF_PERMIT',
    sentence: 'refuses for now if the mail would otherwise be accepted',
    read: ({ text }, { codes }) => deferral('permit', text, codes.access_map_defer_code),
  },
  {
    word: 'DEFER_IF_REJECT',
    sentence: 'refuses for now what would otherwise be refused for good',
    read: ({ text }, { codes }) => deferral('reject', text, codes.access_map_defer_code),
  },
  {
    word: 'WARN',
    sentence: 'writes a warning with the text into the log',
    read:
      ({ text }) =>
      () =>
        note({ kind: 'warn', remark: text }),
  },
  {
    word: 'INFO',
    sentence: 'writes a line with the text into the log',
    read:
      ({ text }) =>
      () =>
        note({ kind: 'info', remark: text }),
  },
  {
    word: 'PREPEND',
    sentence: 'puts a header field on top of the mail',
    read: (parts, options) => order(parts, options, () => note({ kind: 'prepend', header: parts.text })),
  },
  {
    word: 'FILTER',
    sentence: 'sends the mail to this transport:destination',
    read: (parts, options) =>
      order(parts, options, (subject) =>
        note({
          kind: 'filter',
          transport: parts.text,
          remark: remark(subject, `triggers FILTER ${parts.text}`),
        }),
      ),
  },
  {
    word: 'REDIRECT',
    sentence: 'delivers the mail to this address instead of its recipients',
    read: (parts, options) =>
      order(parts, options, (subject) =>
        note({
          kind: 'redirect',
          address: parts.text,
          remark: remark(subject, `triggers REDIRECT ${parts.text}`),
        }),
      ),
  },
  {
    word: 'BCC',
    sentence: 'delivers the mail to this address as well',
    read: (parts, options) =>
      order(parts, options, (subject) =>
        note({ kind: 'bcc', address: parts.text, remark: remark(subject, `triggers BCC ${parts.text}`) }),
      ),
  },
  {
    word: 'HOLD',
    sentence: 'accepts the mail and keeps it in quarantine',
    read: (parts, options) =>
      order(parts, options, (subject) =>
        note({ kind: 'hold', remark: remark(subject, parts.text || 'triggers HOLD action') }),
      ),
  },
  {
    word: 'DISCARD',
    sentence: 'accepts the mail and throws it away',
    read: (parts, options) =>
      order(parts, options, (subject) => ({
        kind: 'discard',
        remark: remark(subject, parts.text || 'triggers DISCARD action'),
      })),
  },
];

const ACTIONS = new Map(accessActions.map((row) => [row.word, row.read]));

function remark(subject: Subject, text: string): string {
  return `<${subject.name}>: ${subject.class} ${text}`;
}
