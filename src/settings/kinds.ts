/**
 * What a parameter's value can be: each kind reads the expanded text into a typed value, or says what should be there.
 * The rows of parameters.ts are made with the functions below; the type of `settings.NAME` follows from them.
 * `Postfix: mail_conf_bool.c, mail_conf_int.c, mail_conf_time.c, mail_conf_str.c, mail_conf_raw.c`.
 */
import { unescaped } from './escapes.ts';
import { expand } from './macros.ts';
import { splitTokens } from './tokens.ts';
import { parseInteger, parseSize, parseTime, type TimeUnit } from './units.ts';

export type Kind =
  | 'bool'
  | 'int'
  | 'time'
  | 'size'
  | 'text'
  | 'raw text'
  | 'choice'
  | 'choices'
  | 'list'
  | 'tables'
  | 'networks'
  | 'restrictions'
  | 'reply code';

/** A value, perhaps with a doubt about it; or what should be there instead. */
export type Reading<T> =
  | { readonly value: T; readonly doubt?: { readonly problem: string; readonly remedy: string } }
  | { readonly wanted: string };

/** What a computed default may look at. */
export interface DefaultFacts {
  /** The configuration directory, as an absolute path. */
  readonly directory: string;
  /** The program of the service, and its name in master.cf. */
  readonly program: string;
  readonly service: string;
  /** The expanded text of another parameter. */
  text(name: string): string;
  isSet(name: string): boolean;
}

export type Default = string | ((facts: DefaultFacts) => string);

/** One row of the table of parameters. */
export interface Parameter<T> {
  readonly kind: Kind;
  /** Raw text, which may mention other parameters; or computed from this host, as Postfix does it. */
  readonly default: Default;
  /** What it is for, in one sentence. */
  readonly sentence: string;
  /** The version of Postfix that has it, where 3.7 does not; `portcullis` for our own. */
  readonly since?: string;
  /** Never expanded when it is read: its `$name` are for a later time. */
  readonly raw?: true;
  read(text: string): Reading<T>;
}

export interface Limits {
  readonly min?: number;
  readonly max?: number;
}

interface Filled {
  /** It must not be empty. */
  readonly filled?: true;
}

type Row<T> = Parameter<T>;

/** `yes` or `no`, in any case. */
export function bool(fallback: Default, sentence: string): Row<boolean> {
  const read = (text: string): Reading<boolean> => {
    const word = text.toLowerCase();
    return word === 'yes' || word === 'no' ? { value: word === 'yes' } : { wanted: '"yes" or "no"' };
  };
  return { kind: 'bool', default: fallback, sentence, read };
}

/** A whole number. */
export function int(fallback: Default, sentence: string, limits: Limits = {}): Row<number> {
  const read = (text: string) => within(parseInteger(text), limits, '', 'a whole number');
  return { kind: 'int', default: fallback, sentence, read };
}

/** In milliseconds; the limits are in seconds. A number without unit has the unit of the default. */
export function time(
  fallback: string,
  sentence: string,
  limits: Limits & { unit?: TimeUnit } = {},
): Row<number> {
  const unit = limits.unit ?? defaultUnit(fallback);
  const read = (text: string): Reading<number> => {
    const milliseconds = parseTime(text, unit);
    const seconds = milliseconds === undefined ? undefined : milliseconds / 1000;
    const reading = within(seconds, limits, 's', 'a number with the unit s, m, h, d or w');
    if ('wanted' in reading || milliseconds === undefined) return reading;
    return { value: milliseconds, ...unitDoubt(text) };
  };
  return { kind: 'time', default: fallback, sentence, read };
}

/** In bytes. */
export function size(fallback: string, sentence: string, limits: Limits = {}): Row<number> {
  const read = (text: string) =>
    within(parseSize(text), limits, '', 'a number of bytes, perhaps with k, M or G');
  return { kind: 'size', default: fallback, sentence, read };
}

/** Any text. */
export function text(fallback: Default, sentence: string, { filled }: Filled = {}): Row<string> {
  return { kind: 'text', default: fallback, sentence, read: (value) => filledText(value, filled) };
}

/** A template: its `$name` are expanded when it is used. `Postfix: CONFIG_RAW_TABLE`. */
export function rawText(fallback: string, sentence: string, { filled }: Filled = {}): Row<string> {
  const read = (value: string): Reading<string> => {
    const problem = templateMistake(value);
    if (problem === undefined) return filledText(value, filled);
    return { value, doubt: { problem, remedy: 'see "parameter syntax" in postconf(5)' } };
  };
  return { kind: 'raw text', default: fallback, sentence, raw: true, read };
}

/** A set of characters, written with escapes such as `\t` or `\40`. `Postfix: unescape.c`. */
export function characters(fallback: string, sentence: string, { raw }: { raw?: true } = {}): Row<string> {
  const read = (value: string): Reading<string> => ({ value: unescaped(value) });
  return { kind: raw ? 'raw text' : 'text', default: fallback, sentence, read, ...(raw ? { raw } : {}) };
}

