/**
 * The settings of one service (or of main.cf alone): typed values by name, and texts, tokens and sources for whoever
 * needs to know where something was written. Values are read when they are first asked for, and kept.
 * A value that cannot be read becomes a complaint, and the default stands in for it, so that reading can go on; an
 * error keeps the gateway from starting. `Postfix: mail_conf.c, postconf_lookup.c`.
 */
import { builtIn, type Source } from '../mail/source.ts';
import type { Complain } from './complaint.ts';
import { predecessorsOf } from './deprecated-parameters.ts';
import type { MistakePlace } from './expansion.ts';
import { ignoredParameters } from './ignored-parameters.ts';
import type { DefaultFacts, Parameter } from './kinds.ts';
import { expandText, referencedNames } from './macros.ts';
import type { Assignment } from './main-cf.ts';
import { parameter, parameterNames, type Values } from './parameters.ts';
import { serviceParameter } from './service-parameters.ts';
import { SourceText } from './source-text.ts';
import { sourceTokens, type Token } from './tokens.ts';

export type Settings = Values & SettingTexts;

/** What can be asked of any parameter, also of those that the operator invented. */
export interface SettingTexts {
  /** The expanded text; undefined when the name is neither set nor known. */
  text(name: string): string | undefined;
  /** The text before it is expanded. */
  raw(name: string): string | undefined;
  /** The items between commas and blanks, braces held together, each with the line that its first character stands in. */
  tokens(name: string): Token[];
  /** Where it was set; `builtIn` when nobody did. */
  sourceOf(name: string): Source;
  /** Whether main.cf or an `-o` sets it. */
  isSet(name: string): boolean;
  /** Everything that main.cf and `-o` set, sorted. */
  names(): string[];
  /** The default before it is expanded; undefined when there is none. */
  default(name: string): string | undefined;
}

/** What settings are made from. */
export interface SettingSources {
  /** The configuration directory, as an absolute path. */
  readonly directory: string;
  readonly main: ReadonlyMap<string, Assignment>;
  /** What `-o` sets. */
  readonly overrides: ReadonlyMap<string, Assignment>;
  readonly program: string;
  readonly service: string;
  readonly complain: Complain;
}

/** Cannot be set: they follow from the service. `Postfix: PCF_PARAM_FLAG_READONLY`. */
export const readOnlyNames: readonly string[] = ['process_name', 'service_name'];

interface Found {
  readonly value: SourceText;
  readonly source: Source;
}

/** The settings that come from these sources. */
export function readSettings(sources: SettingSources): Settings {
  return new SettingsReader(sources) as SettingTexts as Settings;
}

/** Reads every value once, so that all complaints are made; of invented names those that something mentions. */
export function readEveryValue(settings: Settings, unknown: ReadonlySet<string>): void {
  for (const name of parameterNames) Reflect.get(settings, name);
  for (const name of settings.names()) {
    const counts = !unknown.has(name) && !ignoredParameters.has(name);
    if (counts && parameter(name) === undefined) settings.text(name);
  }
}

class SettingsReader implements SettingTexts {
  readonly #sources: SettingSources;
  readonly #found = new Map<string, Found | undefined>();
  readonly #expanded = new Map<string, SourceText>();
  readonly #values = new Map<string, unknown>();
  /** Parameters whose macros cannot be expanded. */
  readonly #broken = new Set<string>();

  constructor(sources: SettingSources) {
    this.#sources = sources;
  }

  text(name: string): string | undefined {
    return this.#expandedText(name)?.text;
  }

  raw(name: string): string | undefined {
    return this.#find(name)?.value.text;
  }

  tokens(name: string): Token[] {
    const text = this.#expandedText(name);
    return text === undefined ? [] : sourceTokens(text);
  }

  sourceOf(name: string): Source {
    return this.#find(name)?.source ?? builtIn;
  }

  isSet(name: string): boolean {
    return this.#assignment(name) !== undefined;
  }

