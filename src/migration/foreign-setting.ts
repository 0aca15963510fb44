/**
 * The settings of another program's file, each with its line: `NAME=VALUE` and `Name: value`, one a line, `#` before
 * comments.
 */
import type { Source } from '../mail/source.ts';

export interface ForeignSetting {
  /** In lower case: none of these programs minds. */
  readonly name: string;
  readonly value: string;
  /** As it stands there, but for passwords. */
  readonly shown: string;
  readonly source: Source;
}

/** The lines of a file that set something; the last of equal names counts, as these programs have it. */
export function readSettings(text: string, file: string, separator: '=' | ':'): ForeignSetting[] {
  const found = new Map<string, ForeignSetting>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const at = line.indexOf(separator);
    const name = line
      .slice(0, at < 0 ? line.length : at)
      .trim()
      .toLowerCase();
    const value = at < 0 ? '' : line.slice(at + 1).trim();
    const shown = /passw/.test(name) ? line.slice(0, at + 1).trim() : line.trim();
    found.delete(name);
    found.set(name, { name, value, shown, source: { file, line: i + 1 } });
  }
  return [...found.values()];
}

/** The value of a setting, or what the program does without it. */
export function givenOr(settings: readonly ForeignSetting[], name: string, usual: string): string {
  return settings.find((one) => one.name === name)?.value ?? usual;
}
