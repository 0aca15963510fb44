/**
 * What a rule about content may say, and what then happens: `REJECT text`, `WARN`, `PREPEND X-Seen: yes`.
 * `Postfix: header_checks(5), cleanup_act`. It serves header_checks and its kin, and the findings of text_checks and
 * attachment_checks, where nothing can be taken out of the message or put in the place of something.
 * A text that makes no sense is complained of in the log and leaves the message as it is, as in Postfix.
 */
import { reply } from '../../mail/reply.ts';
import type { Source } from '../../mail/source.ts';
import type { Log } from '../../record/log.ts';
import type { Judgement } from '../judgement.ts';
import { isHeaderText } from '../mime/header-name.ts';
import { logContent } from './content-log.ts';

/** What a rule was found to fit. */
export interface Occasion {
  /** The parameter that names the rule. */
  readonly check: string;
  /** `header` and `body` of header and body checks; for findings what they are about: `text`, `attachment`. */
  readonly context: string;
  /** What the log shows; printable. */
  readonly evidence: string;
  readonly source: Source;
}

/** What becomes of the header or line at hand. */
export type Effect =
  | { readonly kind: 'keep' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'before' | 'instead'; readonly text: string };

interface Act {
  /** What stands behind the word. */
  readonly text: string;
  readonly occasion: Occasion;
  readonly judgement: Judgement;
  readonly log: Log;
  /** Writes a line of the log: `hold: header Subject: x from ...: text`. */
  note(what: string, text: string): void;
}

interface ActionRow {
  readonly word: string;
  /** What it does, for `list actions`. */
  readonly sentence: string;
  /** Only where there is a header or line at hand. */
  readonly inPlace?: true;
  readonly act: (act: Act) => Effect;
}

const KEEP: Effect = { kind: 'keep' };
const DROP: Effect = { kind: 'drop' };

/** THE table of content actions. */
export const contentActions: readonly ActionRow[] = [
  { word: 'REJECT', sentence: 'refuses the mail, with an optional status and text', act: reject },
  { word: 'WARN', sentence: 'writes a warning with the text into the log', act: noting('warning') },
  { word: 'INFO', sentence: 'writes a line with the text into the log', act: noting('info') },
  { word: 'FILTER', sentence: 'sends the mail to this transport:destination', act: filter },
  {
    word: 'PASS',
    sentence: 'skips all further checks of the content',
    act: (act) => {
      act.note('pass', act.text);
      act.judgement.stopChecking();
      return KEEP;
    },
  },
  {
    word: 'DISCARD',
    sentence: 'accepts the mail and throws it away',
    act: (act) => {
      act.note('discard', act.text);
      act.judgement.envelope.orders.discard = reasonOf(act);
      return KEEP;
    },
  },
  {
    word: 'HOLD',
    sentence: 'accepts the mail and keeps it in quarantine',
    act: (act) => {
      const { orders } = act.judgement.envelope;
      if (orders.hold !== undefined) return KEEP;
      act.note('hold', act.text);
      orders.hold = reasonOf(act);
      return KEEP;
    },
  },
  { word: 'PREPEND', sentence: 'puts a header or line in front of the one at hand', act: prepend },
  {
    word: 'REPLACE',
    sentence: 'puts a header or line in the place of the one at hand',
    inPlace: true,
    act: replace,
  },
  {
    word: 'REDIRECT',
    sentence: 'delivers the mail to this address instead of its recipients',
    act: redirect,
  },
  { word: 'BCC', sentence: 'delivers the mail to this address as well', act: bcc },
  {
    word: 'STRIP',
    sentence: 'takes the header or line out, with a line in the log',
    inPlace: true,
    act: (act) => {
      act.note('strip', act.text);
      return DROP;
    },
  },
  { word: 'IGNORE', sentence: 'takes the header or line out', inPlace: true, act: () => DROP },
  { word: 'DUNNO', sentence: 'no opinion: the next header or line is looked at', act: () => KEEP },
  { word: 'OK', sentence: 'the same as DUNNO', act: () => KEEP },
];

const ROWS = new Map(contentActions.map((row) => [row.word, row]));

