/**
 * A stretch of digits as a reader sees it: how it is written, what stands before and behind it. What the rules of
 * phone-rules.ts ask.
 */
import { afterDigits, phoneClasses, spaced, unseen } from './phone-characters.ts';
import type { Stretch } from './phone-runs.ts';

/** How much of the text around it counts, in UTF-16 units. */
const BEFORE = 72;
const BEHIND = 48;

/**
 * `marked`: brackets, a plus sign, or dashes and dots where numbers have them; `spaced`: spaces there; `bare`: digits
 * only; `odd`: anything else.
 */
export type Form = 'marked' | 'spaced' | 'bare' | 'odd';

export interface Sight {
  readonly digits: string;
  readonly trueDigits: number;
  /** As it stands in the text, with the plus sign and bracket in front of it. */
  readonly written: string;
  readonly start: number;
  readonly end: number;
  /** The same in digits, plain spaces and dashes. */
  readonly plain: string;
  readonly form: Form;
  readonly hasPlus: boolean;
  /** A word such as `tel` or `звоните` leads to it. */
  readonly isAnnounced: boolean;
  /** The text on both sides. */
  readonly before: string;
  readonly behind: string;
}

/** What stands around a stretch. */
export function sightOf(text: string, { start, end, digits, trueDigits }: Stretch): Sight {
  const from = start - leadLength(text.slice(Math.max(0, start - 3), start), text.slice(start, end));
  const written = text.slice(from, end);
  const plain = plainForm(written);
  const before = text.slice(Math.max(0, from - BEFORE), from);
  return {
    ...{ digits, trueDigits, written, start: from, end, plain, before },
    form: formOf(plain),
    hasPlus: written.startsWith('+'),
    isAnnounced: ANNOUNCED.test(before),
    behind: text.slice(end, end + BEHIND),
  };
}

/** How much in front of the digits belongs to them: a plus sign, a bracket that is closed inside. */
function leadLength(before: string, digits: string): number {
  const isClosed = /^[^([]*[)\]]/.test(digits);
  return /(?:\+\s?)?[([]?$/.exec(isClosed ? before : before.replace(/[([]$/, ''))?.[0].length ?? 0;
}

/** Digits for letters, one kind of space, dashes without spaces around them. */
function plainForm(written: string): string {
  const classes = phoneClasses();
  let plain = '';
  for (let at = 0; at < written.length; at++) {
    const unitClass = classes[written.charCodeAt(at)] as number;
    if (unitClass < afterDigits) plain += String(unitClass & 15);
    else if (unitClass === spaced) plain += ' ';
    else if (unitClass !== unseen) plain += plainJoint(written.charAt(at));
  }
  return plain
    .replace(/\s*-[-\s]*/g, '-')
    .replace(/\s*\.\s*/g, '.')
    .replace(/\s+/g, ' ');
}

function plainJoint(char: string): string {
  if ('().+/'.includes(char)) return char;
  if (char === '[') return '(';
  if (char === ']') return ')';
  return '-';
}

/** How the last digits of numbers are grouped; between the groups is the same sign each time. */
const TAILS = ['3 2 2', '2 2 3', '2 3 2', '3 4', '4 4', '3 3', '2 2 2', '2 2 2 2'];
const MARKED_TAIL = tails(['-', '\\.']);
const SPACED_TAIL = tails([' ']);

function tails(joints: readonly string[]): RegExp {
  const all = joints.flatMap((joint) =>
    TAILS.map((tail) => tail.replace(/\d/g, '\\d{$&}').replaceAll(' ', joint)),
  );
  return new RegExp(`(?:^|[^\\d])(?:${all.join('|')})$`);
}

function formOf(plain: string): Form {
  if (/^\d+$/.test(plain)) return 'bare';
  if (plain.startsWith('+') || /\(\d{2,6}\)/.test(plain)) return 'marked';
  if (MARKED_TAIL.test(plain)) return 'marked';
  return SPACED_TAIL.test(plain) ? 'spaced' : 'odd';
}

const PHONE_WORDS = [
  '[тф][.:]',
  'тел|тлф|телефон\\p{L}*|телефакс\\p{L}*|факс\\p{L}*|моб|мобильн\\p{L}*|сот|сотов\\p{L}*',
  '(?:по|до|пере|со)?звон\\p{L}*|контакт\\p{L}*|справк\\p{L}*|запис\\p{L}*|смс',
  'tel|tlf|tfn|ph|phone\\p{L}*|telephone\\p{L}*|telefon\\p{L}*|tel[eé]fono\\p{L}*|t[eé]l[eé]phone|tél|telefax|fax',
  'call\\p{L}*|dial|ring|mob|mobile|m[oó]vil|cel|celular|cell|cellphone|handy|hotline|sms|whatsapp|viber',
  '[\u260e\u260f\u2706\u{1f4de}\u{1f4f1}\u{1f4f2}]\ufe0f?',
].join('|');
/** The word, up to three other words, and numbers that came before this one. */
const ANNOUNCED = new RegExp(
  `(?:^|[^\\p{L}\\p{N}])(?:${PHONE_WORDS})(?:[^\\p{L}\\p{N}]{1,4}\\p{L}{1,12}){0,3}[^\\p{L}\\p{N}]{0,6}` +
    '(?:[+(\\d][\\d\\s().+/-]{5,24}(?:[,;/]|\\s(?:и|или|or|and)\\s)\\s*){0,3}$',
  'iu',
);
