/**
 * A telephone number as the operator lists it: `+7 (495) 123-45-67`, `8-495-1234567`, `044 123 45 67`, `123-45-67`.
 * What counts is the national number without prefixes; ITU-T E.164. Numbers have at least six digits here: shorter ones
 * are found everywhere.
 */

export interface PhoneNumber {
  /** The national number without trunk prefix; without the area code too, when none is written. */
  readonly digits: string;
  /** The country code, where it can be told: `7`, `380`. */
  readonly country: string | undefined;
  /** How many digits are the local number, told by brackets around the area code; 0 when not told. */
  readonly localLength: number;
}

export type ReadPhone =
  | { readonly kind: 'number'; readonly number: PhoneNumber }
  | { readonly kind: 'problem'; readonly problem: string; readonly remedy: string };

export const MIN_DIGITS = 6;
/** ITU-T E.164: 15 digits with the country code. */
const MAX_DIGITS = 15;

/** Reads a number. */
export function readPhone(written: string): ReadPhone {
  const text = written.trim();
  const stray = /[^\d\s()[\]+.\-/_\u2010-\u2015]/u.exec(text);
  if (stray)
    return problem(`"${stray[0]}" is no part of a telephone number`, 'write digits, spaces, - . / and ( )');
  if (/\d.*\+/.test(text)) return problem('a plus sign behind digits', 'write one number a line');
  if (!/\d/.test(text))
    return problem('there are no digits', 'write one number a line, comments begin with #');
  const { digits, country } = nationalNumber(text);
  if (digits.length < MIN_DIGITS)
    return problem(
      `only ${digits.length} digits`,
      `shorter numbers than ${MIN_DIGITS} digits stand in every mail`,
    );
  if (/^0*$/.test(digits)) return problem('only zeros', 'write a telephone number');
  if (digits.length + (country?.length ?? 0) > MAX_DIGITS)
    return problem(`more than ${MAX_DIGITS} digits`, 'write one number a line');
  return { kind: 'number', number: { digits, country, localLength: localLength(text, digits) } };
}

/** How many digits the country code at the beginning has. ITU-T E.164 list of country codes. */
export function countryLength(digits: string): number {
  if (/^[17]/.test(digits)) return 1;
  if (/^(?:20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/.test(digits)) return 2;
  return /^[2-9]/.test(digits) ? 3 : 0;
}

interface National {
  readonly digits: string;
  readonly country: string | undefined;
}

/** How numbers are written without a plus sign; the first that fits. */
const FORMS: readonly { readonly form: RegExp; readonly country?: string }[] = [
  { form: /^80([1-9]\d{8})$/, country: '380' },
  { form: /^[78](\d{10})$/, country: '7' },
  { form: /^1([2-9]\d{9})$/, country: '1' },
  { form: /^(?:3(?:7[0-8]|8[0-9])|99[1-8])\d{8,9}$/ },
  { form: /^0([1-9]\d{7,})$/ },
];

function nationalNumber(text: string): National {
  const digits = text.replace(/\D/g, '');
  const [, abroad] = /^(?:00|011|810)(?=[1-9])(\d{10,})$/.exec(digits) ?? [];
  if (text.startsWith('+') || abroad !== undefined)
    return international((abroad ?? digits).replace(/^0+/, ''), /\(0\)/.test(text));
  for (const { form, country } of FORMS) {
    const match = form.exec(digits);
    if (!match) continue;
    return match[1] === undefined ? international(digits, false) : { digits: match[1], country };
  }
  if (digits.length > 10) return international(digits.replace(/^0+/, ''), /\(0\)/.test(text));
  return { digits, country: undefined };
}

/** `44(0)20 7946 0958` and `39 06 ...`: zeros behind the country code come and go. */
function international(digits: string, hasTrunk: boolean): National {
  const length = countryLength(digits);
  const national = digits.slice(length);
  const bare = hasTrunk || national.startsWith('0') ? national.replace(/^0+/, '') : national;
  return { digits: bare, country: digits.slice(0, length) };
}

function localLength(text: string, digits: string): number {
  const behind = /[([]\s*\d{2,6}\s*[)\]](?!.*[)\]])(.*)$/.exec(text)?.[1]?.replace(/\D/g, '').length ?? 0;
  return behind >= MIN_DIGITS && behind < digits.length ? behind : 0;
}

function problem(text: string, remedy: string): ReadPhone {
  return { kind: 'problem', problem: text, remedy };
}
