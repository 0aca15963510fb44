/**
 * Whether digits that equal a listed number are that telephone number, or something else that happens to have them: a
 * part of a longer number, a date, an amount, an address, a line of a log. Rows of reasons against it; all must be silent.
 */
import { countryLength, type PhoneNumber } from './phone-number.ts';
import type { Sight } from './phone-sight.ts';

/** How the digits in the text and the listed number belong together. */
export type Kinship =
  | 'whole number'
  | 'local number with an area code'
  | 'local number without its area code';

export type Judgement =
  | { readonly kind: 'match'; readonly kinship: Kinship }
  | { readonly kind: 'other'; readonly reason: string };

/** Judges one sight of one number; undefined when they are different numbers. */
export function judgePhone(sight: Sight, number: PhoneNumber): Judgement | undefined {
  const kinship = kinshipOf(sight, number);
  if (kinship === undefined) return undefined;
  const against = REASONS.find(({ holds }) => holds(sight, kinship, number));
  return against ? { kind: 'other', reason: against.reason } : { kind: 'match', kinship };
}

/** The longest numbers that come without an area code. */
const LOCAL_DIGITS = 8;
const SHORTEST_LOCAL = 7;
/** A country code, an area code, a number. */
const FEWEST_WITH_PLUS = 9;
/** An area code with its number, ITU-T E.164 and a little more. */
const MOST_NATIONAL = 11;

function kinshipOf(sight: Sight, number: PhoneNumber): Kinship | undefined {
  const { digits, hasPlus } = sight;
  if (digits.endsWith(number.digits)) {
    const prefix = digits.slice(0, -number.digits.length);
    const takesArea = number.digits.length <= LOCAL_DIGITS && number.country === undefined;
    if (prefix === '' || (!takesArea && isPrefix(prefix, hasPlus, number))) return 'whole number';
    const longest = MOST_NATIONAL - number.digits.length;
    return takesArea && isAreaPrefix(prefix, hasPlus, longest) ? 'local number with an area code' : undefined;
  }
  if (hasPlus || !number.digits.endsWith(digits)) return undefined;
  const isLocal = digits.length === number.localLength || digits.length >= SHORTEST_LOCAL;
  return isLocal && digits.length <= LOCAL_DIGITS ? 'local number without its area code' : undefined;
}

/** A trunk prefix or a country code, which can stand in front of a national number. */
function isPrefix(prefix: string, hasPlus: boolean, { digits, country }: PhoneNumber): boolean {
  const abroad = hasPlus ? prefix : (/^(?:00|011|810)(.+)$/.exec(prefix)?.[1] ?? '');
  if (abroad !== '') return isCountry(abroad, country) || (abroad === '8' && country === '7');
  if (prefix === '0') return true;
  if (prefix === '8') return country === undefined ? digits.length >= 9 : EIGHT.has(country);
  if (prefix === '80') return country === undefined || EIGHT.has(country);
  return isCountry(prefix, country) && (country !== undefined || digits.length >= 9);
}

/** Where 8 is, or was, what is dialled in front of an area code. */
const EIGHT = new Set([
  '7',
  '370',
  '371',
  '372',
  '373',
  '374',
  '375',
  '380',
  '992',
  '993',
  '994',
  '995',
  '996',
  '998',
]);

/** A country code, with or without the trunk prefix that should not follow it: `44(0)`. */
function isCountry(prefix: string, country: string | undefined): boolean {
  const codes = prefix.endsWith('0') ? [prefix, prefix.slice(0, -1)] : [prefix];
  return codes.some((code) =>
    country === undefined ? code !== '' && countryLength(code) === code.length : code === country,
  );
}

/** An area code, with or without what is dialled in front of it. */
function isAreaPrefix(prefix: string, hasPlus: boolean, longest: number): boolean {
  const area = new RegExp(`^0?[1-9]\\d{0,${longest - 1}}$`);
  if (!hasPlus && area.test(prefix.replace(/^(?:80|[018])(?=..)/, ''))) return true;
  const abroad = hasPlus ? prefix : (/^(?:00|011|810)?([1-9].*)$/.exec(prefix)?.[1] ?? '');
  return abroad !== '' && area.test(abroad.slice(countryLength(abroad)));
}

interface Reason {
  readonly reason: string;
  holds(sight: Sight, kinship: Kinship, number: PhoneNumber): boolean;
}