/** Carries out what a rule says. */
export function actOnContent(value: string, occasion: Occasion, judgement: Judgement, log: Log): Effect {
  const [, word = '', text = ''] = /^([^ \t]*)\s*(.*)$/s.exec(value) ?? [];
  const row = ROWS.get(word.toUpperCase());
  if (!row) {
    log.warn(`unknown command in ${occasion.check} map: ${value}`);
    return KEEP;
  }
  if (row.inPlace && !isInPlace(occasion)) {
    log.warn(`${occasion.check} map: action ${row.word} works with headers and body lines only: ${value}`);
    return KEEP;
  }
  const { check, context, evidence, source } = occasion;
  const verdict = row.word.toLowerCase();
  judgement.tell({ restriction: check, source, looked: [{ key: evidence, answer: value }], verdict });
  const note = (what: string, told: string) => {
    logContent(log, judgement, { what, context, evidence, text: told });
  };
  return row.act({ text, occasion, judgement, log, note });
}

/** `5.7.1 text`, or text alone. `Postfix: dsn_prepend`. */
const STATUS = /^\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)\s*(.*)$/s;

function reject({ text, occasion, judgement, log, note }: Act): Effect {
  const [, said = '5.7.1', words = text || 'message content rejected'] = STATUS.exec(text) ?? [];
  if (said.startsWith('2')) log.warn(`bad DSN action in ${text} -- need 4.x.x or 5.x.x`);
  const status = said.replace(/^2/, '4');
  note('reject', `${status} ${words}`);
  judgement.refuse(reply(status.startsWith('4') ? 451 : 550, status, words), occasion.check, occasion.source);
  return KEEP;
}

function noting(what: string) {
  return ({ note, text }: Act): Effect => {
    note(what, text);
    return KEEP;
  };
}

function filter({ text, occasion, judgement, log, note }: Act): Effect {
  if (text === '') log.warn(`missing FILTER command argument in ${occasion.check} map`);
  else if (!text.includes(':')) {
    log.warn(`bad FILTER command ${text} in ${occasion.check} -- need transport:destination`);
  } else {
    judgement.envelope.orders.filter = text;
    note('filter', text);
  }
  return KEEP;
}

function prepend({ text, occasion, judgement, log, note }: Act): Effect {
  const { check, context } = occasion;
  if (text === '') log.warn(`PREPEND action without text in ${check} map`);
  else if (context !== 'body' && !isHeaderText(text)) {
    log.warn(`bad PREPEND header text "${text}" in ${check} map -- need "headername: headervalue"`);
  } else {
    note('prepend', text);
    if (isInPlace(occasion)) return { kind: 'before', text };
    judgement.envelope.orders.prepend.push(text);
  }
  return KEEP;
}

function replace({ text, occasion, log, note }: Act): Effect {
  const { check, context } = occasion;
  if (text === '') log.warn(`REPLACE action without text in ${check} map`);
  else if (context === 'header' && !isHeaderText(text)) {
    log.warn(`bad REPLACE header text "${text}" in ${check} map -- need "headername: headervalue"`);
  } else {
    note('replace', text);
    return { kind: 'instead', text };
  }
  return KEEP;
}

function redirect({ text, occasion, judgement, log, note }: Act): Effect {
  if (!text.includes('@')) {
    log.warn(`bad REDIRECT target "${text}" in ${occasion.check} map -- need user@domain`);
    return KEEP;
  }
  judgement.envelope.orders.redirect = text;
  note('redirect', text);
  judgement.stopChecking();
  return KEEP;
}

function bcc({ text, occasion, judgement, log, note }: Act): Effect {
  if (!text.includes('@')) {
    log.warn(`bad BCC address "${text}" in ${occasion.check} map -- need user@domain`);
    return KEEP;
  }
  judgement.envelope.orders.contentBcc.push(text);
  note('bcc', text);
  return KEEP;
}

function isInPlace({ context }: Occasion): boolean {
  return context === 'header' || context === 'body';
}

/** Why, for those who look at the mail later. */
function reasonOf({ occasion, text }: Act): string {
  return `${occasion.context} ${occasion.evidence}${text === '' ? '' : `: ${text}`}`;
}
