/**
 * Charsets by the names that mail uses for them. RFC 2978, RFC 2046 4.1.2. What the WHATWG Encoding Standard has is read
 * by TextDecoder; UTF-7 and the charsets that switch with escapes are read here.
 * A name that nobody knows has no decoder: readings.ts says what happens then.
 */
import { EscapedDecoder } from './escaped-charset.ts';
import { Utf7Decoder } from './utf7.ts';

/** Decodes a text in pieces; what the charset cannot mean becomes U+FFFD. */
export interface CharsetDecoder {
  decode(bytes: Uint8Array, how: { readonly stream: boolean }): string;
}

/** The charset as this program calls it; undefined: nobody knows it, or it says nothing (`unknown-8bit`). */
export function charsetNamed(label: string): string | undefined {
  const plain = label
    .replace(/[\s"'<>;]/g, '')
    .slice(0, LONGEST_LABEL)
    .toLowerCase();
  for (const { form, name } of ALIASES) {
    const match = form.exec(plain);
    if (match) return name(match);
  }
  try {
    return new TextDecoder(plain).encoding;
  } catch {
    return undefined;
  }
}

/** A decoder for a name that charsetNamed gave. */
export function decoderFor(charset: string): CharsetDecoder {
  if (charset === 'utf-7') return new Utf7Decoder();
  const escaped = ESCAPED[charset];
  if (escaped) return new EscapedDecoder(escaped.switching, decoderFor(escaped.inner));
  // undeclared ASCII, and anything in it that is not ASCII
  return new TextDecoder(charset === 'us-ascii' ? 'utf-8' : charset);
}

const LONGEST_LABEL = 64;

const ESCAPED: Readonly<Record<string, { switching: 'tilde' | 'shift'; inner: string }>> = {
  'hz-gb-2312': { switching: 'tilde', inner: 'gb18030' },
  'iso-2022-cn': { switching: 'shift', inner: 'gb18030' },
  'iso-2022-kr': { switching: 'shift', inner: 'euc-kr' },
};

interface Alias {
  readonly form: RegExp;
  name(match: RegExpExecArray): string | undefined;
}

const LATIN: Readonly<Record<string, string>> = { 5: '9', 6: '10', 7: '13', 8: '14', 9: '15', 10: '16' };

const ALIASES: readonly Alias[] = [
  always(
    /^(?:|default|unknown.*|x-unknown|x-user-defined|8bit|7bit|binary|none|_auto.*|us-ascii-8bit)$/,
    undefined,
  ),
  always(/^(?:us-?ascii.*|ascii|ansi_x3\.4.*|646|iso-?646-us|iso646-us|cp367)$/, 'us-ascii'),
  always(/^(?:x-)?(?:unicode-[12]-[01]-)?utf-?7(?:-imap)?$/, 'utf-7'),
  always(/^(?:utf[-_]?8.*|unicode-1-1-utf-8|cp65001)$/, 'utf-8'),
  always(/^(?:utf-?16|unicode|ucs-?2|iso-10646-ucs-2)$/, 'utf-16'),
  always(/^(?:cp20866|koi-?8-?r|koi)$/, 'koi8-r'),
  always(/^(?:cp21866|koi-?8-?u)$/, 'koi8-u'),
  always(/^(?:cp-?|dos-?|ibm-?)866$/, 'ibm866'),
  always(/^(?:cp949|ms949|uhc|x-windows-949|ks_c_5601.*)$/, 'euc-kr'),
  always(/^(?:cp932|ms932|windows-31j|x-ms-cp932|sjis|shift-jis)$/, 'shift_jis'),
  always(/^(?:gb_?2312.*|gbk|x-gbk|cp936|ms936|gb-?18030.*|euc-cn|x-euc-cn)$/, 'gb18030'),
  always(/^(?:cp950|ms950|big5.*|x-x-big5)$/, 'big5'),
  always(/^(?:iso-2022-jp.*|cp5022[0-2]|x-iso-2022-jp)$/, 'iso-2022-jp'),
  always(/^(?:hz|hz-gb-?2312)$/, 'hz-gb-2312'),
  always(/^iso-2022-cn.*$/, 'iso-2022-cn'),
  always(/^iso-2022-kr$/, 'iso-2022-kr'),
  {
    form: /^(?:x-)?(?:windows|win|cp|ms|x-cp)[-_]?(125\d|874)$/,
    name: ([, page]) => `windows-${page}`,
  },
  { form: /^latin-?([1-9]|10)$/, name: ([, n = '']) => known(`iso-8859-${LATIN[n] ?? n}`) },
  { form: /^iso[-_ ]?8859[-_ ]?(\d{1,2})(?:[-_:].*)?$/, name: ([, n]) => known(`iso-8859-${n}`) },
];

function always(form: RegExp, name: string | undefined): Alias {
  return { form, name: () => name };
}

function known(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}
