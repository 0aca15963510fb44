/**
 * The names that the fields of a part give its file: `filename` of Content-Disposition, `name` of Content-Type, and
 * either of them in the other's field. RFC 2183 2.3, RFC 2045 5.1, RFC 2231, RFC 2047.
 * Mail programs differ in what they make of broken fields, so every reading that one of them has is returned: quotes
 * respected and ignored, pieces joined with and without gaps, encodings undone and left alone. Never fails.
 * It does not judge which reading is right; attachment-names.ts says what a file system makes of them.
 */
import { decodeCharset, decodeEncodedWords, percentBytes } from './encoded-words.ts';
import type { Field } from './part.ts';

/** So much of a field is read: names beyond it are not shown by anybody. */
const fieldBytes = 65_536;
/** Of many fields, parameters and names, so many are read from either end: programs take the first or the last. */
const mostFields = 4;
const mostParameters = 250;
const mostNames = 16;
/** Pieces of a name with higher numbers than this are ignored. RFC 2231 3 has no limit. */
const mostPieces = 10_000;

/** In the order programs prefer them. */
const namingFields = ['content-disposition', 'content-type'];
const PARAMETER = /^(?:file)?name(?:\*(\d{1,5}))?(\*)?$/;

/** One parameter: `filename*0*="..."` has the piece 0 and is extended. */
interface Parameter {
  readonly base: string;
  readonly piece: number | undefined;
  readonly extended: boolean;
  /** Its readings, bytes as Latin-1. */
  readonly values: readonly string[];
}

/** All readings of all names, in the order programs prefer them. */
export function namesInFields(fields: readonly Field[]): string[] {
  const names = new Set<string>();
  const telling = namingFields.flatMap((name) => {
    const all = fields.filter((field) => field.name === name);
    return ends(all, mostFields);
  });
  for (const { value } of telling) {
    const text = unfolded(value);
    const charset = /charset\s*=\s*"?([^\s";]{1,64})/i.exec(text)?.[1] ?? '';
    const pieces = [quotedPieces(text), text.split(';')].flatMap((cut) => ends(cut, mostParameters));
    const parameters = pieces.flatMap(parameterOf);
    for (const name of [...joined(parameters), ...single(parameters, charset)]) {
      if (name.trim() !== '') names.add(name);
    }
  }
  return [...names];
}

/** The first and the last of many. */
function ends<T>(all: readonly T[], most: number): readonly T[] {
  return all.length > 2 * most ? [...all.slice(0, most), ...all.slice(-most)] : all;
}

/** Line ends before blanks vanish, others too: they are in nobody's names. RFC 5322 2.2.3. */
function unfolded(value: Buffer): string {
  return value.toString('latin1', 0, fieldBytes).replace(/[\r\n]+/g, '');
}

/** The field cut at semicolons outside of quotes. */
function quotedPieces(text: string): string[] {
  return text.match(/(?:[^";\\]|\\.?|"(?:[^"\\]|\\.)*(?:"|\\?$))+/gs) ?? [];
}

function parameterOf(piece: string): Parameter[] {
  const at = piece.indexOf('=');
  if (at < 0) return [];
  const name = piece
    .slice(0, at)
    .replace(/\([^()]*\)|\s+/g, '')
    .toLowerCase();
  const shape = PARAMETER.exec(name);
  if (!shape) return [];
  const [, number, star] = shape;
  return [
    {
      base: name.startsWith('file') ? 'filename' : 'name',
      piece: number === undefined ? undefined : Number(number),
      extended: star !== undefined,
      values: valuesOf(piece.slice(at + 1)),
    },
  ];
}

/** What is in quotes, with escapes undone and not; what is there without them, whole and up to the first blank. */
function valuesOf(written: string): string[] {
  const text = written.trim();
  const quoted = /^"((?:[^"\\]|\\.)*)/s.exec(text)?.[1];
  if (quoted === undefined) return [text, text.split(/\s/, 1)[0] ?? ''];
  return [quoted.replace(/\\(.)/gs, '$1'), quoted, text.replaceAll('"', '')];
}

/** Names in pieces: up to the first gap, and all pieces there are. RFC 2231 3, 4.1. */
function joined(parameters: readonly Parameter[]): string[] {
  return ['filename', 'name'].flatMap((base) => {
    const pieces = new Map<number, Parameter>();
    for (const parameter of parameters) {
      const { piece } = parameter;
      if (parameter.base === base && piece !== undefined && piece < mostPieces && !pieces.has(piece)) {
        pieces.set(piece, parameter);
      }
    }
    if (pieces.size === 0) return [];
    const all = [...pieces].sort(([a], [b]) => a - b).map(([, parameter]) => parameter);
    const gap = all.findIndex(({ piece }, index) => piece !== index);
    return gap <= 0 ? [together(all)] : [together(all.slice(0, gap)), together(all)];
  });
}

/** The first extended piece names the charset for all. */
function together(pieces: readonly Parameter[]): string {
  let charset: string | undefined;
  const bytes = pieces.map(({ extended, values: [value = ''] }) => {
    if (!extended) return Buffer.from(value, 'latin1');
    const [coded, named] = withoutCharset(charset === undefined ? value : `''${value}`);
    charset ??= named;
    return percentBytes(coded, '%');
  });
  return decodeEncodedWords(decodeCharset(Buffer.concat(bytes), charset ?? ''));
}

/** Names in one piece. */
function single(parameters: readonly Parameter[], charset: string): string[] {
  const whole = parameters.filter(({ piece }) => piece === undefined);
  return ends(whole, mostNames).flatMap(({ extended, values }) =>
    values.flatMap((value) => readings(value, extended, charset)),
  );
}

function readings(value: string, extended: boolean, charset: string): string[] {
  const bytes = Buffer.from(value, 'latin1');
  const plain = decodeCharset(bytes, '');
  const own = charset === '' ? [] : [decodeCharset(bytes, charset)];
  const decoded = value.includes('=?') ? [decodeEncodedWords(value)] : [];
  const [coded, named] = withoutCharset(value);
  const percent = value.includes('%') || extended ? [decodeCharset(percentBytes(coded, '%'), named)] : [];
  return extended ? [...percent, ...decoded, plain] : [...decoded, plain, ...own, ...percent];
}

/** `utf-8'en'name`: RFC 2231 4. */
function withoutCharset(value: string): [text: string, charset: string] {
  const shape = /^([\w:.+-]{0,64})'([\w-]{0,64})'/.exec(value);
  return shape ? [value.slice(shape[0].length), shape[1] ?? ''] : [value, ''];
}