  names(): string[] {
    return [...new Set([...this.#sources.main.keys(), ...this.#sources.overrides.keys()])].sort();
  }

  default(name: string): string | undefined {
    const fallback = parameter(name)?.default;
    if (typeof fallback === 'function') return fallback(this.#facts());
    return fallback ?? ignoredParameters.get(name)?.default ?? serviceParameter(name)?.default;
  }

  /** The typed value; what the getters below return. */
  value(name: string, row: Parameter<unknown>): unknown {
    if (!this.#values.has(name)) this.#values.set(name, this.#read(name, row));
    return this.#values.get(name);
  }

  #read(name: string, row: Parameter<unknown>): unknown {
    const text = this.#expandedText(name) ?? SourceText.of('');
    if (this.#broken.has(name)) return this.#readDefault(name);
    const reading = row.read(text.text);
    if ('wanted' in reading) {
      this.#complain(name, text, 'error', 'cannot be read', `write ${reading.wanted}`);
      return this.#readDefault(name);
    }
    if (reading.doubt !== undefined) {
      this.#complain(name, text, 'warning', reading.doubt.problem, reading.doubt.remedy);
    }
    return reading.value;
  }

  /** The default in place of a value that cannot be read, with nothing that the files set in it. */
  #readDefault(name: string): unknown {
    const nothing = new Map<string, Assignment>();
    const untouched = { ...this.#sources, main: nothing, overrides: nothing, complain: () => {} };
    return Reflect.get(new SettingsReader(untouched), name);
  }

  #complain(
    name: string,
    text: SourceText,
    severity: 'error' | 'warning',
    what: string,
    remedy: string,
  ): void {
    const source = this.#blamed(name);
    if (source === undefined) return;
    const shown = text.text.length > 60 ? `${text.text.slice(0, 57)}...` : text.text;
    this.#sources.complain({ source, severity, problem: `${name} = ${shown}: ${what}`, remedy });
  }

  /**
   * The line to blame for a value: where it was set; for a default, where a name was set that it mentions and that
   * nobody else judges. Undefined when the complaint is made elsewhere.
   */
  #blamed(name: string): Source | undefined {
    const source = this.sourceOf(name);
    if (source !== builtIn) return source;
    const mentioned = referencedNames(this.default(name) ?? '').map((reference) => reference.name);
    const culprit = mentioned.find((other) => parameter(other) === undefined && this.isSet(other));
    return culprit === undefined ? undefined : this.sourceOf(culprit);
  }

  #expandedText(name: string): SourceText | undefined {
    const known = this.#expanded.get(name);
    if (known !== undefined) return known;
    const found = this.#find(name);
    if (found === undefined) return undefined;
    const text = parameter(name)?.raw ? found.value : this.#expand(name, found.value);
    this.#expanded.set(name, text);
    return text;
  }

  #expand(name: string, text: SourceText): SourceText {
    if (!text.text.includes('$')) return text;
    return expandText(text, {
      lookup: (other) => this.#find(other)?.value,
      recursive: true,
      backslashProtects: true,
      problem: (what, where) => {
        this.#broken.add(name);
        this.#complainOfMacro(name, what, where);
      },
    });
  }

  /** A mistake in a default comes from a bad value that is told elsewhere. */
  #complainOfMacro(name: string, what: string, where: MistakePlace): void {
    if (where.source === builtIn) return;
    this.#sources.complain({
      source: where.source,
      severity: 'error',
      problem: `${where.name ?? name}: ${what}`,
      remedy: 'see "parameter syntax" in postconf(5)',
    });
  }

  #find(name: string): Found | undefined {
    if (!this.#found.has(name)) {
      // A computed default that comes back to itself finds nothing, as in Postfix.
      this.#found.set(name, undefined);
      this.#found.set(name, this.#look(name));
    }
    return this.#found.get(name);
  }

  #look(name: string): Found | undefined {
    const set = this.#assignment(name);
    if (set !== undefined && set.value.text !== '') return set;
    const inherited = this.#fromPredecessor(name);
    if (inherited !== undefined || set !== undefined) return inherited ?? set;
    const fallback = this.default(name);
    return fallback === undefined ? undefined : { value: SourceText.of(fallback), source: builtIn };
  }

  #assignment(name: string): Assignment | undefined {
    if (readOnlyNames.includes(name)) return undefined;
    return this.#sources.overrides.get(name) ?? this.#sources.main.get(name);
  }

  /** What a parameter of an older name makes of this one. */
  #fromPredecessor(name: string): Found | undefined {
    for (const { name: older, becomes } of predecessorsOf(name)) {
      const source = this.#assignment(older)?.source;
      if (source !== undefined && becomes !== undefined) {
        return { value: SourceText.of(becomes.value, source), source };
      }
    }
    return undefined;
  }

  #facts(): DefaultFacts {
    const { directory, program, service } = this.#sources;
    return {
      directory,
      program,
      service,
      text: (name) => this.text(name) ?? '',
      isSet: (name) => this.isSet(name),
    };
  }
}

for (const name of parameterNames) {
  const row = parameter(name);
  if (row === undefined) continue;
  Object.defineProperty(SettingsReader.prototype, name, {
    enumerable: true,
    get(this: SettingsReader) {
      return this.value(name, row);
    },
  });
}