/** The words of things that have numbers and are no telephones. */
const OTHER_NUMBERS = new RegExp(
  '(?:^|[^\\p{L}])(?:isbn|issn|doi|icq|uin|инн|кпп|огрн|окпо|бик|снилс|[рк]/с|сч[её]т\\p{L}*|договор\\p{L}*|заказ\\p{L}*' +
    '|артикул\\p{L}*|лиценз\\p{L}*|паспорт\\p{L}*|account|acct|a/c|invoice|order|tracking|track|ticket|case|bug|issue|id|uid' +
    '|guid|pid|serial|s/n|part|p/n|sku|ref|reference|patent|zip|box|iban|vat|ein|confirmation|transaction|customer' +
    '|member|card|rev|revision|build|version|ver|v|file|page|message|article|post|job|batch|version)\\.?' +
    '(?:\\s?(?:no|nr|num|number|id|code|is|[#№:])\\.?){0,3}[\\s:.#№=-]{0,3}$',
  'iu',
);
const MONEY_BEFORE =
  /(?:[$€£¥₽₴₹]|(?:^|[^\p{L}])(?:usd|eur|rur|rub|gbp|us|руб|грн|сумм\p{L}*|цен\p{L}*|стоимост\p{L}*|итог\p{L}*|всего|price|total|amount|sum|cost\p{L}*)[\s:.-]{0,3})\s?$/iu;
const UNIT_BEHIND =
  /^\s?(?:[$€£¥₽₴₹%‰°]|(?:руб\p{L}*|р\.|rub|rur|usd|eur|грн|коп|тыс\p{L}*|млн|млрд|тонн\p{L}*|кг|км|шт|кв|байт|[kmgt]i?b|bytes|bits|dollars?|euros?|hits|hours|people|users|miles|million|ms|sec\p{L}*|px)(?!\p{L}))/iu;
const LOG_LIKE =
  /\d\d:\d\d:\d\d|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|HTTP\/\d|(?:GET|POST|HEAD) \/|\d\d\/[A-Z][a-z]{2}\/\d{4}|0x[\da-f]|\[\d+\]|<[^>\s]*@|message-id/i;
