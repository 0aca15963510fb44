/**
 * In which charsets a body is read: the declared one; where it is unknown, says nothing or cannot mean the bytes, all
 * that are likely, because no mail program agrees with another about them. Undeclared ASCII is ASCII, undeclared UTF-8 is
 * UTF-8; what else has eight bits is read as Cyrillic twice, as Western, and as Asian where it looks like it.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { charsetNamed, decoderFor } from './charset.ts';

/** So many readings of one body at most. */
const MOST_READINGS = 7;
const REPLACEMENT = '\ufffd';
/** HTML says its own charset within so many bytes. HTML, 13.2.3.2. */
const META_BYTES = 1024;
/** An 8-bit letter needs so many others beside it before Western text is taken for something else. */
const FOREIGN_RUN = /[\x80-\xff]{4}/;

export interface Declared {
  /** Of Content-Type; empty: none. */
  readonly label: string;
  readonly isHtml: boolean;
}

/** The charsets to read a body in that begins with this sample; at least one. */
export function readingsOf({ label, isHtml }: Declared, sample: Buffer): string[] {
  const marked = markedCharset(sample);
  if (marked) return [marked];
  const named = charsetNamed(label) ?? (isHtml ? charsetInHtml(sample) : undefined);
  if (named === 'utf-16') return [zerosFirst(sample) ? 'utf-16be' : 'utf-16le'];
  if (isAscii(sample)) return [named === undefined || named === 'us-ascii' ? sevenBit(sample) : named];
  if (named !== undefined && named !== 'us-ascii' && !isDoubtful(named, sample)) return [named];
  return likelyReadings(named, sample);
}

/** What bytes above 127 can be whose charset is not known, or not true. */
export function likelyReadings(declared: string | undefined, sample: Buffer): string[] {
  if (isUtf8(withoutCutCharacter(sample))) return ['utf-8'];
  const western =
    declared === undefined || declared === 'us-ascii' || declared === 'utf-8' ? 'windows-1252' : declared;
  const readings = new Set([
    'windows-1251',
    'koi8-r',
    western,
    rareCyrillic(sample),
    ...asianReadings(sample),
  ]);
  return [...readings].filter((charset) => charset !== undefined).slice(0, MOST_READINGS);
}

/** Whether the charset has no meaning for some of the bytes. */
export function isBroken(text: string): boolean {
  return text.includes(REPLACEMENT);
}

/** Byte order marks. */
function markedCharset(sample: Buffer): string | undefined {
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) return 'utf-8';
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  return sample[0] === 0xfe && sample[1] === 0xff ? 'utf-16be' : undefined;
}

function charsetInHtml(sample: Buffer): string | undefined {
  const label = /<meta[^>]{0,200}charset\s*=\s*["']?([^\s"'>;/]{1,40})/i.exec(
    sample.toString('latin1', 0, META_BYTES),
  )?.[1];
  const named = label === undefined ? undefined : charsetNamed(label);
  return named?.startsWith('utf-16') ? undefined : named;
}

/** ISO-2022-JP comes undeclared, too. */
function sevenBit(sample: Buffer): string {
  return /\x1b(?:\$[@B]|\([BJ])/.test(sample.toString('latin1')) ? 'iso-2022-jp' : 'us-ascii';
}

/** RFC 2781 4.3: without a mark it is big-endian, unless the bytes tell otherwise. */
function zerosFirst(sample: Buffer): boolean {
  let balance = 0;
  for (let at = 0; at + 1 < sample.length; at += 2) {
    if (sample[at] === 0) balance += 1;
    if (sample[at + 1] === 0) balance -= 1;
  }
  return balance >= 0;
}

/** The declared charset cannot mean the bytes, or would make words of accents only. */
function isDoubtful(charset: string, sample: Buffer): boolean {
  if (charset === 'utf-8') return !isUtf8(withoutCutCharacter(sample));
  if (charset === 'windows-1252' || charset === 'iso-8859-15')
    return FOREIGN_RUN.test(sample.toString('latin1'));
  return isBroken(decoderFor(charset).decode(sample, { stream: true }));
}

/** The sample may end in the middle of a character. RFC 3629. */
function withoutCutCharacter(sample: Buffer): Buffer {
  let at = sample.length;
  while (at > 0 && sample.length - at < 3 && ((sample[at - 1] as number) & 0xc0) === 0x80) at -= 1;
  const lead = sample[at - 1] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return sample.length - at + 1 < length ? sample.subarray(0, at - 1) : sample;
}

const CYRILLIC = ['ibm866', 'iso-8859-5', 'x-mac-cyrillic'];

/** A charset of yesterday, where it makes more of a Cyrillic text than today's two, or of bytes these hardly use. */
function rareCyrillic(sample: Buffer): string | undefined {
  const usual = Math.max(cyrillicScore('windows-1251', sample), cyrillicScore('koi8-r', sample));
  const [best] = CYRILLIC.map((charset) => ({ charset, score: cyrillicScore(charset, sample) })).sort(
    (a, b) => b.score - a.score,
  );
  if (best && best.score > usual && best.score > eightBitCount(sample) / 2) return best.charset;
  return usual <= 0 && sample.some((byte) => byte >= 0x80 && byte < 0xb0) ? 'ibm866' : undefined;
}

/** Words in small letters speak for a charset, capitals behind small letters against it. */
function cyrillicScore(charset: string, sample: Buffer): number {
  const text = decoderFor(charset).decode(sample, { stream: true });
  const words = text.match(/[а-яё]{3,}/g)?.join('').length ?? 0;
  return words - 3 * (text.match(/[а-яё][А-ЯЁ]|[а-яА-Я][\u2500-\u25ff\u00a0-\u00bf]/g)?.length ?? 0);
}

interface Asian {
  readonly charset: string;
  /** The letters that texts in it are mostly made of. */
  readonly letters: RegExp;
}

const KANA = /[\u3040-\u30ff]/g;
const HANGUL = /[\uac00-\ud7a3]/g;
const HAN = /[\u4e00-\u9fff]/g;
/** In this order: nearly every pair of bytes is Chinese. */
const ASIAN: readonly Asian[] = [
  { charset: 'shift_jis', letters: KANA },
  { charset: 'euc-jp', letters: KANA },
  { charset: 'euc-kr', letters: HANGUL },
  { charset: 'big5', letters: HAN },
  { charset: 'gb18030', letters: HAN },
];
const MOST_ASIAN = 3;

/** Charsets of two bytes that mean all of it, when most of it has eight bits. */
function asianReadings(sample: Buffer): string[] {
  const eightBit = eightBitCount(sample);
  if (eightBit < sample.length / 3) return [];
  return ASIAN.filter(({ charset, letters }) => {
    const text = decoderFor(charset).decode(sample, { stream: true });
    return !isBroken(text) && (text.match(letters)?.length ?? 0) > eightBit / 6;
  })
    .map(({ charset }) => charset)
    .slice(0, MOST_ASIAN);
}

function eightBitCount(sample: Buffer): number {
  return sample.reduce((count, byte) => count + (byte >> 7), 0);
}
