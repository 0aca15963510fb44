/**
 * The parameters as `postconf` lists them, and the catalogue of all that we have. Nothing is printed here.
 * `Postfix: postconf(1), postconf_main.c, postconf_print.c`.
 */
import type { Configuration } from './configuration.ts';
import { parameter, parameterNames } from './parameters.ts';
import type { Settings } from './settings.ts';

export interface ConfigLinesOptions {
  /** `-n`: what the files set, and nothing else. */
  readonly nonDefault?: boolean;
  /** `-d`: the defaults, whatever the files set. */
  readonly defaults?: boolean;
  /** `-x`: with `$name` expanded. */
  readonly expanded?: boolean;
  /** `-h`: the values alone. */
  readonly noName?: boolean;
  /** These, in this order; all when left out. Names that are neither known nor set are left out. */
  readonly names?: readonly string[];
}

/** What counts as set though no file says so. */
const ALWAYS_SET: readonly string[] = ['config_directory'];

/** `name = value` lines, blanks made one as `postconf` does. */
export function configLines(configuration: Configuration, options: ConfigLinesOptions = {}): string[] {
  const settings = options.defaults ? configuration.defaults : configuration.settings;
  const names = options.names ?? allNames(configuration, options);
  return names.flatMap((name) => {
    const value = shownValue(settings, name, options);
    if (value === undefined) return [];
    return [oneLine(options.noName ? value : `${name} = ${value}`)];
  });
}

/** Those of the names that are neither known nor set in the files. */
export function unknownNames(configuration: Configuration, names: readonly string[]): string[] {
  return names.filter((name) => configuration.settings.raw(name) === undefined);
}

/** One row of the catalogue. */
export interface CatalogueRow {
  readonly name: string;
  readonly kind: string;
  /** Raw text; for defaults that this host computes, what they are computed from. */
  readonly default: string;
  readonly sentence: string;
  /** `portcullis`, or the release of Postfix that has it, where 3.7 does not. */
  readonly since?: string;
}

/** All parameters of the gateway, for people to read. */
export function parameterCatalogue(): CatalogueRow[] {
  return parameterNames.flatMap((name) => {
    const row = parameter(name);
    if (row === undefined) return [];
    const { kind, sentence, since } = row;
    const shown = typeof row.default === 'string' ? row.default : '(computed from this host)';
    return [{ name, kind, default: shown, sentence, ...(since === undefined ? {} : { since }) }];
  });
}

/** Ours, and what the files set besides; with `-n` only what they set. What nobody knows is not shown, as in Postfix. */
function allNames(
  { settings, unknown }: Configuration,
  { nonDefault, defaults }: ConfigLinesOptions,
): string[] {
  if (defaults) return [...parameterNames];
  const set = settings.names().filter((name) => !unknown.has(name));
  return [...new Set([...(nonDefault ? ALWAYS_SET : parameterNames), ...set])].sort();
}

function shownValue(settings: Settings, name: string, options: ConfigLinesOptions): string | undefined {
  if (options.nonDefault && !settings.isSet(name) && !ALWAYS_SET.includes(name)) return undefined;
  return options.expanded ? settings.text(name) : settings.raw(name);
}

function oneLine(text: string): string {
  return text
    .split(/[ \t\r\n]+/)
    .filter(Boolean)
    .join(' ');
}
