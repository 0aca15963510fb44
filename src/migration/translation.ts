/**
 * What the settings of another program mean here: a line of master.cf, with an override for each setting that has an
 * equivalent, and a word about each that has none. Nothing is passed over in silence.
 */
import { formatSource } from '../mail/source.ts';
import type { ForeignSetting } from './foreign-setting.ts';

/** What one setting becomes. */
export type Meaning =
  /** Overrides of the service: `-o name=value`. */
  | { readonly kind: 'options'; readonly options: Options; readonly remark?: string }
  /** It stands in the first lines of the service. */
  | { readonly kind: 'head' }
  /** Nothing needs to be written, and why. */
  | { readonly kind: 'needless'; readonly why: string }
  /** It cannot be had, or not be read: the operator should look. */
  | { readonly kind: 'lost'; readonly why: string };

export type Options = Readonly<Record<string, string>>;

export interface Translated {
  readonly setting: ForeignSetting;
  readonly meaning: Meaning;
}

export interface ServiceLine {
  /** `127.0.0.1:2525` */
  readonly listen: string;
  readonly maxConnections: string;
  readonly program: 'smtpd' | 'policy';
  /** What belongs to such a service whatever its file says. */
  readonly options: Options;
}

export interface Translation {
  readonly service: ServiceLine;
  readonly settings: readonly Translated[];
}

/** How each setting of a file is translated, by its name. */
export type Dictionary = Readonly<Record<string, (value: string) => Meaning>>;

export const options = (written: Options, remark?: string): Meaning => ({
  kind: 'options',
  options: written,
  ...(remark === undefined ? {} : { remark }),
});
export const head: Meaning = { kind: 'head' };
export const needless = (why: string): Meaning => ({ kind: 'needless', why });
export const lost = (why: string): Meaning => ({ kind: 'lost', why });

/** Looks all settings up; unknown ones are lost. */
export function translateAll(settings: readonly ForeignSetting[], dictionary: Dictionary): Translated[] {
  return settings.map((setting) => {
    const translate = Object.hasOwn(dictionary, setting.name) ? dictionary[setting.name] : undefined;
    return { setting, meaning: translate?.(setting.value) ?? lost('nobody here knows this setting') };
  });
}

/** What the operator should look at. */
export function losses({ settings }: Translation): string[] {
  return settings.flatMap(({ setting, meaning }) =>
    meaning.kind === 'lost' ? [`${quoted(setting)}: ${meaning.why}`] : [],
  );
}

/** The lines for master.cf. Comments may stand between the parts of a logical line. */
export function masterLines({ service, settings }: Translation): string[] {
  const { listen, maxConnections, program } = service;
  return [
    ...comments(settings, 'head', () => ''),
    `${listen} inet n - n - ${maxConnections} ${program}`,
    ...overrides(service.options),
    ...settings.flatMap(({ setting, meaning }) =>
      meaning.kind === 'options'
        ? [comment(setting, meaning.remark ?? ''), ...overrides(meaning.options)]
        : [],
    ),
    ...comments(settings, 'needless', ({ why }) => why),
    ...comments(settings, 'lost', ({ why }) => `NOT DONE: ${why}`),
  ];
}

function comments<K extends Meaning['kind']>(
  settings: readonly Translated[],
  kind: K,
  text: (meaning: Extract<Meaning, { kind: K }>) => string,
): string[] {
  return settings.flatMap(({ setting, meaning }) =>
    meaning.kind === kind ? [comment(setting, text(meaning as Extract<Meaning, { kind: K }>))] : [],
  );
}

function comment(setting: ForeignSetting, text: string): string {
  return `# ${quoted(setting)}${text === '' ? '' : `: ${text}`}`;
}

/** `gld.conf:7: MINTIME=60` */
function quoted({ shown, source }: ForeignSetting): string {
  return `${formatSource(source)}: ${shown}`;
}

function overrides(written: Options): string[] {
  return Object.entries(written).map(([name, value]) =>
    /[\s{}]/.test(value) ? `    -o { ${name} = ${value} }` : `    -o ${name}=${value}`,
  );
}
