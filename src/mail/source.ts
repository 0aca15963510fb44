/** A place in the operator's configuration: the file and line that a rule, setting or table entry came from. */
export interface Source {
  readonly file: string;
  readonly line: number;
}

/** The source of what nobody wrote: built-in defaults. */
export const builtIn: Source = { file: 'default', line: 0 };

/** `main.cf:12`, or `default` for built-in values. */
export function formatSource(source: Source): string {
  return source.line > 0 ? `${source.file}:${source.line}` : source.file;
}
