/**
 * The `name = value` file of an sqlite or redis table. `Postfix: cfg_parser.c`. Unknown names are remarks; what is missing
 * is for the kind to say.
 */
import { didYouMean } from '../settings/did-you-mean.ts';
import { splitNameValue } from './braces.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { TableLines } from './table-lines.ts';

export interface OptionsFile {
  /** The value of an option, undefined when it is not set. */
  get(name: string): string | undefined;
  /** The line an option stands in, 0 when it is not set. */
  lineOf(name: string): number;
}

interface Setting {
  readonly value: string;
  readonly line: number;
}

/** Reads the options; of several settings of one name the last counts. */
export function readOptions(
  bytes: Buffer,
  complaints: FileComplaints,
  known: readonly string[],
): OptionsFile {
  const settings = new Map<string, Setting>();
  const lines = new TableLines(bytes);
  while (lines.next()) {
    const pair = splitNameValue(lines.text());
    if (pair.kind === 'problem')
      complaints.broken(lines.line, `${quoted(lines.text())}: ${pair.problem}`, 'write name = value');
    else setOption(settings, pair.name, { value: pair.value, line: lines.line }, complaints, known);
  }
  return {
    get: (name) => settings.get(name)?.value,
    lineOf: (name) => settings.get(name)?.line ?? 0,
  };
}

function setOption(
  settings: Map<string, Setting>,
  name: string,
  setting: Setting,
  complaints: FileComplaints,
  known: readonly string[],
): void {
  if (!known.includes(name)) {
    const meant = didYouMean(name, known);
    const remedy = meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`;
    complaints.remark(setting.line, `unknown option "${name}"`, remedy);
  }
  const earlier = settings.get(name);
  if (earlier && earlier.value !== setting.value) {
    complaints.remark(
      setting.line,
      `overriding earlier entry: ${name}`,
      `line ${earlier.line} does not count; remove it`,
    );
  }
  settings.set(name, setting);
}