const DATES = [
  /^(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|1[0-2])[-./ ]\d\d(?!\d)/,
  /^(?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])[-./]\d\d(?!\d)/,
  /^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:$|\d{4}$|\d{6}$)/,
  /^(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d\d$/,
];
/** With the year in full: these are dates even behind a word such as `tel`. */
const FULL_DATES = [
  /^(?:[0-2]?\d|3[01])[-./ ](?:[0-2]?\d|3[01])[-./ ](?:19|20)\d\d(?!\d)/,
  /^(?:19|20)\d\d[-./ ](?:0?\d|1[0-2])[-./ ](?:[0-2]?\d|3[01])(?!\d)/,
  /^(?:19|20)\d\d[-/ ](?:19|20)\d\d$/,
];
const IP_ADDRESS = /(?:^|[^\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** Fields of a version: `5.50.4134.600`. */
const VERSION = /^\d{1,2}\.\d{1,2}\.\d{3,5}\.\d{1,5}$/;
const THOUSANDS = /(?:^|[^\d.])\d{1,3}(?:\.\d{3})+$/;
const DECIMAL = /^(?:\d+\.\d{1,2}|\d{1,2}\.\d+)$/;
const SPACED_THOUSANDS = /^\d{1,3}(?: \d{3})+$/;

const REASONS: readonly Reason[] = [
  {
    reason: 'too few true digits',
    holds: ({ digits, trueDigits }) =>
      trueDigits < (digits.length <= LOCAL_DIGITS ? 4 : 3) || trueDigits * 4 < digits.length,
  },
  {
    reason: 'part of an address or a name',
    holds: ({ before, behind, isAnnounced }) => {
      const left = /\S*$/.exec(before)?.[0] ?? '';
      if (/(?:tel|callto|sms|phone):(?:\/\/)?$/i.test(left)) return false;
      if (/[@&%\\]|:\/\/|www\.|[?/=#]$/i.test(left) && !(isAnnounced && !left.includes('://'))) return true;
      return /^[^\s(]*[@\\]|^[=%&]|^\.[a-z]|^\/[a-z]/i.test(behind);
    },
  },
  { reason: 'part of a longer number', holds: goesOnLeft },
  { reason: 'part of a longer number', holds: goesOnRight },
  {
    reason: 'part of a word',
    holds: ({ before, behind, form, isAnnounced }, kinship) => {
      if (/[\p{L}_]$/u.test(before) && !isAnnounced) return true;
      if (/[\p{L}\p{N}]-$/u.test(before) && !isAnnounced && !(form === 'marked' && /\p{Ll}-$/u.test(before)))
        return true;
      if (/^[\p{L}_]/u.test(behind)) return !(form === 'marked' && /^\p{L}{3}/u.test(behind));
      return /^-[a-z]/i.test(behind) && (form !== 'marked' || kinship !== 'whole number');
    },
  },
  {
    reason: 'an amount',
    holds: ({ before, behind, form, plain, isAnnounced, hasPlus }) => {
      if (hasPlus || isAnnounced) return false;
      if (THOUSANDS.test(plain) || DECIMAL.test(plain)) return true;
      if (form === 'marked' && !SPACED_THOUSANDS.test(plain)) return /[$€£¥₽₴₹]\s?$/.test(before);
      return MONEY_BEFORE.test(before) || UNIT_BEHIND.test(behind);
    },
  },
  {
    reason: 'another kind of number',
    holds: ({ before, isAnnounced }) =>
      OTHER_NUMBERS.test(before) || (/[#№]\s?$/.test(before) && !isAnnounced),
  },
  {
    reason: 'a date',
    holds: ({ plain, isAnnounced, hasPlus }) =>
      !hasPlus && [...FULL_DATES, ...(isAnnounced ? [] : DATES)].some((date) => date.test(plain)),
  },
  {
    reason: 'a version',
    holds: ({ plain, isAnnounced }) => VERSION.test(plain.replace(/[()]/g, '')) && !isAnnounced,
  },
  {
    reason: 'a network address',
    holds: ({ plain, before, isAnnounced }) =>
      IP_ADDRESS.test(plain.replace(/[()]/g, '')) &&
      (!isAnnounced || /^\(/.test(plain) || /[[(]$/.test(before)),
  },
  {
    reason: 'a line of a log',
    holds: ({ form, before, behind, isAnnounced, hasPlus }) =>
      form !== 'marked' && !isAnnounced && !hasPlus && (LOG_LIKE.test(before) || LOG_LIKE.test(behind)),
  },
  { reason: 'too short to stand without an area code or a word such as tel', holds: isUnsupported },
];

/** A number goes on to the left. */
function goesOnLeft(sight: Sight, kinship: Kinship): boolean {
  const { before, form, digits, hasPlus, isAnnounced } = sight;
  if (hasPlus) return /\p{N}[.-]?$/u.test(before) || digits.length < FEWEST_WITH_PLUS;
  if (/\p{N}[,;/]\s?$/u.test(before) && form === 'marked') return false;
  if (/\p{N}[.,:;'’/\\*_~^|•·-]?$/u.test(before)) return true;
  if (/\+\s?\d{1,3}[\s(.-]{1,3}$/.test(before)) return true;
  if (kinship === 'local number without its area code' && /\p{N}\s?[)\]][\s-]{0,3}$/u.test(before))
    return true;
  if (!/[\p{N}%)]\s?-?\s$/u.test(before)) return false;
  if (form === 'marked')
    return kinship !== 'whole number' && !isAnnounced && !/\d\d[-. ]\d\d\s$/.test(before);
  return !hasAllDigits(sight);
}

/** A number goes on to the right. */
function goesOnRight(sight: Sight, kinship: Kinship): boolean {
  const { behind, form, plain, digits, isAnnounced } = sight;
  if (/^[,;/]\s?\p{N}/u.test(behind) && form === 'marked') return false;
  if (/^[.,:'’/\\*_~^|•·-]?\p{N}/u.test(behind)) return true;
  if (/\d{3}$/.test(plain) && /^\s*[-.]\s*\d{4}(?!\d)/.test(behind)) return true;
  if (!/^\s-?\s?[(+]?\p{N}/u.test(behind)) return false;
  if (digits.length <= LOCAL_DIGITS && /^\s\d{3,5}(?![-.\d])/.test(behind)) return true;
  if (form === 'marked' || /^\s[(+]/.test(behind)) return false;
  return kinship !== 'whole number' || !(isAnnounced || hasAllDigits(sight));
}

/** Groups of a number with its prefix: it ends there, whatever comes. Pairs of digits alone go on and on. */
function hasAllDigits({ form, digits, plain }: Sight): boolean {
  return form === 'spaced' && digits.length >= 11 && /\d{3}/.test(plain);
}

/** Few digits mean a telephone only where they are written as one. */
function isUnsupported(
  { form, plain, digits, isAnnounced, hasPlus }: Sight,
  kinship: Kinship,
  number: PhoneNumber,
): boolean {
  if (isAnnounced || hasPlus) return false;
  if (digits.length < SHORTEST_LOCAL) return true;
  if (kinship === 'whole number' && digits.length > LOCAL_DIGITS) return false;
  if (kinship === 'local number with an area code') {
    if (number.digits.length < SHORTEST_LOCAL) return !plain.includes('(');
    return form !== 'marked' && form !== 'spaced';
  }
  const isShort = number.digits.length <= LOCAL_DIGITS;
  if (/^\d{3}.\d{4}$/.test(plain)) return !(form === 'marked' && isShort);
  return form !== 'marked' && !(form === 'spaced' && !SPACED_THOUSANDS.test(plain));
}
