/**
 * An operator's pattern, compiled: a line of a regexp: or pcre: table. Matching takes time linear in the text, whatever
 * the pattern, or ends within MATCH_DEADLINE_MS of processor time with PatternOverrun; it never keeps the event loop
 * longer than TURN_MS.
 *
 * `Postfix: regexp_table(5), pcre_table(5)`: patterns and texts are bytes, only ASCII letters have case. `utf8` is ours.
 */
import { isUtf8 } from 'node:buffer';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import { TooLarge } from './automaton.ts';
import { Matcher } from './matcher.ts';
import { Offences } from './offences.ts';
import { PatternError } from './pattern-error.ts';
import { PatternUnits } from './pattern-units.ts';
import { parsePcre } from './pcre-parser.ts';
import type { Spans } from './posix-groups.ts';
import { parsePosix } from './posix-parser.ts';
import { bytesReading, type Reading, utf8Reading } from './reading.ts';
import type { Parsed } from './syntax-tree.ts';

export interface PatternSyntax {
  /** POSIX extended, POSIX basic, or PCRE2. */
  readonly dialect: 'ere' | 'bre' | 'pcre';
  readonly ignoreCase: boolean;
  /** `^` and `$` match at newlines too; in POSIX dialects also: dot and negated lists do not match a newline. */
  readonly multiline: boolean;
  /** pcre: dot matches a newline. */
  readonly dotAll: boolean;
  /** pcre: white space in the pattern is ignored. */
  readonly extended: boolean;
  /** pcre: only at the start of the text. */
  readonly anchored: boolean;
  /** pcre: `$` does not match before a newline that ends the text. */
  readonly dollarEndOnly: boolean;
  /** pcre: repetitions are lazy, and greedy with `?`. */
  readonly ungreedy: boolean;
  /** Reads pattern and text as UTF-8 when the text is valid UTF-8; other texts are matched as bytes. */
  readonly utf8: boolean;
}

/** The flags of a regexp: line without flag letters. `Postfix: dict_regexp.c` */
export const regexpSyntax: PatternSyntax = {
  dialect: 'ere',
  ignoreCase: true,
  multiline: false,
  dotAll: true,
  extended: false,
  anchored: false,
  dollarEndOnly: false,
  ungreedy: false,
  utf8: false,
};

/** The flags of a pcre: line without flag letters. `Postfix: dict_pcre.c` */
export const pcreSyntax: PatternSyntax = { ...regexpSyntax, dialect: 'pcre' };

export interface Pattern {
  /** As the operator wrote it. */
  readonly text: string;
  /** Capturing groups. */
  readonly groups: number;
  /** `bounded`: not for an automaton; runs in turns and within MATCH_DEADLINE_MS, else PatternOverrun. */
  readonly engine: 'linear' | 'bounded';
  /** Why it is not linear. */
  readonly why?: string;
  /** Whether it matches somewhere in the text. */
  test(input: string | Buffer): MaybePromise<boolean>;
  /** The whole match and what each group holds; undefined when there is no match. */
  match(input: string | Buffer): MaybePromise<readonly (string | undefined)[] | undefined>;
  /** The engines of one reading; undefined when the pattern cannot be read so, and then never matches. */
  matcher(reading: Reading['name']): Matcher | undefined;
}

/** Compiles a pattern. Throws PatternError when it is not written right or needs what no engine here has. */
export function compilePattern(text: string, syntax: PatternSyntax): Pattern {
  if (text === '') throw new PatternError(text, 0, 'the pattern is empty; write . to match any text');
  return new CompiledPattern(text, syntax);
}

class CompiledPattern implements Pattern {
  readonly text: string;
  readonly groups: number;
  readonly engine: 'linear' | 'bounded';
  declare readonly why?: string;
  readonly #bytes: Matcher | undefined;
  readonly #utf8: Matcher | undefined;

  constructor(text: string, syntax: PatternSyntax) {
    this.text = text;
    const offences = new Offences(text);
    if (syntax.utf8) {
      this.#utf8 = read(text, syntax, utf8Reading, offences);
      this.#bytes = readIfPossible(text, syntax, offences);
    } else this.#bytes = read(text, syntax, bytesReading, offences);
    const matcher = this.#utf8 ?? this.#bytes;
    this.groups = matcher?.groups ?? 0;
    const why = matcher?.whyNotLinear ?? this.#bytes?.whyNotLinear;
    this.engine = why === undefined ? 'linear' : 'bounded';
    if (why !== undefined) this.why = why;
  }

  matcher(reading: Reading['name']): Matcher | undefined {
    return reading === 'utf8' && this.#utf8 !== undefined ? this.#utf8 : this.#bytes;
  }

  test(input: string | Buffer): MaybePromise<boolean> {
    if (typeof input === 'string') {
      const known = (this.#utf8 ?? this.#bytes)?.testAscii(input);
      if (known !== undefined) return known;
    }
    const bytes = typeof input === 'string' ? encodeOctets(input) : input;
    return this.#matcherFor(bytes)?.test(bytes, 0, bytes.length) ?? false;
  }

  match(input: string | Buffer): MaybePromise<readonly (string | undefined)[] | undefined> {
    const bytes = typeof input === 'string' ? encodeOctets(input) : input;
    const spans = this.#matcherFor(bytes)?.find(bytes, 0, bytes.length);
    if (isPromise(spans)) return spans.then((found) => captures(bytes, found));
    return captures(bytes, spans);
  }

  #matcherFor(bytes: Buffer): Matcher | undefined {
    return this.#utf8 !== undefined && isUtf8(bytes) ? this.#utf8 : this.#bytes;
  }
}

function captures(bytes: Buffer, spans: Spans | undefined): (string | undefined)[] | undefined {
  if (spans === undefined) return undefined;
  const found: (string | undefined)[] = [];
  for (let i = 0; i < spans.length; i += 2) {
    const from = spans[i] ?? -1;
    found.push(from < 0 ? undefined : decodeOctets(bytes.subarray(from, spans[i + 1])));
  }
  return found;
}

function read(text: string, syntax: PatternSyntax, reading: Reading, offences: Offences): Matcher {
  const parsed = parse(text, syntax, reading);
  const longest = syntax.dialect !== 'pcre';
  const matcher = matcherOf(text, parsed, { reading, longest, anchored: syntax.anchored, offences });
  if (longest && matcher.whyNotLinear?.includes('too large') === true) throw tooLarge(text);
  return matcher;
}

function readIfPossible(text: string, syntax: PatternSyntax, offences: Offences): Matcher | undefined {
  try {
    return read(text, syntax, bytesReading, offences);
  } catch (error) {
    if (error instanceof PatternError) return undefined;
    throw error;
  }
}

function parse(text: string, syntax: PatternSyntax, reading: Reading): Parsed {
  const units = new PatternUnits(text, reading);
  if (syntax.dialect === 'pcre') return parsePcre(units, reading, syntax);
  const { ignoreCase, multiline, dialect } = syntax;
  return parsePosix(units, reading, { extended: dialect === 'ere', ignoreCase, multiline });
}

function matcherOf(text: string, parsed: Parsed, options: ConstructorParameters<typeof Matcher>[1]): Matcher {
  try {
    return new Matcher(parsed, options);
  } catch (error) {
    if (error instanceof TooLarge) throw tooLarge(text);
    throw error;
  }
}

function tooLarge(text: string): PatternError {
  return new PatternError(
    text,
    0,
    'its repetitions multiply to more than there is room for; make them smaller',
  );
}