/** One of several words, in any case; the value is the word as it stands here, or what `synonyms` makes of it. */
export function choice<const T extends string>(
  words: readonly T[],
  fallback: Default,
  sentence: string,
  synonyms: Readonly<Record<string, T>> = {},
): Row<T> {
  const read = (value: string): Reading<T> => {
    const word = value.toLowerCase();
    const synonym = Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
    const found = words.find((candidate) => candidate.toLowerCase() === word) ?? synonym;
    return found === undefined ? { wanted: oneOf(words) } : { value: found };
  };
  return { kind: 'choice', default: fallback, sentence, read };
}

/** Any number of words out of several. */
export function choices<const T extends string>(
  words: readonly T[],
  fallback: string,
  sentence: string,
): Row<readonly T[]> {
  const read = (value: string): Reading<readonly T[]> => {
    const found = splitTokens(value).map((token) => words.find((word) => word === token));
    const known = found.filter((word) => word !== undefined);
    return known.length === found.length ? { value: known } : { wanted: `any of ${words.join(', ')}` };
  };
  return { kind: 'choices', default: fallback, sentence, read };
}

/** Words between commas and blanks. */
export function list(fallback: Default, sentence: string): Row<readonly string[]> {
  return { kind: 'list', default: fallback, sentence, read: tokens };
}

/** Lookup tables, `type:name` each. */
export function tables(fallback: Default, sentence: string): Row<readonly string[]> {
  return { kind: 'tables', default: fallback, sentence, read: tokens };
}

/** Addresses, networks, names of hosts and domains, files and tables with such. */
export function networks(fallback: Default, sentence: string): Row<readonly string[]> {
  return { kind: 'networks', default: fallback, sentence, read: tokens };
}

/** Restrictions with their arguments, as the room of that name understands them. */
export function restrictions(fallback: Default, sentence: string): Row<readonly string[]> {
  return { kind: 'restrictions', default: fallback, sentence, read: tokens };
}

/**
 * The code of an SMTP reply. Postfix takes any number here and answers `450 4.7.1 Service unavailable` in place of a
 * reply that is neither 4xx nor 5xx; so this is a doubt, not an error. `Postfix: smtpd_check_reject`.
 */
export function replyCode(fallback: string, sentence: string, limits: Limits = {}): Row<number> {
  const read = (value: string): Reading<number> => {
    const reading = within(parseInteger(value), limits, '', 'a reply code such as 550');
    if ('wanted' in reading || isRefusalCode(reading.value) || limits.min !== undefined) return reading;
    return { value: reading.value, doubt: noRefusal };
  };
  return { kind: 'reply code', default: fallback, sentence, read };
}

const noRefusal = {
  problem: 'this is no code of a refusal',
  remedy: 'write a number from 400 to 599; clients get "450 4.7.1 Service unavailable" instead',
};

function isRefusalCode(code: number): boolean {
  return code >= 400 && code <= 599;
}

function within(
  value: number | undefined,
  { min, max }: Limits,
  unit: string,
  what: string,
): Reading<number> {
  if (value === undefined) return { wanted: what };
  if (min !== undefined && value < min) return { wanted: `${what}, ${min}${unit} or more` };
  if (max !== undefined && value > max) return { wanted: `${what}, ${max}${unit} or less` };
  return { value };
}

function filledText(value: string, filled: true | undefined): Reading<string> {
  return filled && value === '' ? { wanted: 'some text' } : { value };
}

/** What is wrong with the macros of a template, whether its names have values or not. */
function templateMistake(template: string): string | undefined {
  const mistakes: string[] = [];
  const problem = (what: string) => mistakes.push(what);
  expand(template, () => 'x', { problem });
  expand(template, () => undefined, { problem });
  return mistakes[0];
}

function oneOf(words: readonly string[]): string {
  const shown = words.map((word) => (word === '' ? 'empty' : word));
  return `one of ${shown.join(', ')}`;
}

function tokens(value: string): Reading<readonly string[]> {
  const found = splitTokens(value);
  const comment = found.find((token) => token.startsWith('#'));
  if (comment === undefined) return { value: found };
  return {
    value: found,
    doubt: {
      problem: `"${comment}" is read as part of the value`,
      remedy: 'a comment needs a line of its own',
    },
  };
}

/** The unit that the default ends in: `${stress?{10}:{300}}s` is in seconds. `Postfix: get_def_time_unit`. */
function defaultUnit(fallback: string): TimeUnit {
  const unit = /([smhdw])$/.exec(fallback)?.[1];
  return unit === 'm' || unit === 'h' || unit === 'd' || unit === 'w' ? unit : 's';
}

/** `5ms` is five minutes: nobody means that. */
function unitDoubt(value: string): { doubt?: { problem: string; remedy: string } } {
  if (!/^\s*\d+ms/i.test(value)) return {};
  const problem = 'only the first letter of the unit counts, so this is a time in minutes';
  return { doubt: { problem, remedy: 'write whole seconds: 1s' } };
}
