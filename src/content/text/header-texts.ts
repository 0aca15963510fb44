/**
 * What a reader sees of the header of a message or part: subject, names of people, whatever else comes in encoded words,
 * and the names of files. Values only, without the field's name. RFC 2047, RFC 2231, RFC 5322.
 * Text that is not what its charset says, or has eight bits without one, is read in all charsets that are likely.
 */
import { isAscii } from 'node:buffer';
import { namesInFields } from '../attachment-parameters.ts';
import { decodeEncodedWords } from '../encoded-words.ts';
import type { Field } from '../part.ts';
import { charsetNamed, decoderFor } from './charset.ts';
import { likelyReadings, readingsOf } from './readings.ts';

export interface HeaderText {
  /** `Subject`, `file name`. */
  readonly name: string;
  readonly text: string;
}

/** These are shown to everybody; others count where they have encoded words. */
const SHOWN = new Set([
  'subject',
  'from',
  'sender',
  'reply-to',
  'comments',
  'keywords',
  'organization',
  'thread-topic',
  'content-description',
]);
/** Their parameters are read by namesInFields(). */
const PARAMETERS = new Set(['content-type', 'content-disposition']);
const LONGEST_FIELD = 65_536;
const MOST_TEXTS = 200;
const MOST_READINGS = 3;

/** All texts, each once. */
export function headerTexts(fields: readonly Field[]): HeaderText[] {
  const texts: HeaderText[] = [];
  for (const { name, value } of fields) {
    if (texts.length >= MOST_TEXTS) break;
    if (PARAMETERS.has(name) || !(SHOWN.has(name) || value.includes('=?'))) continue;
    texts.push(...decodedTexts(value).map((text) => ({ name: fieldName(name), text })));
  }
  for (const name of namesInFields(fields).slice(0, MOST_TEXTS)) {
    const stem = name.replace(/\.\w{1,5}$/, '');
    texts.push(...new Set([name, stem]).values().map((text) => ({ name: 'file name', text })));
  }
  return texts;
}

/** The text of a field in every likely reading. */
function decodedTexts(value: Buffer): string[] {
  const bytes = value.subarray(0, LONGEST_FIELD);
  const readings = isAscii(bytes)
    ? ['us-ascii']
    : readingsOf({ label: '', isHtml: false }, bytes).slice(0, MOST_READINGS);
  const texts = readings.flatMap((charset) => wordTexts(unfolded(decode(bytes, charset))));
  return [...new Set(texts)].filter((text) => text.trim() !== '');
}

function unfolded(text: string): string {
  return text.replace(/\r?\n(?=[ \t])/g, '').replace(/[\r\n]+/g, ' ');
}

/** With its encoded words in the first reading of each, then in the second ... */
function wordTexts(text: string): string[] {
  const texts: string[] = [];
  for (let n = 0, most = 1; n < Math.min(most, MOST_READINGS); n++) {
    texts.push(
      decodeEncodedWords(text, (bytes, label) => {
        const readings = wordReadings(bytes, label);
        most = Math.max(most, readings.length);
        return decode(bytes, readings[n] ?? readings[0] ?? 'utf-8');
      }),
    );
  }
  return texts;
}

function wordReadings(bytes: Buffer, label: string): readonly string[] {
  const named = charsetNamed(label);
  if (named === undefined) return isAscii(bytes) ? ['us-ascii'] : likelyReadings(undefined, bytes);
  return isAscii(bytes) ? [named] : readingsOf({ label, isHtml: false }, bytes);
}

function decode(bytes: Buffer, charset: string): string {
  return decoderFor(charset).decode(bytes, { stream: false });
}

/** `reply-to` as it is usually written. */
function fieldName(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (letters) => letters.toUpperCase());
}
